"""Text → statements."""
import datetime
import re

from pipelines.language import detect
from schemas.statement import Cue, Source, Span, Speaker, Statement

LANGUAGES = ("en", "es")
_SAID = re.compile(
    r"(?P<content>[“\"«][^”\"»\n]{10,2000}[”\"»]),?\s+"
    r"(?:(?P<cue>said|dijo|señaló|told)\s+(?P<source>[A-ZÁÉÍÓÚ]\w+(?: [A-ZÁÉÍÓÚ]\w+){0,3})"
    r"|(?P<source2>[A-ZÁÉÍÓÚ]\w+(?: [A-ZÁÉÍÓÚ]\w+){0,3})\s+(?P<cue2>said|dijo|señaló|told))"
)


def extract(text: str, *, lang: str | None = None, title: str = "", issuer: str | None = None,
            published: datetime.date | None = None) -> list[Statement]:
    """The statements of an article, by position; none for a text in another language than English and Spanish."""
    if (lang or detect(text)) not in LANGUAGES:
        return []
    found = []
    for m in _SAID.finditer(text):
        cue, source = ("cue", "source") if m["cue"] else ("cue2", "source2")
        found.append(Statement(
            content=(Span(start=m.start("content"), end=m.end("content")),),
            cue=Cue(text=m[cue], start=m.start(cue), end=m.end(cue), sense="said"),
            source=Source(text=m[source], start=m.start(source), end=m.end(source)),
            speaker=Speaker(name=m[source]), kind="direct", why="quotation with a verb of saying"))
    return found
