"""Which weights are learned, and in which order."""

from pathlib import Path

import pytest

from pipelines.statements.learning.folds import FOLDS
from tests.eval import folds


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(module, fold) of each command that was run, "base" for what all folds start from; nothing is really learned."""
    ran: list[tuple[str, str]] = []
    files = {one.module: one.files for one in folds.LEARNED}

    def run(module: str, *options: str | Path) -> None:
        given = [str(option) for option in options]
        fold = given[given.index("--fold") + 1] if "--fold" in given else "base"
        ran.append((module, fold))
        for name in files[module] if fold != "base" else ():
            path = Path(given[given.index("--out") + 1]) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    monkeypatch.setattr(folds, "KEPT", tmp_path)
    monkeypatch.setattr(folds, "_run", run)
    return ran


def test_the_base_is_learned_once_and_first_and_each_fold_in_order(learned: list[tuple[str, str]]) -> None:
    folds.learn()
    modules = [one.module for one in folds.LEARNED]
    assert learned[0] == (modules[0], "base")
    assert sorted(learned[1:]) == sorted((module, str(fold)) for module in modules for fold in range(FOLDS))
    for fold in range(FOLDS):
        assert [module for module, which in learned[1:] if which == str(fold)] == modules
    learned.clear()
    folds.learn()
    assert learned == [], "what is there is not learned again"
    folds.learn(anew=True)
    assert len(learned) == 1 + FOLDS * len(modules)


def test_only_what_is_missing_is_learned(learned: list[tuple[str, str]]) -> None:
    folds.learn()
    learned.clear()
    last = folds.LEARNED[-1]
    (folds.KEPT / "3" / last.files[0]).unlink()
    folds.learn()
    assert learned == [(last.module, "3")]
