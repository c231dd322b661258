"""What several tests share is in `tests/support` or in a file beside them: no test imports from another test's file."""

import ast
from pathlib import Path

from tests.support.paths import TESTS


def test_no_test_imports_from_the_file_of_another() -> None:
    assert imports_of_tests(TESTS) == []


def test_an_import_from_a_test_is_found(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text("from tests.whole.test_one import thing\nimport tests.support.flow\n")
    assert imports_of_tests(tmp_path) == ["test_two.py: tests.whole.test_one"]


def imports_of_tests(root: Path) -> list[str]:
    """`FILE: MODULE` for each module named `test_…` that a file imports."""
    found = []
    for file in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            named = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            tests = [name for name in named if name.rpartition(".")[2].startswith("test_")]
            found += [f"{file.relative_to(root)}: {name}" for name in tests]
    return found
