"""Reads and writes feed lists in OPML 2.0, the format of other feed readers."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree
from pydantic import ValidationError

from connectors.errors import BadFeedList, NotAFeed
from connectors.formats.xmltree import decode_feed, load_xml
from schemas.feed import Feed, Selectors

#: Namespace of our own attributes.
_OURS = "{urn:borderwire:feeds}"
_KINDS = frozenset(("news", "wire", "official", "regional", "research"))


def read_opml(path: Path) -> tuple[tuple[Feed, ...], list[str]]:
    """(feeds, a message for each outline that was left out). A URL that occurs twice is taken once.

    Raises BadFeedList if the file cannot be read, is not OPML, or contains no feeds.
    """
    try:
        root = load_xml(decode_feed(path.read_bytes()))
    except OSError as error:
        raise BadFeedList(f"{path}: {error.strerror}") from None
    except NotAFeed as error:
        raise BadFeedList(f"{path}: no OPML: {error}") from None
    outlines = [node for node in root.iter("{*}outline") if node.get("xmlUrl")]
    if str(root.tag).lower() != "opml" or not outlines:
        raise BadFeedList(f"{path}: no OPML with feeds; expected <opml> with <outline xmlUrl=…>")
    feeds: dict[str, Feed] = {}
    bad = []
    for node in outlines:
        try:
            feed = _feed(node)
            feeds.setdefault(str(feed.url), feed)
        except (ValidationError, ValueError):
            bad.append(f"{node.get('xmlUrl', '')[:200]!r}: left out; expected an http or https address")
    return tuple(feeds.values()), bad


def _feed(node: etree._Element) -> Feed:
    url = node.get("xmlUrl", "").strip()
    outlet = (node.get("title") or node.get("text") or urlsplit(url).hostname or "").strip()
    lang = (node.get("language") or "")[:2].lower()
    kind = node.get("category", "")
    country = node.get(_OURS + "country", "")
    return Feed.model_validate(
        {
            "url": url,
            "outlet": outlet or url,
            "lang": lang if len(lang) == 2 and lang.isascii() and lang.isalpha() else None,
            "kind": kind if kind in _KINDS else "news",
            "country": country if re.fullmatch("[A-Z]{2}", country) else None,
            "type": "listing" if node.get(_OURS + "type") == "listing" else "feed",
            "select": {name: value for name in Selectors.model_fields if (value := node.get(_OURS + name))},
        }
    )


def write_opml(feeds: Sequence[Feed]) -> str:
    """OPML text that `read_opml` and other feed readers can read.

    What OPML has no attribute for is written in a namespace of ours, as OPML 2.0 allows: `type`, `country` and the
    selectors of a listing.
    """
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"borderwire": _OURS[1:-1]})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Borderwire"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        fields = {"type": "rss", "text": feed.outlet, "title": feed.outlet, "xmlUrl": str(feed.url)}
        fields |= {"category": feed.kind} | ({"language": feed.lang} if feed.lang else {})
        ours = {"type": feed.type if feed.type != "feed" else None, "country": feed.country, **feed.select.model_dump()}
        fields |= {_OURS + name: value for name, value in ours.items() if value}
        etree.SubElement(body, "outline", fields)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True).decode("utf-8")
