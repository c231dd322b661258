"""The health checks of containers: what a probe says of a server that does not answer, and of a file."""

import os
from pathlib import Path

from deploy.metrics.probe import probe


def test_a_probe_tells_what_does_not_answer() -> None:
    assert "127.0.0.1:1" in str(probe("127.0.0.1:1"))
    assert "nonsense" in str(probe("nonsense"))
    assert "No such file" in str(probe("/nowhere/beat"))


def test_a_probe_takes_a_file_for_a_sign_of_life_while_it_is_fresh(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    beat.touch()
    assert probe(str(beat)) is None
    os.utime(beat, (0, 0))
    assert "s ago" in str(probe(str(beat)))
