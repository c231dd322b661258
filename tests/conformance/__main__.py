"""`python -m tests.conformance [DIR]`: how feeds of other readers' tests are read, field by field.

DIR (or the variable BORDERWIRE_CONFORMANCE) holds checkouts of github.com/kurtmckee/feedparser as `feedparser` and of
github.com/miniflux/v2 as `miniflux`. Their files are never copied into this project. Exit code 0 without them, with a
line that says so; 1 when a reading differs without a reason of a known kind, or when fewer of feedparser's agree than before.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conformance import feedparser_files, miniflux_tests
from tests.conformance.compare import Verdict, compared
from tests.conformance.reasons import REASONS

#: The share of comparable readings that must agree: 448 of 470 of feedparser's.
NEEDED = 448 / 470
#: Differences that are shown for each reason.
SHOWN = 3


def main() -> int:
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BORDERWIRE_CONFORMANCE", "")
    root = Path(named) if named else None
    if root is None or not root.is_dir():
        print(
            "conformance: not run: name a directory with checkouts of feedparser and miniflux (BORDERWIRE_CONFORMANCE)"
        )
        return 0
    good = True
    for name, cases in (("feedparser", feedparser_files.cases), ("miniflux", miniflux_tests.cases)):
        if not (root / name).is_dir():
            print(f"conformance: {name}: not run: there is no {root / name}")
            continue
        verdicts = [compared(case, REASONS) for case in cases(root / name)]
        agree = sum(verdict.agrees for verdict in verdicts)
        shown(name, verdicts)
        good &= all(verdict.agrees or verdict.reason for verdict in verdicts)
        good &= name != "feedparser" or agree >= NEEDED * len(verdicts)
    return 0 if good else 1


def shown(name: str, verdicts: list[Verdict]) -> None:
    """Prints the number that agree by field, and the differences."""
    console = Console(width=120, highlight=False)
    table = Table("field", "agree", "of", title=f"{name}: {sum(v.agrees for v in verdicts)} of {len(verdicts)} agree",
                  title_justify="left")  # fmt: skip
    for field, count in sorted(Counter(verdict.field for verdict in verdicts).items()):
        table.add_row(field, str(sum(v.agrees for v in verdicts if v.field == field)), str(count))
    console.print(table)
    for line in lines_of([verdict for verdict in verdicts if not verdict.agrees]):
        console.print(line, markup=False, soft_wrap=True)


def lines_of(differing: list[Verdict]) -> Iterator[str]:
    """The differences by reason; those without one in full."""
    for reason in sorted({verdict.reason for verdict in differing}):
        some = [verdict for verdict in differing if verdict.reason == reason]
        yield f"{len(some):4} {reason or 'WITHOUT A REASON'}"
        for verdict in some[: SHOWN if reason else None]:
            yield f"       {verdict.name} {verdict.field}: theirs {verdict.wanted[:80]!r}, ours {verdict.read[:80]!r}"


if __name__ == "__main__":
    sys.exit(main())
