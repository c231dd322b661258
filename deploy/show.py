"""An alert as a person reads it in a terminal."""
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from schemas.alert import Alert, AlertStatement

VERBS = {"direct": "said", "mixed": "said", "indirect": "said", "release": "announced"}


def show(alert: Alert, console: Console) -> None:
    """Print an alert: topic, speaker, the statements between what stands around them, where and when, the link."""
    console.print(headline(alert), highlight=False)
    for statement in alert.statements:
        console.print(Padding(in_context(statement), (0, 2, 0, 4)), highlight=False)
    article = alert.article
    console.print(Padding(Text(f"{article.outlet} · {article.title}", style="dim"), (0, 2, 0, 2)), highlight=False)
    console.print(f"  {times(alert)}", style="dim", highlight=False)
    console.print(f"  {article.url}\n", style="dim", highlight=False, markup=False, soft_wrap=True)


def headline(alert: Alert) -> Text:
    who = alert.speaker.name if alert.speaker else "An unnamed source"
    text = Text.assemble((f"{alert.topic:<18}", "bold reverse"), "  ", (who, "bold"))
    if alert.speaker and alert.speaker.role:
        text.append(f", {alert.speaker.role}")
    return text


def in_context(statement: AlertStatement) -> Text:
    """The statement in bold, with its own sentence's rest around it."""
    before = statement.before.rsplit("\n", 1)[-1].rsplit(". ", 1)[-1].lstrip(" ”\"»")
    after = statement.after.split("\n", 1)[0].split(". ", 1)[0]
    return Text.assemble((before, "dim"), (statement.text, "bold"), (after, "dim"))


def times(alert: Alert) -> str:
    """When it was published and how long the alert took."""
    article = alert.article
    published = f"published {age(datetime.now(UTC) - article.published)} ago" if article.published else "undated"
    return f"{published}, alerted {(alert.alerted - article.seen).total_seconds():.1f} s after it was seen"


def age(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
