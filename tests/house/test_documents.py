"""What the documents name is there: commands, targets of make, modules and files."""

import argparse
import re
from collections.abc import Iterator

import pytest

from deploy.cli.parser import parser
from tests.support.paths import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def code(text: str) -> Iterator[str]:
    """What stands between backticks, and the lines of indented or fenced blocks."""
    yield from re.findall(r"`([^`]+)`", text)
    yield from re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()


def commands(of: argparse.ArgumentParser) -> set[str]:
    return {name for action in of._actions if isinstance(action.choices, dict) for name in action.choices}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_that_it_names_are_there(document) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    known = {"make": targets, "borderwire": commands(parser())}
    missing = [
        f"{tool} {name}"
        for piece in code(document.read_text(encoding="utf-8"))
        for tool, name in re.findall(r"^(?:\.venv/bin/)?(make|borderwire)\s+([a-z][a-z-]*)\b", piece)
        if name not in known[tool]
    ]
    assert missing == []


def test_the_files_and_functions_that_the_architecture_points_to_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = ("schemas", "connectors", "pipelines", "deploy", "tests")
    files = {path.relative_to(ROOT).as_posix(): path for package in packages for path in (ROOT / package).rglob("*.py")}
    named = [piece for piece in re.findall(r"`([^`]+)`", text) if piece.endswith(".py")]
    assert len(named) > 30
    assert [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in files)] == []
    table = [row for row in text.splitlines() if row.startswith("| ")][1:]
    functions = [name for row in table for name in re.findall(r"`(?:[A-Z]\w*\.)?([a-z_]+)`", row)]
    assert len(functions) > 8
    code_of_all = "\n".join(path.read_text(encoding="utf-8") for path in files.values())
    assert [name for name in functions if not re.search(rf"\b(?:def|class) {name}\b", code_of_all)] == []
