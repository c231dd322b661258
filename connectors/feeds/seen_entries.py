"""What a feed's state keeps of the entries it has seen, and when a page is to be fetched again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from connectors.feeds.departed import with_rows
from connectors.feeds.section_links import shared_heading
from schemas.article import FeedEntry, Origin
from schemas.feed import FeedState, SeenEntry
from schemas.ids import text_version

#: How long edits are looked for after an article was first seen.
EDITS = timedelta(hours=48)
#: How many entries that left their feed less than `EDITS` ago are kept in full.
MOST_ABSENT = 500
#: How many times a page is fetched again: after an edit may have happened, or because the fetch failed.
MOST_LOOKS = 8
#: Back-off before a page that could not be fetched is tried again; the last value is repeated.
RETRIES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))

Why = Literal["new", "revised", "look"]


@dataclass(frozen=True)
class Change:
    """An entry to be published. With `why="look"`, only if its page has another text than before.

    `key` is the key in `FeedState.seen`, `known` what is stored there, `raw` a hash of the entry as it is in the feed.
    `guid` is a hash of its guid, or None if the guid does not identify it.
    """

    key: str
    entry: FeedEntry
    version: str
    origin: Origin
    why: Why
    known: SeenEntry | None = None
    raw: str | None = None
    guid: str | None = None


def may_look(before: SeenEntry, now: datetime) -> bool:
    return before.tries < MOST_LOOKS and now - (before.first or before.at) <= EDITS


def arrivals(met: Mapping[str, SeenEntry]) -> list[datetime]:
    """The times at which entries were first seen, the latest first. The earliest is left out, because its entries were
    already in the feed at the first poll."""
    moments = sorted({seen.first for seen in met.values() if seen.first})
    return moments[:0:-1]


def remembered(state: FeedState, met: Mapping[str, SeenEntry], now: datetime) -> tuple[dict[str, SeenEntry], str]:
    """(entries to store in full, rows for older ones): the entries of this poll and of the last `EDITS`, up to
    `MOST_ABSENT`, are stored in full; those that left the feed earlier are stored as rows."""
    absent = {key: seen for key, seen in state.seen.items() if key not in met}
    latest = sorted(absent, key=lambda key: absent[key].at, reverse=True)[:MOST_ABSENT]
    keep = {key: absent[key] for key in latest if now - absent[key].at < EDITS}
    gone = {key: seen for key, seen in absent.items() if key not in keep}
    return {**keep, **met}, with_rows(state.left, gone, now)


def sent(change: Change, now: datetime, article: str, page: str | None, had_page: bool) -> SeenEntry:
    """The `SeenEntry` to store after a change was processed.

    `page` is the fingerprint of the page's text. `had_page` is false if the page must be tried again.
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
        date=entry_date(change.entry),
        guid=change.guid,
        raw=change.raw,
        article=article if article != change.key else None,
        page=page or (before.page if before else None),
        retry=None if had_page else now + waits,
        looked=now if page else (before.looked if before else None),
        tries=tries + (change.why == "look"),
        heading=shared_heading(change.entry),
        sent=(earlier or (before.sent if before else ()))[-8:],
    )


def _looked_again(before: SeenEntry, now: datetime, page: str | None) -> SeenEntry:
    """The entry after its page was fetched again without a new feed entry. If the fetch failed, `page` is kept."""
    seen = before.model_copy(update={"at": now, "looked": now, "tries": before.tries + 1})
    if page is None or page == before.page:
        return seen
    earlier = (*before.sent, before.page) if before.page else before.sent
    return seen.model_copy(update={"page": page, "sent": earlier[-8:]})


def version_of(change: Change, page: str | None) -> str:
    """The version under which an article is published: from the feed's words, and for `look` also from the page's."""
    return text_version((change.version, page or "")) if change.why == "look" else change.version


def page_due(state: FeedState, now: datetime) -> bool:
    """Whether a page is to be tried again. Then the feed is requested without validators, because its entries are
    needed."""
    return any(seen.retry is not None and seen.retry <= now and seen.tries < MOST_LOOKS for seen in state.seen.values())


def entry_date(entry: FeedEntry) -> datetime | None:
    """The later of the two dates of an entry, or None if it has none."""
    dates = [date for date in (entry.updated, entry.published) if date]
    return max(dates) if dates else None
