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
