"""What is new in a poll: entries never sent, texts never sent, pages to be looked at again. Pure; `now` is data."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from connectors.identity import entry_ids, entry_version
from connectors.memory import recall, with_rows, words_of
from schemas.article import FeedEntry, Origin
from schemas.feed import FeedState, SeenEntry
from schemas.ids import digest, text_version

#: How long an edited article is looked for, after it was first seen.
EDITS = timedelta(hours=48)
#: `SeenEntry.at` of an entry that stands there unchanged is that old at most.
AGAIN = timedelta(hours=1)
#: How many entries that left their feed less than `EDITS` ago are remembered with everything.
MOST_ABSENT = 500
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
    raw: str | None = None


@dataclass(frozen=True)
class Compared:
    """A poll held against what is known: what changed, every entry as it will be remembered, how many were known."""

    changes: tuple[Change, ...]
    seen: Mapping[str, SeenEntry]
    known: int


def compare(state: FeedState, entries: Iterable[FeedEntry], now: datetime, pages: bool = True) -> Compared:
    """Holds a feed's entries against its state. `pages` says whether pages are fetched at all.

    An entry that stands there letter for letter as before is known at once. Another is known by its link, else by its
    guid (if that is no mere number), else by its words and date: so neither a changed link nor churning guids publish
    it again. A version sent once is never sent again.
    """
    origin: Origin = "first-poll" if state.last_success is None else "live"
    by_raw = {seen.raw: key for key, seen in state.seen.items() if seen.raw}
    changes: list[Change] = []
    met: dict[str, SeenEntry] = {}
    titles: dict[str, str] = {}
    others: list[tuple[FeedEntry, str]] = []
    for entry in entries:
        raw = _raw(entry)
        key = by_raw.get(raw, "")
        if not key:
            others.append((_sane(entry, now), raw))
            continue
        same = state.seen[key]
        met[key], titles[key] = same if now - same.at < AGAIN else same.model_copy(update={"at": now}), entry.title
        if pages and _retry_due(same, now):
            changes.append(Change(key, _sane(entry, now), same.version, "live", "look", same, raw))
    known = len(met)
    for (entry, raw), key in zip(others, entry_ids((entry for entry, _ in others), state.url, titles), strict=True):
        version = entry_version(entry)
        key, before = _find(state, key, entry, version)
        if key in met:
            continue
        met[key] = (before or _new(entry, version, now)).model_copy(update={"at": now, "raw": raw})
        known += before is not None
        if before is None:
            changes.append(Change(key, entry, version, origin, "new", None, raw))
        elif version != before.version and version not in before.sent:
            changes.append(Change(key, entry, version, "live", "revised", before, raw))
        elif pages and (_retry_due(before, now) or _has_later_date(before, entry, now)):
            changes.append(Change(key, entry, before.version, "live", "look", before, raw))
    return Compared(tuple(changes), met, known)


def _find(state: FeedState, key: str, entry: FeedEntry, version: str) -> tuple[str, SeenEntry | None]:
    """An entry's key, and what is known of it: in the feed's last days first, then among those that left it."""
    guid = _guid(entry)
    enough = len(entry.title) + len(entry.summary) + len(entry.content) >= 40
    words = words_of(version, _date(entry)) if enough else None
    if key not in state.seen:
        by_guid = {seen.guid: key for key, seen in state.seen.items() if seen.guid}
        same = {seen.date: key for key, seen in state.seen.items() if words and seen.version == version}
        key = by_guid.get(guid or "") or same.get(_date(entry)) or key
    if key in state.seen:
        return key, state.seen[key]
    return recall(state.left, key=key, guid=guid, words=words) or (key, None)


def _new(entry: FeedEntry, version: str, now: datetime) -> SeenEntry:
    return SeenEntry(version=version, at=now, first=now, date=_date(entry), guid=_guid(entry))


def _retry_due(before: SeenEntry, now: datetime) -> bool:
    """Is a page that could not be had to be tried again?"""
    return before.retry is not None and before.retry <= now and may_look(before, now)


def _has_later_date(before: SeenEntry, entry: FeedEntry, now: datetime) -> bool:
    """An entry with a later date than before: its article may have been edited."""
    date = _date(entry)
    return date is not None and before.date is not None and date > before.date and may_look(before, now)


def may_look(before: SeenEntry, now: datetime) -> bool:
    return before.tries < MOST_LOOKS and now - (before.first or before.at) <= EDITS


def arrivals(met: Mapping[str, SeenEntry]) -> list[datetime]:
    """When entries came one after the other, the latest first; not those that stood there when the feed was new."""
    moments = sorted({seen.first for seen in met.values() if seen.first})
    return moments[:0:-1]


def remembered(state: FeedState, met: Mapping[str, SeenEntry], now: datetime) -> tuple[dict[str, SeenEntry], str]:
    """Everything to be remembered of a feed: what stood in it in the last days; and rows for what left it before."""
    absent = {key: seen for key, seen in state.seen.items() if key not in met}
    latest = sorted(absent, key=lambda key: absent[key].at, reverse=True)[:MOST_ABSENT]
    keep = {key: absent[key] for key in latest if now - absent[key].at < EDITS}
    gone = {key: seen for key, seen in absent.items() if key not in keep}
    return {**keep, **met}, with_rows(state.left, gone, now)


def sent(change: Change, now: datetime, article: str, page: str | None, had_page: bool) -> SeenEntry:
    """How an entry is remembered after its change was dealt with.

    `page` is the fingerprint of the page's text, `had_page` whether the page could be had: if not, it is retried.
    """
    before = change.known
    if before and change.raw is None:
        return _looked_again(before, now, page)
    tries = before.tries if before else 0
    waits = RETRIES[min(tries, len(RETRIES) - 1)]
    earlier = (*before.sent, before.version) if before and before.version != change.version else ()
    return SeenEntry(
        version=change.version,
        at=now,
        first=(before.first or before.at) if before else now,
        date=_date(change.entry),
        guid=_guid(change.entry),
        raw=change.raw,
        article=article if article != change.key else None,
        page=page or (before.page if before else None),
        retry=None if had_page else now + waits,
        looked=now if page else (before.looked if before else None),
        tries=tries + (change.why == "look"),
        sent=(earlier or (before.sent if before else ()))[-8:],
    )


def _looked_again(before: SeenEntry, now: datetime, page: str | None) -> SeenEntry:
    """After a second look, which knows nothing new of the feed's entry. A page that is gone for now is no loss."""
    seen = before.model_copy(update={"at": now, "looked": now, "tries": before.tries + 1})
    if page is None or page == before.page:
        return seen
    earlier = (*before.sent, before.page) if before.page else before.sent
    return seen.model_copy(update={"page": page, "sent": earlier[-8:]})


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


def _raw(entry: FeedEntry) -> str:
    """A hash of the entry as it stands in the feed."""
    texts = (entry.id, entry.url, entry.title, entry.summary, entry.content, *entry.authors)
    return digest("\0".join((*texts, str(entry.published), str(entry.updated))), size=8)


def _guid(entry: FeedEntry) -> str | None:
    """A hash of an id that is worth trusting: no position in a list, and more than the link again."""
    return digest(entry.id, size=6) if len(entry.id) >= 12 and entry.id != entry.url else None
