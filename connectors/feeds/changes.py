"""Finds what is new in a poll: new entries, revised entries, pages to fetch again. Pure; `now` is passed in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from connectors.feeds.departed import recall, row_words
from connectors.feeds.same_link import id_by_text, is_copy
from connectors.feeds.section_links import is_section, shared_heading
from connectors.feeds.seen_entries import Change, entry_date, may_look
from connectors.identity import entry_ids, entry_version, own_id, shared_guids
from schemas.article import FeedEntry, Origin
from schemas.feed import FeedState, SeenEntry
from schemas.ids import digest

#: `SeenEntry.at` of an unchanged entry is updated only when it is older than this.
AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Compared:
    """The result of `compare`: what changed, all entries of the poll as they will be stored, how many were known."""

    changes: tuple[Change, ...]
    seen: Mapping[str, SeenEntry]
    known: int


def compare(state: FeedState, entries: Iterable[FeedEntry], now: datetime, pages: bool = True) -> Compared:
    """Compares a feed's entries with its state. `pages`: whether pages are fetched at all.

    An entry that is exactly as before is recognised by a hash. Any other is recognised by its link, else by its guid,
    else by its words and date. So neither a changed link nor changing guids cause it to be published again. A guid that
    several entries share is ignored. One known entry matches at most one entry of the same poll. A version that was
    sent is not sent again (the last versions are stored in `SeenEntry.sent`).
    """
    entries = list(entries)
    origin: Origin = "first-poll" if state.last_success is None else "live"
    by_raw = {seen.raw: key for key, seen in state.seen.items() if seen.raw}
    shared = shared_guids(entries)
    changes: list[Change] = []
    met: dict[str, SeenEntry] = {}
    known_ones: dict[str, FeedEntry] = {}
    others: list[_Met] = []
    for entry in entries:
        raw = _raw(entry)
        key = by_raw.get(raw, "")
        if not key:
            sane = _sane(entry, now)
            others.append(_Met(sane, raw, None if entry.id in shared else _guid(sane), entry.id in shared))
            continue
        same = state.seen[key]
        met[key], known_ones[key] = same if now - same.at < AGAIN else same.model_copy(update={"at": now}), entry
        if pages and _retry_due(same, now):
            changes.append(Change(key, _sane(entry, now), same.version, "live", "look", same, raw, same.guid))
    known, shown = len(met), dict(known_ones)
    for one, key, before in _identified(state, others, known_ones, shared):
        if key in met:
            if is_copy(one.entry, shown[key]) or (key := id_by_text(one.entry, state.url)) in met:
                continue
            before = state.seen.get(key)
        shown[key] = one.entry
        version, guid = one.version, one.guid
        if before is not None and (before.guid is None or (guid != before.guid and version == before.version)):
            guid = None  # the same words with another guid: the guids of this feed are not stable
        met[key] = (before or _new(one, now)).model_copy(update={"at": now, "raw": one.raw, "guid": guid})
        known += before is not None
        if before is None:
            changes.append(Change(key, one.entry, version, origin, "new", None, one.raw, guid))
        elif version != before.version and version not in before.sent:
            changes.append(Change(key, one.entry, version, "live", "revised", before, one.raw, guid))
        elif pages and (_retry_due(before, now) or _has_later_date(before, one.entry, now)):
            changes.append(Change(key, one.entry, before.version, "live", "look", before, one.raw, guid))
    return Compared(tuple(changes), met, known)


@dataclass(frozen=True)
class _Met:
    """An entry of this poll that is not exactly as it was before. `guid` as in `Change`."""

    entry: FeedEntry
    raw: str
    guid: str | None
    shared: bool

    @cached_property
    def version(self) -> str:
        return entry_version(self.entry)

    @property
    def long_enough(self) -> bool:
        """Whether the text is long enough to identify the entry."""
        return len(self.entry.title) + len(self.entry.summary) + len(self.entry.content) >= 40


def _identified(
    state: FeedState, others: Sequence[_Met], met: Mapping[str, FeedEntry], shared: frozenset[str]
) -> Iterator[tuple[_Met, str, SeenEntry | None]]:
    """Each entry with its key and the known entry it matches, if any: first by link, then by guid, words and date."""
    keys = entry_ids((one.entry for one in others), state.url, met, shared)
    by_link = {at: key for at, key in enumerate(keys) if _is_known(state, key, others[at])}
    taken = {*met, *by_link.values()}
    left = {key: seen for key, seen in state.seen.items() if key not in taken}
    by_guid = {seen.guid: key for key, seen in left.items() if seen.guid}
    by_words = {(seen.version, seen.date): key for key, seen in left.items()}
    by_version = {seen.version: key for key, seen in left.items()}
    for at, (one, key) in enumerate(zip(others, keys, strict=True)):
        if at in by_link:
            yield one, key, state.seen[key]
            continue
        if key in state.seen and key not in met:  # its link belongs to another entry
            key = by_version.get(one.version) or own_id(one.entry, state.url, one.shared)
        words = row_words(one.version, entry_date(one.entry)) if one.long_enough else None
        found = (
            by_guid.get(one.guid or "")
            or (by_words.get((one.version, entry_date(one.entry))) if words else None)
            or key
        )
        if found in state.seen and found not in taken:
            taken.add(found)
            yield one, found, state.seen[found]
        elif (row := recall(state.left, key=key, guid=one.guid, words=words)) and row[0] not in taken:
            yield (one, *row) if not _is_another(row[1], one) else (one, own_id(one.entry, state.url, one.shared), None)
        else:
            yield one, key, None


def _is_known(state: FeedState, key: str, one: _Met) -> bool:
    return key in state.seen and not _is_another(state.seen[key], one)


def _is_another(before: SeenEntry, one: _Met) -> bool:
    """Whether an entry with the link or guid of a known entry is a different article, not an edit of the known one.

    It is if it has a later date, other words and another guid: then several articles share the link. Where the guids
    only repeat the link, it is if the link is that of a section and the heading is another.
    """
    if one.version == before.version or one.version in before.sent:
        return False
    published, date = one.entry.published, before.date or before.at
    later = published > date if published else before.date is None
    if before.guid and one.guid:
        return later and before.guid != one.guid
    if not later or before.guid or one.guid or (name := shared_heading(one.entry)) is None:
        return False
    return before.heading != name if before.heading else published is not None


def _new(one: _Met, now: datetime) -> SeenEntry:
    date, name = entry_date(one.entry), shared_heading(one.entry)
    return SeenEntry(version=one.version, at=now, first=now, date=date, guid=one.guid, heading=name)


def _retry_due(before: SeenEntry, now: datetime) -> bool:
    """Whether a page that could not be fetched is to be tried again now."""
    return before.retry is not None and before.retry <= now and may_look(before, now)


def _has_later_date(before: SeenEntry, entry: FeedEntry, now: datetime) -> bool:
    """Whether the entry has a later date than before, so that its article may have been edited."""
    date = entry_date(entry)
    return date is not None and before.date is not None and date > before.date and may_look(before, now)


def _sane(entry: FeedEntry, now: datetime) -> FeedEntry:
    """The entry with dates removed that are more than a day in the future, because they are wrong."""
    ahead = now + timedelta(days=1)
    wrong = {name: None for name in ("published", "updated") if (when := getattr(entry, name)) and when > ahead}
    return entry.model_copy(update=wrong) if wrong else entry


def _raw(entry: FeedEntry) -> str:
    """A hash of the entry as it is in the feed."""
    texts = (entry.id, entry.url, entry.title, entry.summary, entry.content, *entry.authors)
    return digest("\0".join((*texts, str(entry.published), str(entry.updated))), size=8)


def _guid(entry: FeedEntry) -> str | None:
    """A hash of the guid, or None if it may not identify the entry.

    That is so if it is short (such as a position in a list), equal to the link, or the URL of a section or an author.
    """
    guid = entry.id
    if len(guid) < 12 or guid == entry.url or is_section(guid):
        return None
    return digest(guid, size=6)
