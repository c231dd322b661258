"""Writes an alert, or a digest of several, as a plain-text message. Text from pages is made harmless."""

import re
from collections.abc import Callable, Mapping, Sequence

from connectors.delivery.mark_links import AlertLinks
from schemas.alert import Alert
from schemas.attribution import VERBS, attributed, verb, who
from schemas.printable import printable

#: Texts with which chat services notify everybody in a channel.
_CALL = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)
#: What the links of an alert are called: on the page, wrong, mute.
LINK_WORDS: Mapping[str, tuple[str, str, str]] = {
    "en": ("On the page", "Wrong", "Mute this story"),
    "es": ("En la página", "Es un error", "Silenciar esta historia"),
}
#: The links of an alert; None where there is no address of the page.
Links = Callable[[Alert], AlertLinks | None]
KINDS = {"new": "", "corroborated": "Corroborated: ", "corrected": "Corrected: "}


def link_words(lang: str | None) -> tuple[str, str, str]:
    """What the links of an alert in this language are called."""
    return LINK_WORDS["es" if lang == "es" else "en"]


def title(alerts: Sequence[Alert]) -> str:
    """One line: speaker, verb (unless `said`), topic and outlet; for a digest, how many alerts and their topics."""
    first = alerts[0]
    if len(alerts) > 1:
        return line(f"{len(alerts)} alerts on {', '.join(sorted({a.topic for a in alerts}))}")
    return line(f"{KINDS[first.kind]}{did(first)} · {first.topic} · {first.article.outlet}")


def no_links(alert: Alert) -> None:
    return None


def body(alerts: Sequence[Alert], links: Links = no_links) -> str:
    """What was said, by whom and where, with a link that opens at the statement, and those to the page."""
    return "\n\n―――\n\n".join(one(alert, links(alert)) for alert in alerts)


def messages(alerts: Sequence[Alert], limit: int, links: Links = no_links) -> list[tuple[str, str]]:
    """(title, body) of each message, each at most `limit` bytes in UTF-8. Services count bytes, UTF-16 or characters;
    bytes are the strictest.

    A digest is split between alerts. If one alert alone is too long, its words are shortened; speaker, verb
    and link stay.
    """
    room = limit - limit // 3
    return fitted_messages(alerts, limit, lambda group: body(group, links), lambda one: shortened_one(one, room, links))


def fitted_messages(
    alerts: Sequence[Alert], limit: int, written: Callable[[Sequence[Alert]], str], short: Callable[[Alert], str]
) -> list[tuple[str, str]]:
    """(title, body) of each message, each at most `limit` bytes: a body is as `written` writes a group, or as
    `short` writes the one alert that is too long alone."""
    groups = split(alerts, limit, written)
    told = []
    for head, group in zip(heads(alerts, len(groups)), groups, strict=True):
        text = written(group)
        if size(head + text) > limit:
            head, text = shortened(head, limit // 3), short(group[0])
        told.append((head, text))
    return told


def split(alerts: Sequence[Alert], limit: int, written: Callable[[Sequence[Alert]], str]) -> list[list[Alert]]:
    """The alerts in groups, each as large as fits into a message of `limit` bytes, as `written` writes it."""
    groups: list[list[Alert]] = []
    for alert in alerts:
        if groups and size(title(alerts) + written([*groups[-1], alert])) + 40 <= limit:
            groups[-1].append(alert)
        else:
            groups.append([alert])
    return groups


def heads(alerts: Sequence[Alert], many: int) -> list[str]:
    """The titles of the messages that a digest was split into."""
    return [title(alerts) + (f" ({number}/{many})" if many > 1 else "") for number in range(1, many + 1)]


def shortened_one(alert: Alert, limit: int, links: Links = no_links) -> str:
    """An alert in at most `limit` bytes: first the links to mark it are left out, then the words are cut, then the
    title is left out. Each statement begins with its speaker and verb, so these stay."""
    link = line(alert.article.link)
    if size(link) > limit - 20:
        link = line(alert.article.url)
    said = "\n".join(sentences(alert))
    where = f"{line(alert.article.outlet)}: {line(alert.article.title)}"
    found = links(alert)
    tails = (*([f"{where}\n{link}\n{found.page}"] if found else []), f"{where}\n{link}", link)
    tail = next((tail for tail in tails if size(tail) <= limit // 2), link if size(link) <= limit else "")
    room = limit - size(tail) - 2
    return "\n".join(filter(None, (shortened(KINDS[alert.kind] + said, room), tail)))


def shortened(text: str, limit: int) -> str:
    """The text, cut between words to at most `limit` bytes, with an ellipsis if it was cut."""
    if size(text) <= limit:
        return text
    kept = text.encode()[: max(0, limit - 3)].decode("utf-8", "ignore")
    return (kept.rpartition(" ")[0] or kept).rstrip(" ,;:") + "…" if limit > 3 else ""


def size(text: str) -> int:
    return len(text.encode())


def one(alert: Alert, links: AlertLinks | None = None) -> str:
    said = (KINDS[alert.kind] + sentence for sentence in sentences(alert, role=True))
    source = f"{source_line(alert)}\n{line(alert.article.link)}"
    return "\n\n".join([*said, source, "\n".join([topic_line(alert), *link_lines(alert, links)])])


def source_line(alert: Alert) -> str:
    """The outlet, the article's title and when it was published."""
    article = alert.article
    published = f" ({article.published:%Y-%m-%d %H:%M %Z})" if article.published else ""
    return line(f"{article.outlet}: {article.title}{published}")


def topic_line(alert: Alert) -> str:
    """The topic's title in the alert's language; its name where the alert has no title."""
    titles = alert.topic_titles
    return line(titles.get(alert.lang or "", titles.get("en", alert.topic)))


def link_lines(alert: Alert, links: AlertLinks | None) -> list[str]:
    return [f"{word}: {address}" for word, address in zip(link_words(alert.lang), links, strict=True)] if links else []


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
