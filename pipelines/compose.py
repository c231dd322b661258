"""How an alert is put together: its statements verbatim, with what stands around them and a link that opens there."""
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from pipelines.item import Item
from pipelines.topics import terms_in
from schemas.alert import Alert, AlertArticle, AlertStatement
from schemas.statement import LedgerEntry, Statement

#: How many characters before and after a statement go with it.
CONTEXT = 160

Found = tuple[LedgerEntry, Statement]


def compose_alerts(item: Item, new: Sequence[Found], alert_topics: frozenset[str], now: datetime) -> tuple[Alert, ...]:
    """One alert for each topic and speaker, in the order of the text; its id is that of its first statement."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for entry, statement in new:
        for topic in sorted(alert_topics.intersection(statement.topics)):
            groups.setdefault((topic, speaker_key(statement)), []).append((entry, statement))
    return tuple(compose(item, topic, found, now) for (topic, _), found in groups.items())


def compose(item: Item, topic: str, found: Sequence[Found], now: datetime) -> Alert:
    tagged = item.tagged
    entry, statement = found[0]
    return Alert(
        id=entry.id,
        topic=topic,
        lang=tagged.article.lang,
        speaker=statement.speaker,
        statements=tuple(alert_statement(item, topic, e, s) for e, s in found),
        article=AlertArticle(
            id=tagged.id,
            version=tagged.version,
            title=tagged.article.title,
            outlet=tagged.article.outlet,
            url=tagged.article.url,
            link=link_to(tagged.article.url, entry.text),
            authors=tagged.article.authors,
            published=tagged.article.published,
            seen=tagged.seen,
        ),
        story=tagged.story,
        why="new: the ledger holds nothing like it",
        seconds={step: round(spent, 4) for step, spent in item.seconds.items()},
        alerted=now,
    )


def alert_statement(item: Item, topic: str, entry: LedgerEntry, statement: Statement) -> AlertStatement:
    text = item.tagged.article.text
    start, end = statement.content[0].start, statement.content[-1].end
    return AlertStatement(
        id=entry.id,
        text=entry.text,
        before=text[max(0, start - CONTEXT) : start],
        after=text[end : end + CONTEXT],
        source=statement.source,
        cue=statement.cue,
        kind=statement.kind,
        said=statement.said,
        terms=terms_in(text[start:end], topic),
        sightings=entry.sightings,
    )


def speaker_key(statement: Statement) -> str:
    if statement.speaker:
        return statement.speaker.name
    return statement.source.text if statement.source else ""


def statement_text(text: str, statement: Statement) -> str:
    """The words of a statement, its parts joined where a cue interrupted them."""
    return " ".join(text[span.start : span.end].strip() for span in statement.content)


def link_to(url: str, text: str) -> str:
    """The URL with a text fragment (https://wicg.github.io/scroll-to-text-fragment/) for the statement's words."""
    words = re.sub(r"[“”\"«»‘’]", " ", text).split()
    if not url or len(words) < 2:
        return url
    fragment = " ".join(words) if len(words) <= 8 else f"{' '.join(words[:4])}\0{' '.join(words[-4:])}"
    encoded = ",".join(quote(part, safe="").replace("-", "%2D") for part in fragment.split("\0"))
    return f"{url.split('#')[0]}#:~:text={encoded}"
