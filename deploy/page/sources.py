"""The state of the sources for people, from the states of the feeds. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.feeds.table import conditions, newest_entry
from schemas.feed import FeedState


@dataclass(frozen=True)
class SourceState:
    """A feed; `status` are keys of the page's words (`status_failing`)."""

    state: FeedState
    status: tuple[str, ...]
    newest: datetime | None


def sources_view(states: Mapping[str, FeedState]) -> Mapping[str, Any]:
    """The feeds, those in trouble first."""
    found = [SourceState(state, conditions(state), newest_entry(state)) for state in states.values()]
    found.sort(key=lambda source: (source.status == ("ok",), source.state.outlet.casefold(), source.state.url))
    return {"sources": found, "bad": sum(source.status != ("ok",) for source in found)}
