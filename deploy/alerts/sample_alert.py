"""A made-up alert for `borderwire deliver test`. Its text says that it is a sample."""

from datetime import UTC, datetime

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
