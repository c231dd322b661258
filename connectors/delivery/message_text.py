"""An alert, or a digest of several, as a message that a person reads. Plain text, whatever the page held."""
import re
from collections.abc import Sequence

from schemas.alert import Alert
from schemas.printable import printable

#: What chat services take for a call to everybody.
_CALL = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)
_KINDS = {"new": "", "corroborated": "Corroborated: ", "corrected": "Corrected: "}


def title(alerts: Sequence[Alert]) -> str:
    """One line: who, on what; how many, for a digest."""
    first = alerts[0]
    if len(alerts) > 1:
        return line(f"{len(alerts)} alerts on {', '.join(sorted({a.topic for a in alerts}))}")
    return line(f"{_KINDS[first.kind]}{who(first)} · {first.topic} · {first.article.outlet}")


def body(alerts: Sequence[Alert]) -> str:
    """What was said, by whom, where, with a link that opens there."""
    return "\n\n―――\n\n".join(one(alert) for alert in alerts)


def one(alert: Alert) -> str:
    article = alert.article
    role = f", {alert.speaker.role}" if alert.speaker and alert.speaker.role else ""
    published = f" ({article.published:%Y-%m-%d %H:%M %Z})" if article.published else ""
    return "\n\n".join(
        [
            *(_KINDS[alert.kind] + calm(statement.text) for statement in alert.statements),
            line(f"— {who(alert)}{role}"),
            line(f"{article.outlet}: {article.title}{published}") + "\n" + line(article.link),
        ]
    )


def who(alert: Alert) -> str:
    return alert.speaker.name if alert.speaker else "An unnamed source"


def line(text: str) -> str:
    """Text that stays on one line: a title must not begin a header of its own."""
    return " ".join(calm(text).split())


def calm(text: str) -> str:
    """Text that neither commands a terminal nor calls a whole channel."""
    return _CALL.sub(lambda match: match[0] + "\u200b", printable(text))
