"""`borderwire brief`: what was new in a span of time, as text, Markdown or HTML for a mail."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.delivery.briefing_text import RENDER, BriefingMessage, BriefLine, Format
from connectors.delivery.briefing_times import DueBriefing
from connectors.delivery.message_text import calm
from deploy.alerts.export import history
from deploy.output import tell
from pipelines.newness.briefing import Briefing, NewStatement, Related, briefing_of, first_published
from schemas.attribution import attributed, verb, who
from schemas.delivery import Filter, Route
from schemas.mark import Mark
from schemas.printable import one_line, printable
from schemas.settings import Settings
from schemas.statement import LedgerEntry

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


def briefing_message(
    settings: Settings, name: str, route: Route, due: DueBriefing, muting: Mapping[str, Mark]
) -> BriefingMessage:
    """The briefing that a route sends at a time: what was first recorded since the last one, without what readers
    marked. Raises KafkaError and NoTopic."""
    entries = [e for e in history(settings, Filter(), None, None) if not muted_entry(e, muting)]
    briefing = briefing_of(entries, due.since, due.at, route.topics, route.lang, by_record=True)
    lines = tuple(briefing_lines(briefing, settings.pipeline.titles_in(route.lang), route.lang, route.zone))
    return BriefingMessage(f"briefing-{name}-{due.at:%Y%m%dT%H%M%SZ}", name, due.at, due.since, briefing.count, lines)


def muted_entry(entry: LedgerEntry, muting: Mapping[str, Mark]) -> bool:
    """Whether readers marked the statement's alert, or muted its story."""
    return (entry.alert or "") in muting or (entry.story or "") in muting


def briefing_lines(briefing: Briefing, titles: Mapping[str, str], lang: str, zone: str = "UTC") -> Iterator[BriefLine]:
    """The briefing as lines, the same for every format, with times in a time zone. Texts of articles have no line
    breaks, control characters or mentions that notify a whole channel."""
    words, place = WORDS[lang], ZoneInfo(zone)
    since, until = (f"{at.astimezone(place):%Y-%m-%d %H:%M} {zone}" for at in (briefing.since, briefing.until))
    yield "title", words["title"].format(count=briefing.count, since=since, until=until), ""
    for topic, stories in briefing.topics.items():
        yield "topic", one_line(titles.get(topic, topic)), ""
        for story in stories:
            for told in story:
                first = told.entry.sightings[0]
                sentence = attributed(told.entry, told.entry.speaker, told.entry.lang, role=True)
                yield "statement", calm(one_line(sentence)), "".join(printable(first.url).split())
                yield "note", calm(" · ".join(notes(told, words, place))), ""
    if not briefing.topics:
        yield "text", words["nothing"], ""
    if briefing.silent:
        yield "text", f"{words['silent']}: {', '.join(map(one_line, briefing.silent))}.", ""


def notes(told: NewStatement, words: Mapping[str, str], zone: ZoneInfo) -> Iterator[str]:
    yield f"{first_published(told.entry).astimezone(zone):%Y-%m-%d %H:%M}"
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
