"""An alert as a person reads it in a terminal."""
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from schemas.alert import Alert, AlertStatement

#: What a terminal would obey instead of showing it: control characters, and marks that turn the direction of text.
CONTROLS = (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
UNSAFE = dict.fromkeys(CONTROLS, "�")


def show(alert: Alert, console: Console) -> None:
    """Print an alert: topic, speaker, the statements between what stands around them, where and when, why, the link."""
    console.print(headline(alert), highlight=False)
    for statement in alert.statements:
        console.print(Padding(in_context(statement), (0, 2, 0, 4)), highlight=False)
    article = alert.article
    about = Text(plain(f"{article.outlet} · {article.title}"), style="dim")
    console.print(Padding(about, (0, 2, 0, 2)), highlight=False)
    console.print(f"  {times(alert)}", style="dim", highlight=False)
    console.print(Padding(Text(plain(alert.why), style="dim"), (0, 2, 0, 2)), highlight=False)
    console.print(Text("  ").append(linked(article.url, article.link)).append("\n"), highlight=False, soft_wrap=True)


def headline(alert: Alert) -> Text:
    who = plain(alert.speaker.name) if alert.speaker else "An unnamed source"
    text = Text.assemble((f"{plain(alert.topic):<18}", "bold reverse"), "  ", (who, "bold"))
    if alert.speaker and alert.speaker.role:
        text.append(f", {plain(alert.speaker.role)}")
    if alert.kind != "new":
        text.append(f"  [{alert.kind}]", "italic")
    return text


def plain(text: str) -> str:
    """Text that came from a page, without what would command the terminal."""
    return text.translate(UNSAFE)


def linked(url: str, link: str) -> Text:
    """A URL that a terminal with hyperlinks opens at the statement."""
    web = link.startswith(("https://", "http://"))
    return Text(plain(url), style=Style(dim=True, link=plain(link) if web else None))


def in_context(statement: AlertStatement) -> Text:
    """The statement in bold, with its own sentence's rest around it."""
    before = statement.before.rsplit("\n", 1)[-1].rsplit(". ", 1)[-1].lstrip(" ”\"»")
    after = statement.after.split("\n", 1)[0].split(". ", 1)[0]
    return Text.assemble((plain(before), "dim"), (plain(statement.text), "bold"), (plain(after), "dim"))


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
