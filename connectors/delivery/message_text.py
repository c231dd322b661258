"""Writes an alert, or a digest of several, as a plain-text message. Text from pages is made harmless."""

import re
from collections.abc import Sequence

from schemas.alert import Alert
from schemas.attribution import VERBS, attributed, verb, who
from schemas.printable import printable

#: Texts with which chat services notify everybody in a channel.
_CALL = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)
_KINDS = {"new": "", "corroborated": "Corroborated: ", "corrected": "Corrected: "}


def title(alerts: Sequence[Alert]) -> str:
    """One line: speaker, verb (unless `said`), topic and outlet; for a digest, how many alerts and their topics."""
    first = alerts[0]
    if len(alerts) > 1:
        return line(f"{len(alerts)} alerts on {', '.join(sorted({a.topic for a in alerts}))}")
    return line(f"{_KINDS[first.kind]}{did(first)} · {first.topic} · {first.article.outlet}")


def body(alerts: Sequence[Alert]) -> str:
    """What was said, by whom and where, with a link that opens at the statement."""
    return "\n\n―――\n\n".join(one(alert) for alert in alerts)


def messages(alerts: Sequence[Alert], limit: int) -> list[tuple[str, str]]:
    """(title, body) of each message, each at most `limit` bytes in UTF-8. Services count bytes, UTF-16 or characters;
    bytes are the strictest.

    A digest is split between alerts. If one alert alone is too long, its words are shortened; speaker, verb
    and link stay.
    """
    groups: list[list[Alert]] = []
    for alert in alerts:
        if groups and size(title(alerts) + body([*groups[-1], alert])) + 40 <= limit:
            groups[-1].append(alert)
        else:
            groups.append([alert])
    told = []
    for number, group in enumerate(groups, 1):
        head = title(alerts) + (f" ({number}/{len(groups)})" if len(groups) > 1 else "")
        text = body(group)
        if size(head + text) > limit:
            head, text = shortened(head, limit // 3), shortened_one(group[0], limit - limit // 3)
        told.append((head, text))
    return told


def shortened_one(alert: Alert, limit: int) -> str:
    """An alert in at most `limit` bytes: the words are cut first, then the title is left out. Each statement begins
    with its speaker and verb, so these stay."""
    link = line(alert.article.link)
    if size(link) > limit - 20:
        link = line(alert.article.url)
    said = "\n".join(sentences(alert))
    where = f"{line(alert.article.outlet)}: {line(alert.article.title)}"
    tails = (f"{where}\n{link}", link)
    tail = next((tail for tail in tails if size(tail) <= limit // 2), link if size(link) <= limit else "")
    room = limit - size(tail) - 2
    return "\n".join(filter(None, (shortened(_KINDS[alert.kind] + said, room), tail)))


def shortened(text: str, limit: int) -> str:
    """The text, cut between words to at most `limit` bytes, with an ellipsis if it was cut."""
    if size(text) <= limit:
        return text
    kept = text.encode()[: max(0, limit - 3)].decode("utf-8", "ignore")
    return (kept.rpartition(" ")[0] or kept).rstrip(" ,;:") + "…" if limit > 3 else ""


def size(text: str) -> int:
    return len(text.encode())


def one(alert: Alert) -> str:
    article = alert.article
    published = f" ({article.published:%Y-%m-%d %H:%M %Z})" if article.published else ""
    return "\n\n".join(
        [
            *(_KINDS[alert.kind] + sentence for sentence in sentences(alert, role=True)),
            line(f"{article.outlet}: {article.title}{published}") + "\n" + line(article.link),
        ]
    )


def sentences(alert: Alert, role: bool = False) -> list[str]:
    """Each statement with its speaker and verb, such as `Ana Ruiz denied this: …`."""
    return [calm(attributed(statement, alert.speaker, alert.lang, role)) for statement in alert.statements]


def did(alert: Alert) -> str:
    """The speaker, with the verb if it is the same for all statements and not simply `said`."""
    verbs = {verb(statement, alert.lang) for statement in alert.statements}
    name = who(alert.speaker, alert.lang)
    return f"{name} {verbs.pop()}" if len(verbs) == 1 and not verbs & set(VERBS["said"]) else name


def line(text: str) -> str:
    """The text on one line, so that a title cannot start another mail header."""
    return " ".join(calm(text).split())


def calm(text: str) -> str:
    """The text without terminal control characters and without mentions that notify a whole channel."""
    return _CALL.sub(lambda match: match[0] + "\u200b", printable(text))
