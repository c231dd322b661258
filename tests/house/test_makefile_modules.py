"""Each module that the Makefile runs does something when it is run: without its last lines it would end at once with 0."""

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

MODULES = sorted(set(re.findall(r"python -m ((?:tests|pipelines|deploy)[\w.]*)", (ROOT / "Makefile").read_text())))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_make_runs_has_a_main(module: str) -> None:
    path = ROOT / Path(*module.split("."))
    if not path.is_dir():
        assert 'if __name__ == "__main__":' in path.with_suffix(".py").read_text(encoding="utf-8")
    else:
        assert (path / "__main__.py").exists()
