"""What each view of the page shows, as data for its template. No I/O: the time is an argument."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any

from deploy.page.cards import PER_PAGE, by_day, card, grouped
from deploy.page.positions import PER_SPEAKER, positions
from deploy.page.query import FIELDS, Query
from deploy.page.rows import Row
from deploy.page.store import PageStore
from deploy.page.timeline import common, timeline

View = Mapping[str, Any]


def index_view(store: PageStore, query: Query, today: date) -> View:
    """The cards of one page of the alerts that fit, by day, with what stands beside them."""
    rows = store.rows
    found = query.select(rows, store.held)
    undated = replace(query, day="").select(rows, store.held) if query.day else found
    shown, groups = grouped(found, query.page, PER_PAGE)
    cards = [card(story, store.sightings, store.twins) for story in shown]
    return {
        "days": by_day(cards),
        "count": len(found),
        "stories": groups,
        "last": max(1, -(-groups // PER_PAGE)),
        "bars": timeline(undated, store.topics, today),
        "speakers": speakers(found),
        "outlets": store.outlets,
        **empty_view(store, query, found),
    }


def speakers(rows: Iterable[Row], most: int = 12) -> list[tuple[str, int]]:
    """The most frequent speakers, each with the number of their alerts."""
    return common(map(attrgetter("name"), rows), most)


def empty_view(store: PageStore, query: Query, found: list[Row]) -> View:
    """Where nothing fits: how many alerts fit each time that one filter is left out, and how many are marked."""
    if found:
        return {"wider": [], "held_count": 0}
    used = [name for name in FIELDS if getattr(query, name)]
    fewer = [(name, replace(query, **{name: ""})) for name in used]  # type: ignore[arg-type]
    counted = [(name, other, len(other.select(store.rows, store.held))) for name, other in fewer]
    held = len(replace(query, marked="only").select(store.rows, store.held)) if not query.marked else 0
    return {"wider": [each for each in counted if each[2]], "held_count": held}


def speaker_view(store: PageStore, query: Query) -> View:
    """One page of all that a speaker said, the latest first, with changes of position."""
    found = query.select(store.rows, store.held)
    lines = positions(found[(query.page - 1) * PER_SPEAKER : query.page * PER_SPEAKER])
    return {
        "lines": lines,
        "count": len(found),
        "last": max(1, -(-len(found) // PER_SPEAKER)),
        "names": speakers(found, 5),
        "outlets": store.outlets,
        **empty_view(store, query, found),
    }
