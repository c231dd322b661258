"""The templates and what they may call. Every text that they print is made safe."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from deploy.page.reasons import reason_words
from schemas.attribution import verb
from schemas.masking import masked, shown_url
from schemas.printable import is_web, printable

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown_safely,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"web": safe_link, "clock": clock, "verb": verb, "reason": reason_words, "verbs": verbs}
    made.filters |= {"shown_url": shown_url, "masked": masked}
    return made


def shown_safely(value: Any) -> Any:
    """Remove control characters from every value that a template prints. Escaping comes later."""
    if isinstance(value, Markup):
        return Markup(printable(str(value)))
    return printable(value) if isinstance(value, str) else value


def safe_link(url: str) -> str:
    """The URL if it is http or https, else "#": a page can claim any text as its address."""
    return url if is_web(url) else "#"


def clock(at: datetime) -> Markup:
    """A point in time, which the script shows in the reader's zone."""
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M}")


def verbs(passage: Any, ui: str) -> list[str]:
    """The different verbs of a passage, in the order of its statements."""
    return list(dict.fromkeys(verb(part.statement, ui) for part in passage if part.statement is not None))


Titles = Mapping[str, Mapping[str, str]]
"""Language → topic → its title."""
