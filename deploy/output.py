"""What a command prints: nothing in it commands a terminal, and on standard error no secret stands."""

import sys

from schemas.masking import masked
from schemas.printable import printable, printable_json


def tell(text: str) -> None:
    """Print text for a person on standard output."""
    print(printable(text), flush=True)


def tell_json(text: str) -> None:
    """Print a line of JSON on standard output: for a program it is the same, see schemas/printable.py."""
    print(printable_json(text), flush=True)


def complain(text: str, whose: str = "borderwire: ") -> None:
    """Say on standard error what was wrong."""
    print(whose + printable(masked(text)), file=sys.stderr, flush=True)
