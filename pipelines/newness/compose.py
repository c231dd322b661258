"""Builds alerts: the statements verbatim, the text around them, and a link that opens the page at the statement."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from pipelines.item import Item
from schemas.alert import Alert, AlertArticle, AlertStatement
from schemas.attribution import verb, verb_facts
from schemas.ids import digest
from schemas.limits import STATEMENT, WORD
from schemas.reason import Reason
from schemas.statement import LedgerEntry, Statement

#: Characters of context before and after a statement.
CONTEXT = 160
#: Marks stripped from both ends of a link's words, because pages write them in different ways.
QUOTES = " “”\"«»‘’',.;:"
#: Limits of one alert: statements, and code points of all together. The rest goes into another alert, so that records
#: stay small.
MOST, MOST_TEXT = 30, 60_000


class Found(NamedTuple):
    """A statement of the article, its ledger entry, and why it is alerted or not."""

    entry: LedgerEntry
    statement: Statement
    reason: Reason


def compose_alerts(item: Item, new: Sequence[Found], alert_topics: frozenset[str], now: datetime) -> tuple[Alert, ...]:
    """One alert for each topic and speaker, in the order of the text; several if the statements do not fit (`parts`).

    The id of an alert is that of its first statement, which `new_entry` in judge.py made. The same statement on two
    topics gives two alerts with one id.
    """
    groups: dict[tuple[str, str], list[Found]] = {}
    for found in new:
        for topic in sorted(alert_topics.intersection(found.statement.topics)):
            groups.setdefault((topic, speaker_key(found.statement)), []).append(found)
    parted = [(topic, part) for (topic, _), found in groups.items() for part in parts(found)]
    return tuple(compose(item, topic, part, now) for topic, part in parted)


def parts(found: Sequence[Found]) -> Iterator[list[Found]]:
    """Split statements into lists that fit into one alert each."""
    part: list[Found] = []
    for each in found:
        if part and (len(part) == MOST or sum(len(f.entry.text) for f in part) + len(each.entry.text) > MOST_TEXT):
            yield part
            part = []
        part.append(each)
    yield part


def compose_confirmations(
    item: Item, known: Sequence[Found], alert_topics: frozenset[str], at: Sequence[int], now: datetime
) -> tuple[Alert, ...]:
    """One follow-up alert when this article brings a statement of an alert to a number of outlets listed in `at`.

    Only the sightings up to this article count, so that a replay gives the same result.
    """
    groups: dict[tuple[str, str, int], list[Found]] = {}
    for found in known:
        before, with_it = outlets_until(found.entry, item.tagged.id)
        for number in at:
            if found.entry.alert and len(before) < number <= len(with_it):
                for topic in sorted(alert_topics.intersection(found.entry.topics)):
                    groups.setdefault((topic, found.entry.alert, number), []).append(found)
    return tuple(
        confirmation(compose(item, topic, found, now), found[0].entry, alert, number)
        for (topic, alert, number), found in groups.items()
    )


def confirmation(alert: Alert, entry: LedgerEntry, follows: str, number: int) -> Alert:
    _, outlets = outlets_until(entry, alert.article.id)
    return alert.model_copy(
        update={
            "id": digest("corroborated", follows, str(number)),
            "kind": "corroborated",
            "follows": follows,
            "speaker": entry.speaker,
            "outlets": outlets,
            "story": entry.story,
            "why": f"now at {len(outlets)} outlets; first seen at {outlets[0]}",
        }
    )


def outlets_until(entry: LedgerEntry, article: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The distinct outlets that had a statement before this article, and the same including this article."""
    articles = [sighting.article for sighting in entry.sightings]
    place = articles.index(article) if article in articles else len(articles)
    outlets = [sighting.outlet for sighting in entry.sightings]
    return tuple(dict.fromkeys(outlets[:place])), tuple(dict.fromkeys(outlets[: place + 1]))


def compose(item: Item, topic: str, found: Sequence[Found], now: datetime) -> Alert:
    tagged = item.tagged
    first = found[0]
    return Alert(
        id=first.entry.id,
        topic=topic,
        lang=tagged.article.lang,
        speaker=first.statement.speaker,
        statements=tuple(alert_statement(item, topic, each) for each in found),
        article=AlertArticle(
            id=tagged.id,
            version=tagged.version,
            title=tagged.article.title,
            outlet=tagged.article.outlet,
            url=tagged.article.url,
            link=link_to(tagged.article.url, [tagged.article.text[s.start : s.end] for s in first.statement.content]),
            authors=tagged.article.authors,
            published=tagged.article.published,
            seen=tagged.seen,
        ),
        story=tagged.story,
        why=first.reason.why,
        seconds={step: round(spent, 4) for step, spent in item.seconds.items()},
        alerted=now,
    )


def alert_statement(item: Item, topic: str, found: Found) -> AlertStatement:
    text = item.tagged.article.text
    statement = found.statement
    start, end = statement.content[0].start, statement.content[-1].end
    terms = tuple(term for term in statement.terms if term.topic == topic)
    told = AlertStatement(
        id=found.entry.id,
        text=statement_text(text, statement),
        before=text[max(0, start - CONTEXT) : start],
        after=text[end : end + CONTEXT],
        source=statement.source,
        cue=statement.cue,
        kind=statement.kind,
        said=statement.said,
        terms=tuple(dict.fromkeys(term.text for term in terms)),
        reason=found.reason.model_copy(update={"terms": terms}),
        sightings=found.entry.sightings,
        confidence=statement.confidence,
        twin=next(iter(found.reason.possible), None),
    )
    return with_verb(told, item.tagged.article.lang)


def with_verb(statement: AlertStatement, lang: str | None) -> AlertStatement:
    """The statement with what the speaker did, in words and for programs."""
    sense, negated, supposed = verb_facts(statement)
    told = {"verb": verb(statement, lang), "sense": sense, "negated": negated, "supposed": supposed}
    return statement.model_copy(update=told)


def speaker_key(statement: Statement) -> str:
    if statement.speaker:
        return statement.speaker.name
    return statement.source.text if statement.source else ""


def statement_text(text: str, statement: Statement) -> str:
    """The words of a statement, its parts joined by spaces; cut to `STATEMENT` code points."""
    return " ".join(text[span.start : span.end].strip() for span in statement.content)[:STATEMENT]


def link_to(url: str, parts: Sequence[str]) -> str:
    """The URL with a text fragment (https://wicg.github.io/scroll-to-text-fragment/) for a statement of these parts.

    For a long statement, or one interrupted by a cue or a paragraph end, the fragment gives only its first and its last
    words.
    """
    pieces = [words for part in parts for line in part.split("\n") if (words := line.strip(QUOTES).split())]
    pieces = [[word[:WORD] for word in words] for words in pieces]
    if not url or sum(map(len, pieces)) < 2:
        return url
    whole = len(pieces) == 1 and len(pieces[0]) <= 8
    named = [pieces[0]] if whole else [pieces[0][:4], pieces[-1][-4:]]
    encoded = ",".join(quote(" ".join(words), safe="").replace("-", "%2D") for words in named)
    return f"{url.split('#')[0]}#:~:text={encoded}"
