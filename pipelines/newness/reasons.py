"""Explains why a statement was alerted, recorded or already known, in words and in figures."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from pipelines.newness.ledger import Match
from schemas.article import TaggedArticle
from schemas.attribution import verb
from schemas.reason import Nearest, Possible, Reason, Term
from schemas.statement import HeldBack, LedgerEntry, Statement

#: A publication date more than this after the article was seen is wrong, and treated as missing.
MAX_AHEAD = timedelta(days=1)
#: Code points of a ledger entry's text that are shown in a reason.
SHOWN = 200


def published_of(tagged: TaggedArticle) -> datetime | None:
    """The publication date that the article gives; None if missing or impossible."""
    published = tagged.article.published
    return None if published and published - tagged.seen > MAX_AHEAD else published


def held_back(tagged: TaggedArticle, statement: Statement, max_alert_age: timedelta) -> tuple[HeldBack, str] | None:
    """Why a new statement is recorded without an alert, as (kind, words); None when it should be alerted.

    Age is measured at the time when the article was seen.
    """
    published = published_of(tagged)
    if published and tagged.seen - published > max_alert_age:
        return "published-before", f"published {published:%Y-%m-%d}, before max_alert_age"
    if published is None and tagged.origin != "live":
        return "undated", f"undated and {tagged.origin}"
    said = statement.said.date if statement.said else None
    if said and tagged.seen.date() - said > max_alert_age + timedelta(days=1):
        return "said-before", f"said {said}, before max_alert_age"
    return None


def age_hours(tagged: TaggedArticle, statement: Statement) -> float | None:
    """Hours from when it was said, or else published, until it was seen. A date without a time counts as noon UTC."""
    said = statement.said.date if statement.said else None
    since = datetime.combine(said, time(12), UTC) if said else published_of(tagged)
    return max(0.0, round((tagged.seen - since).total_seconds() / 3600, 1)) if since else None


def reason_for(
    tagged: TaggedArticle,
    statement: Statement,
    why: str,
    nearest: Match | None = None,
    possible: tuple[Possible, ...] = (),
) -> Reason:
    return Reason(
        why=why,
        terms=statement.terms,
        nearest=nearest_of(nearest) if nearest else None,
        age_hours=age_hours(tagged, statement),
        possible=possible,
    )


def nearest_of(match: Match) -> Nearest:
    entry, first = match.entry, match.entry.sightings[0]
    return Nearest(
        statement=entry.id,
        similarity=round(match.similarity, 3),
        text=entry.text[:SHOWN],
        speaker=entry.speaker.name if entry.speaker else None,
        outlet=first.outlet,
        url=first.url,
        seen=first.at,
    )


def why_new(statement: Statement, topics: Iterable[str], nearest: Match | None) -> str:
    """In words: on which topics it is and why, and the most similar ledger entry."""
    shown = [f"on {topic} {_by(statement, topic)}" for topic in topics]
    if nearest is None:
        return f"new {', '.join(shown)}; the ledger holds nothing like it"
    return f"new {', '.join(shown)}; most similar in the ledger, at {nearest.similarity:.2f}: {told(nearest.entry)}"


def _by(statement: Statement, topic: str) -> str:
    grounds = statement.grounds.get(topic) or quoted(statement.terms, topic)
    return f"by {grounds}" if grounds.startswith("“") else f"because it {grounds}"


def why_known(match: Match, seen: datetime) -> str:
    days = (seen - match.entry.sightings[0].at).total_seconds() / 86_400
    if abs(days) >= 2:
        apart = f"{abs(days):.0f} days {'before' if days > 0 else 'after'}"
    else:
        apart = f"{abs(days) * 24:.0f} hours {'before' if days >= 0 else 'after'}"
    return f"known, {match.similarity:.2f} alike to {told(match.entry)}, {apart} this"


def told(entry: LedgerEntry) -> str:
    """In words: who said or denied it, and where it was first seen."""
    first, name = entry.sightings[0], entry.speaker.name if entry.speaker else "an unnamed speaker"
    return (
        f"what {name} {verb(entry, 'en').removesuffix(' this')}, first seen {first.at:%Y-%m-%d %H:%M} at {first.outlet}"
    )


def quoted(terms: Iterable[Term], topic: str) -> str:
    words = dict.fromkeys(term.text for term in terms if term.topic == topic)
    return " and ".join(f"“{word}”" for word in list(words)[:3])
