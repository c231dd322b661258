"""Alerts as Atom (RFC 4287) and JSON Feed 1.1. No I/O: the same alerts give the same bytes."""

import html
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from connectors.delivery.message_text import line, title
from deploy.page.query import Query
from schemas.alert import Alert
from schemas.attribution import quoted_words, verb, who
from schemas.printable import is_web, printable

ATOM = "http://www.w3.org/2005/Atom"
#: How many alerts a feed holds.
LENGTH = 100
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def entry_id(alert: Alert) -> str:
    """The alert's permanent id. It does not depend on the address of the page."""
    return f"urn:borderwire:alert:{alert.topic}:{alert.id}"


def updated(times: Iterable[datetime]) -> datetime:
    """When the newest alert was raised, in whole seconds."""
    return max(times, default=_EPOCH).replace(microsecond=0)


def feed_name(query: Query) -> str:
    """The feed's name: its topic or `all`, and its other filters: `merida, speaker: Ana Ruiz`."""
    others = (f"{name}: {value}" for name, value in query.fields.items() if name != "topic")
    return ", ".join([query.topic or "all", *others])


def atom(alerts: Sequence[Alert], query: Query, base: str) -> bytes:
    """`alerts` are newest first. `query` are the filters. `base` is the page's address, without a final slash."""
    feed = etree.Element("feed", xmlns=ATOM)
    address = query.feed("atom")
    _add(feed, "id", "urn:borderwire:feed:" + address.removeprefix("/feeds/").replace(".atom", "", 1))
    _add(feed, "title", f"Borderwire: {feed_name(query)}")
    _add(feed, "updated", updated(alert.alerted for alert in alerts).isoformat())
    _add(etree.SubElement(feed, "author"), "name", "Borderwire")
    etree.SubElement(feed, "link", rel="self", href=base + address)
    etree.SubElement(feed, "link", rel="alternate", href=base + query.url(""), type="text/html")
    for alert in alerts:
        entry = etree.SubElement(feed, "entry")
        _add(entry, "id", entry_id(alert))
        _add(entry, "title", title([alert]))
        _add(entry, "updated", alert.alerted.isoformat())
        if alert.article.published:
            _add(entry, "published", alert.article.published.isoformat())
        _add(etree.SubElement(entry, "author"), "name", line(who(alert.speaker, alert.lang)))
        etree.SubElement(entry, "link", rel="alternate", href=printable(feed_address(alert, base)))
        etree.SubElement(entry, "category", term=printable(alert.topic))
        _add(entry, "content", content(alert)).set("type", "html")
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8"))


def json_feed(alerts: Sequence[Alert], query: Query, base: str) -> bytes:
    """The same feed as `atom`, in JSON."""
    items = [
        {
            "id": entry_id(alert),
            "url": feed_address(alert, base),
            "title": title([alert]),
            "content_html": content(alert),
            "date_published": alert.alerted.isoformat(),
            "authors": [{"name": line(who(alert.speaker, alert.lang))}],
            "tags": [alert.topic, alert.kind],
            **({"language": alert.lang} if alert.lang else {}),
        }
        for alert in alerts
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Borderwire: {feed_name(query)}",
        "home_page_url": base + query.url(""),
        "feed_url": base + query.feed("json"),
        "items": items,
    }
    return json.dumps(all_printable(feed), ensure_ascii=False, indent=1).encode()


def all_printable(value: Any) -> Any:
    """JSON data whose texts have no control characters."""
    if isinstance(value, dict):
        return {name: all_printable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [all_printable(inner) for inner in value]
    return printable(value) if isinstance(value, str) else value


def feed_address(alert: Alert, base: str) -> str:
    """The link to the statement: at its source, or to this page if the source's link is not http or https."""
    link = alert.article.link
    return link if is_web(link) else f"{base}/alert/{alert.topic}/{alert.id}"


def content(alert: Alert) -> str:
    """The alert as HTML. Texts of the article are escaped, so none of its markup is kept."""
    name = who(alert.speaker, alert.lang, role=True)
    said = "".join(
        f"<p>{html.escape(line(f'{name} {verb(statement, alert.lang)}:'))}</p>"
        f"<blockquote>{html.escape(quoted_words(statement))}</blockquote>"
        for statement in alert.statements
    )
    return f"{said}<p>{html.escape(line(f'{alert.article.outlet}: {alert.article.title}'))}</p>"


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = printable(text)
    return child
