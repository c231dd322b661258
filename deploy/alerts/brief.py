"""`borderwire brief`: what was new in a span of time, as text, Markdown or HTML for a mail."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from deploy.alerts.export import history
from deploy.output import tell
from pipelines.newness.briefing import Briefing, NewStatement, Related, briefing_of, first_published
from schemas.attribution import attributed, verb, who
from schemas.delivery import Filter
from schemas.printable import is_web, one_line, printable
from schemas.settings import Settings
from schemas.statement import LedgerEntry

Format = Literal["text", "markdown", "html"]
#: How much of an earlier statement is quoted, in characters.
QUOTED = 120

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "New statements: {count}, from {since} to {until}",
        "first": "first on this topic",
        "contradicts": "contradicts",
        "other-figure": "gives another figure than",
        "repeats": "repeats",
        "twin": "also in {lang}",
        "silent": "Nothing new from",
        "nothing": "Nothing new was said on these topics.",
        "en": "English",
        "es": "Spanish",
    },
    "es": {
        "title": "Declaraciones nuevas: {count}, del {since} al {until}",
        "first": "primera vez sobre este tema",
        "contradicts": "contradice a",
        "other-figure": "da otra cifra que",
        "repeats": "repite a",
        "twin": "también en {lang}",
        "silent": "Nada nuevo de",
        "nothing": "No se dijo nada nuevo sobre estos temas.",
        "en": "inglés",
        "es": "español",
    },
}


def brief(
    settings: Settings,
    titles: Mapping[str, str],
    span: tuple[datetime, datetime],
    topics: Sequence[str],
    lang: str,
    form: Format,
) -> int:
    """Print the briefing of `span` (since, until). `titles`: topic → its title."""
    entries = history(settings, Filter(), None, span[1])
    tell(RENDER[form](briefing_lines(briefing_of(entries, *span, topics, lang), titles, lang)))
    return 0


#: A line of a briefing: its kind, its text, and an address where it leads (or "").
BriefLine = tuple[Literal["title", "topic", "statement", "note", "text"], str, str]


def briefing_lines(briefing: Briefing, titles: Mapping[str, str], lang: str) -> Iterator[BriefLine]:
    """The briefing as lines, the same for every format. Texts of articles have no line breaks or control characters."""
    words = WORDS[lang]
    since, until = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (briefing.since, briefing.until))
    yield "title", words["title"].format(count=briefing.count, since=since, until=until), ""
    for topic, stories in briefing.topics.items():
        yield "topic", one_line(titles.get(topic, topic)), ""
        for story in stories:
            for told in story:
                first = told.entry.sightings[0]
                sentence = attributed(told.entry, told.entry.speaker, told.entry.lang, role=True)
                yield "statement", one_line(sentence), "".join(printable(first.url).split())
                yield "note", " · ".join(notes(told, words)), ""
    if not briefing.topics:
        yield "text", words["nothing"], ""
    if briefing.silent:
        yield "text", f"{words['silent']}: {', '.join(map(one_line, briefing.silent))}.", ""


def notes(told: NewStatement, words: Mapping[str, str]) -> Iterator[str]:
    yield f"{first_published(told.entry):%Y-%m-%d %H:%M}"
    yield ", ".join(map(one_line, told.outlets))
    if told.first:
        yield words["first"]
    for twin in told.twins:
        yield words["twin"].format(lang=words.get(twin.lang or "", twin.lang or "?"))
    for related in told.related:
        yield related_note(related, words)


def related_note(related: Related, words: Mapping[str, str]) -> str:
    """Such as: contradicts Ana Ruiz, who said on 2026-11-20: “…”"""
    entry: LedgerEntry = related.entry
    text = one_line(entry.text)
    text = text if len(text) <= QUOTED else text[:QUOTED].rsplit(" ", 1)[0] + "…"
    name = one_line(who(entry.speaker, entry.lang))
    return f"{words[related.relation]} {name} ({verb(entry, entry.lang)}, {first_published(entry):%Y-%m-%d}): {text}"


def plain_text(found: Iterable[BriefLine]) -> str:
    shapes = {"title": "{0}\n", "topic": "\n{0}\n", "statement": "  • {0}\n    {1}", "note": "    {0}", "text": "\n{0}"}
    return "\n".join(shapes[kind].format(text, link).rstrip(" ") for kind, text, link in found)


def markdown_text(found: Iterable[BriefLine]) -> str:
    """Characters that Markdown would read as markup are escaped, so that an article's text cannot add any."""
    shapes = {"title": "# {0}\n", "topic": "\n## {0}\n", "statement": "- {0}", "note": "  {0}", "text": "\n{0}"}

    def line(kind: str, text: str, link: str) -> str:
        shown = shapes[kind].format(re.sub(r"([\\`*_{}\[\]<>#|~!])", r"\\\1", text))
        return f"{shown} [→]({escaped(link)})  " if kind == "statement" and is_web(link) else shown

    return "\n".join(line(*each) for each in found)


def html_document(found: Iterable[BriefLine]) -> str:
    """A whole document for a mail: no style sheet, no script, no picture."""
    tags = {"title": "h1", "topic": "h2", "note": "small", "text": "p", "statement": "p"}

    def line(kind: str, text: str, link: str) -> str:
        body = html.escape(text)
        if kind == "statement" and is_web(link):
            body = f'<a href="{html.escape(link)}">{body}</a>'
        return f"<{tags[kind]}>{body}</{tags[kind]}>"

    body = "\n".join(line(*each) for each in found)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>'


def escaped(link: str) -> str:
    """The address without characters that would end a link in Markdown."""
    return re.sub(r"[()<>]|\s", percent, link)


def percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


Render = Callable[[Iterable[BriefLine]], str]
RENDER: Mapping[Format, Render] = {"text": plain_text, "markdown": markdown_text, "html": html_document}
