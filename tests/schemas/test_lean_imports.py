"""Parts of libraries that are left out when they are imported."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.lean_imports import absent, unused


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that imports two modules of its own: one it can do without, one it needs."""
    package = tmp_path / "sample_library"
    package.mkdir()
    (package / "__init__.py").write_text(
        "try:\n    from sample_library import extra\nexcept ImportError:\n    extra = None\n"
        "from sample_library.tables import width\n"
    )
    (package / "extra.py").write_text("")
    (package / "tables.py").write_text("def width(text):\n    return len(text)\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "sample_library"
    for name in [name for name in sys.modules if name.startswith("sample_library")]:
        del sys.modules[name]


def test_an_absent_module_is_not_imported_but_can_be_later(library: str) -> None:
    with absent(f"{library}.extra"):
        assert importlib.import_module(library).extra is None
    assert importlib.import_module(f"{library}.extra").__name__ == f"{library}.extra"


def test_an_unused_module_says_what_was_left_out_when_it_is_called(library: str) -> None:
    with unused(f"{library}.tables"):
        module = importlib.import_module(library)
    with pytest.raises(ImportError, match=r"sample_library\.tables\.width was left out"):
        module.width("abc")
    assert importlib.import_module(f"{library}.tables").width("abc") == 3


def test_an_error_within_is_the_one_that_is_raised_also_if_the_import_removed_the_module(library: str) -> None:
    with pytest.raises(ValueError, match="the first error"), absent(f"{library}.extra"):
        del sys.modules[f"{library}.extra"]
        raise ValueError("the first error")


def test_modules_that_are_imported_already_stay_as_they_are(library: str) -> None:
    before = importlib.import_module(f"{library}.tables")
    with absent(f"{library}.tables"), unused(f"{library}.extra"):
        assert sys.modules[f"{library}.tables"] is before
    assert importlib.import_module(f"{library}.tables") is before
