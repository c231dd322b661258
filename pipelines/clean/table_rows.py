"""Rows of tables, and labels parted by bars: what of them is the article's, each on a line of its own."""

import re
from collections.abc import Callable, Iterator, Sequence

_PARAGRAPH = 20
"""Words: a cell of so many is a paragraph that a layout table put there."""


def cells(line: str) -> list[str]:
    """The cells of a table's row ("| a | b |") or of labels in a row ("a | b"), none empty; [] for any other line."""
    if "|" not in line or not (line.startswith("|") or " | " in line or "||" in line or line.endswith("|")):
        return []
    return [cell for part in line.split("|") if (cell := part.strip())]


def unrowed(lines: Sequence[str], is_prose: Callable[[str], bool], is_label: Callable[[str], bool]) -> Iterator[str]:
    """Lines without bars between prose: paragraphs in cells become lines, labels beside them and menus go.

    Rows of data are kept, a line each, once the article has begun; what stands in rows before it is the page's head.
    """
    begun = False
    for line in lines:
        row = cells(line)
        if not row:
            begun = begun or is_prose(line)
            yield line
            continue
        paragraphs = [cell for cell in row if len(cell.split()) >= _PARAGRAPH]
        if paragraphs:
            begun = True
            if line.startswith("|"):
                yield from paragraphs
            else:
                rest = [cell for cell in row if not is_label(cell)]
                yield " | ".join(rest) if len(rest) < len(row) else line
        elif (begun or not line.startswith("|")) and not _is_menu(line, row, is_label):
            yield " | ".join(row)


def _is_menu(line: str, row: list[str], is_label: Callable[[str], bool]) -> bool:
    """Whether a row outside a table links to other pages, or tells date, office and number."""
    if line.startswith("|"):
        return len(row) == 1 and is_label(row[0])
    short = all(len(cell.split()) <= 3 and not re.search(r"\d", cell) for cell in row)
    return len(row) >= 3 and short or any(map(is_label, row))
