"""Safe printing for commands: no terminal control sequences, and no secrets on standard error."""

import sys

from schemas.masking import masked
from schemas.printable import printable, printable_json


def tell(text: str) -> None:
    """Print text for a person on standard output."""
    print(printable(text), flush=True)


def tell_json(text: str) -> None:
    """Print a line of JSON on standard output. It parses to the same data as `text` (schemas/printable.py)."""
    print(printable_json(text), flush=True)


def complain(text: str, whose: str = "borderwire: ") -> None:
    """Print an error on standard error, with secrets masked."""
    print(whose + printable(masked(text)), file=sys.stderr, flush=True)
