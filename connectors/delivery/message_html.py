"""Writes alerts as the HTML of a mail: no style sheet, no script, no picture. Texts of pages are escaped."""

import html
from collections.abc import Sequence

from connectors.delivery.mark_links import AlertLinks
from connectors.delivery.message_text import (
    KINDS,
    Links,
    fitted_messages,
    line,
    link_words,
    sentences,
    shortened_one,
    source_line,
    topic_line,
)
from schemas.alert import Alert
from schemas.printable import is_web

#: Bytes of HTML that one byte of text can take: `&` is `&amp;`, and a quotation mark is `&quot;`.
ESCAPED = 6


def html_messages(alerts: Sequence[Alert], limit: int, links: Links) -> list[tuple[str, str]]:
    """(title, body) of each message, each at most `limit` bytes in UTF-8, as `message_text.messages` does it."""
    room = limit // 2 // ESCAPED

    def short(alert: Alert) -> str:
        return plain_html(shortened_one(alert, room, links))

    return fitted_messages(alerts, limit, lambda group: html_body(group, links), short)


def plain_html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def html_body(alerts: Sequence[Alert], links: Links) -> str:
    """What was said, by whom and where. The addresses of source and page can be read, because Apprise makes the mail's
    plain text from this and leaves out where links lead."""
    return "\n<hr>\n".join(html_of(alert, links(alert)) for alert in alerts)


def html_of(alert: Alert, links: AlertLinks | None) -> str:
    said = [f"<p>{html.escape(KINDS[alert.kind] + sentence)}</p>" for sentence in sentences(alert, role=True)]
    source = f"<p>{html.escape(source_line(alert))}<br>{anchor(line(alert.article.link))}</p>"
    return "\n".join([*said, source, f"<p>{' · '.join([html.escape(topic_line(alert)), *marking(alert, links)])}</p>"])


def marking(alert: Alert, links: AlertLinks | None) -> list[str]:
    """The links to the page and to mark the alert."""
    if links is None:
        return []
    page, wrong, mute = link_words(alert.lang)
    return [f"{page}: {anchor(links.page)}", anchor(links.wrong, wrong), anchor(links.mute, mute)]


def anchor(address: str, text: str = "") -> str:
    shown = html.escape(text or address)
    return f'<a href="{html.escape(address)}">{shown}</a>' if is_web(address) else shown
