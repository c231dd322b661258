"""Which assignments of subtasks to workers are worth another submission, and how workers note what they read."""

from pathlib import Path

import pytest

from deploy.engine.worker_draw import crowded
from pipelines.guard import MARK
from pipelines.kafka.subtask_notes import note, read_notes


@pytest.mark.parametrize(
    ("subtasks", "workers", "expected"),
    [
        ([{0, 1}], 2, True),
        ([{0}, {1}], 2, False),
        ([{0, 1, 2}, {3}], 2, True),
        ([{0, 3}, {1, 2}], 2, False),
        ([{0, 1}, {2}, {3}], 4, False),
        ([{0, 1, 2}, {3}], 4, True),
        ([{0, 1, 2}, {3}, {4}, {5}], 6, True),
        ([{0, 1}], 1, False),
    ],
)
def test_an_assignment_is_crowded_when_the_busiest_worker_has_too_much(
    subtasks: list[set[int]], workers: int, expected: bool
) -> None:
    parallelism = sum(map(len, subtasks))
    assert crowded([frozenset(its) for its in subtasks], parallelism, workers) is expected


@pytest.mark.parametrize("subtasks", [[], [{0}], [{0, 1}, {1}], [{0, 1, 2}]])
def test_nothing_is_known_while_notes_are_missing_or_of_an_ended_job(subtasks: list[set[int]]) -> None:
    assert not crowded([frozenset(its) for its in subtasks], 2, 2)


def test_a_worker_notes_the_subtasks_that_it_reads_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for worker, its in (("0", [1, 1]), ("1", [0, 2])):
        monkeypatch.setenv(MARK, str(tmp_path / f"{worker}.mark"))
        for subtask in its:
            note(subtask)
    (tmp_path / "2.subtasks").write_text("3\n1")
    (tmp_path / "3.subtasks").write_bytes(b"\xff\n")
    assert read_notes(tmp_path) == [{1}, {0, 2}, {3}]


def test_without_a_mark_nothing_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MARK, raising=False)
    monkeypatch.chdir(tmp_path)
    note(0)
    assert list(tmp_path.iterdir()) == []
