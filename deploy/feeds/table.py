"""`borderwire feeds`: the state of each feed, as a table or JSON lines; converts feed lists from and to OPML."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.feeds.feedlist import dump_feeds, listed, load_feeds
from connectors.feeds.opml import read_opml, write_opml
from connectors.feeds.state_store import load_states
from deploy.output import complain, tell_json
from schemas.feed import FeedState
from schemas.printable import printable
from schemas.settings import Settings

COLUMNS = ("status", "outlet", "rhythm", "last entry", "next poll", "trouble", "feed")


def table(settings: Settings, as_json: bool) -> int:
    """Print the state of each feed, those with a problem first. Raises BrokerGone."""
    states = load_states(settings.kafka)
    now = datetime.now(UTC)
    found_states = sorted(states.values(), key=lambda state: (conditions(state) == ("ok",), state.url))
    if as_json:
        for state in found_states:
            tell_json(json.dumps(feed_facts(state), ensure_ascii=False))
        return 0
    rows = [row(state, now) for state in found_states]
    shown = Table(*COLUMNS)
    for found in rows:
        shown.add_row(*(Text(printable(found[name])) for name in COLUMNS))  # Rich would interpret "[red]"
    console = Console()
    console.width = max(console.width, 110) if not console.is_terminal else console.width
    console.print(shown)
    bad = sum(found["status"] != "ok" for found in rows)
    console.print(f"{len(rows)} feeds, {bad} in trouble" if rows else "no feed was polled yet")
    if states.unreadable:
        console.print(f"{states.unreadable} states of feeds cannot be read, the log says which; these feeds begin anew")
    return 0


def conditions(state: FeedState) -> tuple[str, ...]:
    """What is wrong with a feed, or one of: `trying` after failures that are no trouble yet, ok, new."""
    found = tuple(kind for kind in state.trouble if kind not in ("gap", "moved", "recovered"))
    return found or ("trying" if state.failures else "ok" if state.last_success else "new",)


def newest_entry(state: FeedState) -> datetime | None:
    return max((when for when in (state.newest, state.last_new) if when), default=None)


def row(state: FeedState, now: datetime) -> dict[str, str]:
    """A feed's row. `status` is what `conditions` finds."""
    newest = newest_entry(state)
    trouble = [f"{state.failures} failures, the last: {state.last_error}"] if state.failures else []
    if state.moved_to:
        trouble.append(f"moves to {state.moved_to}")
    return {
        "status": ", ".join(conditions(state)),
        "outlet": state.outlet,
        "rhythm": f"one in {span(state.rhythm)}" if state.rhythm else "unknown",
        "last entry": f"{span((now - newest).total_seconds())} ago" if newest else "none",
        "next poll": f"{_ahead(state.next_poll - now)}, {state.why_then}",
        "trouble": "; ".join(trouble),
        "feed": state.url,
    }


def feed_facts(state: FeedState) -> dict[str, object]:
    """A feed's row for programs: times are ISO 8601 in UTC, `rhythm` is in seconds; null where nothing is known."""
    newest = newest_entry(state)
    return {
        "status": ", ".join(conditions(state)),
        "outlet": state.outlet,
        "rhythm": state.rhythm or None,
        "last_entry": newest.isoformat() if newest else None,
        "last_success": state.last_success.isoformat() if state.last_success else None,
        "next_poll": state.next_poll.isoformat(),
        "why_then": state.why_then,
        "failures": state.failures,
        "last_error": state.last_error or None,
        "moved_to": state.moved_to or None,
        "feed": state.url,
    }


def _ahead(left: timedelta) -> str:
    return f"in {span(left.total_seconds())}" if left > timedelta(0) else "now"


def span(seconds: float) -> str:
    """ "40 s", "12 min", "5.0 h", "3.2 days"."""
    for size, unit, digits in ((86400, "days", 1), (3600, "h", 1), (60, "min", 0)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def import_opml(path: Path) -> int:
    """Print an OPML file as a feed list in YAML. Entries left out are reported on stderr, and make the exit code 1.

    Raises BadFeedList.
    """
    feeds, bad = read_opml(path)
    print(dump_feeds(feeds), end="")
    for line in bad:
        complain(f"{path}: {line}")
    return 1 if bad else 0


def export_opml(path: Path | None) -> int:
    """Print a feed list as OPML. Raises BadFeedList."""
    print(write_opml(load_feeds(listed(path))), end="")
    return 0
