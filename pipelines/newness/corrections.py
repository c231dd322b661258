"""Finds statements that were alerted from an earlier version of an article and are no longer in it. No I/O."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from rapidfuzz import fuzz

from pipelines.item import Item
from pipelines.newness.compose import with_verb
from pipelines.newness.ledger import Ledger
from pipelines.newness.likeness import contradicts
from schemas.alert import Alert, AlertArticle, AlertStatement
from schemas.ids import digest, fold
from schemas.statement import LedgerEntry

#: Text at least this similar to a statement (0 to 100) still counts as that statement, for example with a typo fixed.
STILL_THERE = 85
#: Only this many code points of a statement are searched for.
LONGEST = 2000


def withdrawn(item: Item, kept: Collection[str], ledger: Ledger) -> Iterator[LedgerEntry]:
    """The alerted entries that were first seen in an earlier version of this article and are no longer in it.

    `kept` are the ids of the statements found now. A statement that the extractor missed this time, but that is in the
    text, is not withdrawn. Text from a feed is ignored: it may be shorter than the page of the earlier version.
    """
    tagged = item.tagged
    if tagged.text_from != "page":
        return
    text = fold(tagged.article.text)
    for entry in ledger.of_story(tagged.story):
        first = entry.sightings[0]
        earlier = first.article == tagged.id and first.version != tagged.version and first.at < tagged.seen
        if earlier and entry.alert and entry.id not in kept and not stands_in(entry, text):
            yield entry


def stands_in(entry: LedgerEntry, text: str) -> bool:
    """Whether a folded text contains the statement, with the same figures and not negated."""
    words = fold(entry.text)[:LONGEST]
    if words in text:
        return True
    found = fuzz.partial_ratio_alignment(words, text, score_cutoff=STILL_THERE)
    if found is None:
        return False
    return not contradicts(words, text[found.dest_start : found.dest_end], entry.lang)


def compose_corrections(
    item: Item, gone: Sequence[LedgerEntry], alert_topics: frozenset[str], now: datetime
) -> tuple[Alert, ...]:
    """One correction for each alert that lost statements. Its id is made from their ids, so it is not repeated."""
    groups: dict[tuple[str, str], list[LedgerEntry]] = {}
    for entry in gone:
        for topic in sorted(alert_topics.intersection(entry.topics)):
            groups.setdefault((topic, entry.alert or ""), []).append(entry)
    return tuple(compose_correction(item, topic, follows, entries, now) for (topic, follows), entries in groups.items())


def compose_correction(item: Item, topic: str, follows: str, entries: Sequence[LedgerEntry], now: datetime) -> Alert:
    tagged = item.tagged
    article = tagged.article
    return Alert(
        id=digest("corrected", follows, *sorted(entry.id for entry in entries)),
        topic=topic,
        kind="corrected",
        follows=follows,
        lang=entries[0].lang,
        speaker=entries[0].speaker,
        statements=tuple(map(gone_statement, entries)),
        article=AlertArticle(
            id=tagged.id,
            version=tagged.version,
            title=article.title,
            outlet=article.outlet,
            url=article.url,
            link=article.url,
            authors=article.authors,
            published=article.published,
            seen=tagged.seen,
        ),
        story=tagged.story,
        why=f"an edit of {article.outlet} removed or changed what was alerted; {others(entries)}",
        seconds={step: round(spent, 4) for step, spent in item.seconds.items()},
        alerted=now,
    )


def gone_statement(entry: LedgerEntry) -> AlertStatement:
    """The statement as it was alerted: a denial stays one, also where the ledger has no cue of it."""
    told = AlertStatement(
        id=entry.id,
        text=entry.text,
        cue=entry.cue,
        sense="denied" if entry.denied else None,
        kind=entry.kind,
        said=entry.said,
        sightings=entry.sightings,
    )
    return with_verb(told, entry.lang)


def others(entries: Sequence[LedgerEntry]) -> str:
    """In words: at which other outlets the statements were seen."""
    articles = {sighting.article: sighting.outlet for entry in entries for sighting in entry.sightings[1:]}
    return f"also seen at {', '.join(dict.fromkeys(articles.values()))}" if articles else "seen nowhere else"
