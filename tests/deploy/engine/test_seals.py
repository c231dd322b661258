"""Damaged checkpoint files are recognised by the hashes that were taken when the checkpoint was complete."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.engine.seals import broken, seal

CONTENT = {"_metadata": b"\x49\x60\x67\x2d and more", "0f1e": bytes(range(256)) * 300, "empty": b""}


def sealed(root: Path) -> Path:
    checkpoint = root / "checkpoints" / "job" / "chk-7"
    checkpoint.mkdir(parents=True)
    for name, content in CONTENT.items():
        (checkpoint / name).write_bytes(content)
    seal(root, [checkpoint])
    return checkpoint


def test_what_did_not_change_is_taken(tmp_path: Path) -> None:
    checkpoint = sealed(tmp_path)
    assert broken(tmp_path, checkpoint) is None
    assert broken(tmp_path, checkpoint.with_name("chk-6")) is None, "never sealed: Flink's words must tell"


def test_sha256sum_reads_a_seal(tmp_path: Path) -> None:
    checkpoint = sealed(tmp_path)
    check = ["sha256sum", "--strict", "--check", tmp_path / "seals" / "job.chk-7"]
    assert subprocess.run(check, cwd=checkpoint, capture_output=True).returncode == 0


@given(name=st.sampled_from(["_metadata", "0f1e"]), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_changed_bit_is_found(tmp_path_factory: pytest.TempPathFactory, name: str, where: float, bit: int) -> None:
    root = tmp_path_factory.mktemp("bit")
    file = sealed(root) / name
    content = bytearray(file.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    file.write_bytes(content)
    assert broken(root, file.parent) == f"{name} is not what it was when the checkpoint was complete"


def test_a_file_that_is_cut_longer_or_gone_is_found(tmp_path: Path) -> None:
    checkpoint = sealed(tmp_path)
    for content in (CONTENT["0f1e"][:-1], CONTENT["0f1e"] + b"x", b""):
        (checkpoint / "0f1e").write_bytes(content)
        assert "0f1e" in (broken(tmp_path, checkpoint) or "")
    (checkpoint / "0f1e").unlink()
    assert "No such file" in (broken(tmp_path, checkpoint) or "")


def test_a_seal_stays_as_it_was_first_written_and_goes_with_its_checkpoint(tmp_path: Path) -> None:
    checkpoint = sealed(tmp_path)
    (checkpoint / "empty").write_bytes(b"no more")
    (tmp_path / "seals" / "job.chk-7.new").write_text("a write that was killed")
    seal(tmp_path, [checkpoint])
    assert broken(tmp_path, checkpoint) == "empty is not what it was when the checkpoint was complete"
    assert [file.name for file in (tmp_path / "seals").iterdir()] == ["job.chk-7"]
    seal(tmp_path, [])
    assert not list((tmp_path / "seals").iterdir())


def test_a_checkpoint_that_goes_away_while_it_is_sealed_has_no_seal(tmp_path: Path) -> None:
    seal(tmp_path, [tmp_path / "checkpoints" / "job" / "chk-8"])
    assert not (tmp_path / "seals").exists()


@given(st.binary(max_size=200))
def test_a_seal_may_hold_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.mktemp("any")
    checkpoint = sealed(root)
    (root / "seals" / "job.chk-7").write_bytes(content)
    assert broken(root, checkpoint) is None
