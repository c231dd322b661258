"""Formats an alert for a terminal."""

from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from schemas.alert import Alert, AlertStatement
from schemas.attribution import verb, who
from schemas.printable import is_web, printable


def show_alert(alert: Alert, console: Console) -> None:
    """Print an alert: topic, speaker, statements with the text around them, outlet, title, times, reason, id, link."""
    console.print(headline(alert), highlight=False)
    for statement in alert.statements:
        console.print(Padding(Text(f"{verb(statement, alert.lang)}:", style="italic"), (0, 2, 0, 2)), highlight=False)
        console.print(Padding(in_context(statement), (0, 2, 0, 4)), highlight=False)
    article = alert.article
    about = Text(printable(f"{article.outlet} · {article.title}"), style="dim")
    console.print(Padding(about, (0, 2, 0, 2)), highlight=False)
    console.print(f"  {times(alert)}", style="dim", highlight=False)
    console.print(Padding(Text(printable(alert.why), style="dim"), (0, 2, 0, 2)), highlight=False)
    console.print(f"  alert {printable(alert.id)}", style="dim", highlight=False, markup=False)
    console.print(
        Text("  ").append(with_links(article.url, article.link)).append("\n"), highlight=False, soft_wrap=True
    )


def headline(alert: Alert) -> Text:
    name, full = who(alert.speaker, alert.lang), who(alert.speaker, alert.lang, role=True)
    text = Text.assemble((f"{printable(alert.topic):<18}", "bold reverse"), "  ", (name, "bold"))
    text.append(full.removeprefix(name).removesuffix(","))
    if alert.kind != "new":
        text.append(f"  [{alert.kind}]", "italic")
    return text


def with_links(url: str, link: str) -> Text:
    """The URL; a terminal that supports hyperlinks opens the page at the statement."""
    return Text(printable(url), style=Style(dim=True, link=printable(link) if is_web(link) else None))


def in_context(statement: AlertStatement) -> Text:
    """The statement in bold, with the rest of its sentence around it."""
    before = statement.before.rsplit("\n", 1)[-1].rsplit(". ", 1)[-1].lstrip(' ”"»')
    after = statement.after.split("\n", 1)[0].split(". ", 1)[0]
    return Text.assemble((printable(before), "dim"), (printable(statement.text), "bold"), (printable(after), "dim"))


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
