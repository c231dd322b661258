"""A made-up alert, and a briefing of it, for `borderwire deliver test`. Its text says that it is a sample."""

from datetime import UTC, datetime, timedelta

from connectors.delivery.briefing_text import BriefingMessage
from deploy.alerts.brief import briefing_lines
from pipelines.newness.briefing import briefing_of
from pipelines.newness.ledger import entries_of
from schemas.alert import Alert, AlertArticle, AlertStatement
from schemas.delivery import Route
from schemas.ids import digest
from schemas.statement import Cue, Speaker


def sample_alert(route: Route) -> Alert:
    """A sample that matches the route's topics and languages (not its speakers and outlets). Each call has a new id."""
    now = datetime.now(UTC)
    name = digest("sample", now.isoformat())
    url = "https://example.org/sample"
    text = "This is a sample alert: nobody said anything"
    return Alert(
        id=name,
        topic=route.topics[0] if route.topics else "merida",
        lang=route.languages[0] if route.languages else "en",
        speaker=Speaker(name="Borderwire", role="sample"),
        statements=(AlertStatement(id=name, text=text, kind="direct", cue=Cue(text="said", start=0, end=4)),),
        article=AlertArticle(
            id="sample", version="1", title="A sample", outlet="Borderwire", url=url, link=url, published=now, seen=now
        ),
        why="sample: `borderwire deliver test`",
        alerted=now,
    )


def sample_briefing(name: str, route: Route) -> BriefingMessage:
    """A briefing that tells the sample alert. Each call has a new id."""
    alert = sample_alert(route)
    since, until = alert.alerted - timedelta(days=1), alert.alerted + timedelta(seconds=1)
    briefing = briefing_of(entries_of(alert), since, until, by_record=True)
    lines = tuple(briefing_lines(briefing, {}, route.lang, route.zone))
    return BriefingMessage(f"briefing-{name}-{alert.id}", name, until, since, briefing.count, lines)
