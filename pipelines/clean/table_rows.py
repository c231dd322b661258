"""Handles table rows and labels separated by bars: keeps what belongs to the article, each on its own line."""

import re
from collections.abc import Callable, Iterator, Sequence

_PARAGRAPH = 20
"""A cell with at least this many words is a paragraph in a layout table."""


def cells(line: str) -> list[str]:
    """The non-empty cells of a table row ("| a | b |") or of a row of labels ("a | b"); [] for any other line."""
    if "|" not in line or not (line.startswith("|") or " | " in line or "||" in line or line.endswith("|")):
        return []
    return [cell for part in line.split("|") if (cell := part.strip())]


def unrowed(lines: Sequence[str], is_prose: Callable[[str], bool], is_label: Callable[[str], bool]) -> Iterator[str]:
    """Lines with rows resolved: paragraphs in cells become lines; labels next to paragraphs, and menus, are removed.

    Data rows are kept, one line each, once the article has begun. Table rows before that belong to the page header.
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
    """Whether a row outside a table is a menu, or has labels such as date, office and number; or is only a label."""
    if line.startswith("|"):
        return len(row) == 1 and is_label(row[0])
    short = all(len(cell.split()) <= 3 and not re.search(r"\d", cell) for cell in row)
    return len(row) >= 3 and short or any(map(is_label, row))
