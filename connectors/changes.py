"""What is new in a poll: entries never sent, texts never sent, pages to be looked at again. Pure; `now` is data."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from connectors.identity import entry_ids, entry_version
from schemas.article import FeedEntry, Origin
from schemas.feed import FeedState, SeenEntry
from schemas.ids import digest, text_version

#: How long an edited article is looked for, after it was first seen.
EDITS = timedelta(hours=48)
#: How long an entry that left its feed is remembered, and how many are at most.
REMEMBERED = timedelta(days=45)
MOST_REMEMBERED = 3000
#: How often a page is fetched again because its entry got a new date or the page could not be had before.
MOST_LOOKS = 8
#: Waits before a page that could not be had is tried again.
RETRIES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))

Why = Literal["new", "revised", "look"]


@dataclass(frozen=True)
class Change:
    """An entry to be published. `look`: only if its page turns out to hold another text than before."""

    key: str
    entry: FeedEntry
    version: str
    origin: Origin
    why: Why
    known: SeenEntry | None = None


@dataclass(frozen=True)
class Compared:
    """A poll held against what is known: what changed, every entry as it will be remembered, how many were known."""

    changes: tuple[Change, ...]
    seen: Mapping[str, SeenEntry]
    known: int


def compare(state: FeedState, entries: Iterable[FeedEntry], now: datetime, pages: bool = True) -> Compared:
    """Holds a feed's entries against its state. `pages` says whether pages are fetched at all.

    An entry is known by its link, else by its guid (if that is no mere number), else by its words and date: so neither
    a changed link nor churning guids publish it again. A version sent once is never sent again.
    """
    entries = [_sane(entry, now) for entry in entries]
    origin: Origin = "first-poll" if state.last_success is None else "live"
    by_guid = {seen.guid: key for key, seen in state.seen.items() if seen.guid}
    by_words = {(seen.version, seen.date): key for key, seen in state.seen.items()}
    changes: list[Change] = []
    met: dict[str, SeenEntry] = {}
    known = 0
    for key, entry in zip(entry_ids(entries, state.url), entries, strict=True):
        version, guid = entry_version(entry), _guid(entry)
        if key not in state.seen:
            key = by_guid.get(guid, key) if guid else key
        if key not in state.seen and len(entry.title) + len(entry.summary) + len(entry.content) >= 40:
            key = by_words.get((version, _date(entry)), key)
        if key in met:
            continue
        before = state.seen.get(key)
        if before is None:
            met[key] = SeenEntry(version=version, at=now, first=now, date=_date(entry), guid=guid)
            changes.append(Change(key, entry, version, origin, "new"))
            continue
        known += 1
        met[key] = before.model_copy(update={"at": now})
        if version != before.version and version not in before.sent:
            changes.append(Change(key, entry, version, "live", "revised", before))
        elif pages and _worth_a_look(before, entry, now):
            changes.append(Change(key, entry, before.version, "live", "look", before))
    return Compared(tuple(changes), met, known)


def _worth_a_look(before: SeenEntry, entry: FeedEntry, now: datetime) -> bool:
    """A page that could not be had, or an entry with a later date than before: its article may have been edited."""
    if before.tries >= MOST_LOOKS or now - (before.first or before.at) > EDITS:
        return False
    if before.retry is not None:
        return before.retry <= now
    date = _date(entry)
    return date is not None and before.date is not None and date > before.date


def remembered(state: FeedState, met: Mapping[str, SeenEntry], now: datetime) -> dict[str, SeenEntry]:
    """Everything to be remembered of a feed: what stands in it, and for a while what stood in it."""
    left = {key: seen for key, seen in state.seen.items() if key not in met and now - seen.at < REMEMBERED}
    keep = sorted(left, key=lambda key: left[key].at, reverse=True)[: max(0, MOST_REMEMBERED - len(met))]
    return {**{key: left[key] for key in keep}, **met}


def sent(change: Change, now: datetime, article: str, page: str | None, had_page: bool) -> SeenEntry:
    """How an entry is remembered after its change was dealt with.

    `page` is the fingerprint of the page's text, `had_page` whether the page could be had: if not, it is retried.
    """
    before = change.known
    tries = before.tries if before else 0
    waits = RETRIES[min(tries, len(RETRIES) - 1)]
    earlier = (*before.sent, before.version) if before and before.version != change.version else ()
    return SeenEntry(
        version=change.version,
        at=now,
        first=(before.first or before.at) if before else now,
        date=_date(change.entry),
        guid=_guid(change.entry),
        article=article if article != change.key else None,
        page=page or (before.page if before else None),
        retry=None if had_page else now + waits,
        tries=tries + (change.why == "look"),
        sent=(earlier or (before.sent if before else ()))[-8:],
    )


def version_of(change: Change, page: str | None) -> str:
    """The version an article is published under: the feed's words; after a second look the page's words too."""
    return text_version((change.version, page or "")) if change.why == "look" else change.version


def page_due(state: FeedState, now: datetime) -> bool:
    """Is a page to be tried again? Then the feed has to be had whole, for its entries."""
    return any(seen.retry is not None and seen.retry <= now and seen.tries < MOST_LOOKS for seen in state.seen.values())


def _sane(entry: FeedEntry, now: datetime) -> FeedEntry:
    """A date more than a day ahead is a mistake, and null."""
    ahead = now + timedelta(days=1)
    wrong = {name: None for name in ("published", "updated") if (when := getattr(entry, name)) and when > ahead}
    return entry.model_copy(update=wrong) if wrong else entry


def _date(entry: FeedEntry) -> datetime | None:
    dates = [date for date in (entry.updated, entry.published) if date]
    return max(dates) if dates else None


def _guid(entry: FeedEntry) -> str | None:
    """A hash of an id that is worth trusting: no position in a list, and more than the link again."""
    return digest(entry.id, size=6) if len(entry.id) >= 12 and entry.id != entry.url else None
