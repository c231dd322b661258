"""Reads and writes feed lists in OPML 2.0, the format of other feed readers."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree
from pydantic import ValidationError

from connectors.errors import BadFeedList, NotAFeed
from connectors.formats.xmltree import decode_feed, load_xml
from schemas.feed import Feed

_KINDS = frozenset(("news", "wire", "official", "regional", "research"))


def read_opml(path: Path) -> tuple[tuple[Feed, ...], list[str]]:
    """(feeds, a message for each outline that was left out). A URL that occurs twice is taken once.

    Raises BadFeedList if the file cannot be read, is not OPML, or contains no feeds.
    """
    try:
        root = load_xml(decode_feed(path.read_bytes()))
    except (OSError, NotAFeed) as error:
        raise BadFeedList(f"{path}: no OPML: {error}") from None
    outlines = [node for node in root.iter("{*}outline") if node.get("xmlUrl")]
    if str(root.tag).lower() != "opml" or not outlines:
        raise BadFeedList(f"{path}: no OPML with feeds; right would be <opml> with <outline xmlUrl=…>")
    feeds: dict[str, Feed] = {}
    bad = []
    for node in outlines:
        try:
            feed = _feed(node)
            feeds.setdefault(str(feed.url), feed)
        except (ValidationError, ValueError):
            bad.append(f"{node.get('xmlUrl', '')[:200]!r}: left out; right would be an http or https address")
    return tuple(feeds.values()), bad


def _feed(node: etree._Element) -> Feed:
    url = node.get("xmlUrl", "").strip()
    outlet = (node.get("title") or node.get("text") or urlsplit(url).hostname or "").strip()
    lang = (node.get("language") or "")[:2].lower()
    kind = node.get("category", "")
    return Feed.model_validate(
        {
            "url": url,
            "outlet": outlet or url,
            "lang": lang if len(lang) == 2 and lang.isascii() and lang.isalpha() else None,
            "kind": kind if kind in _KINDS else "news",
        }
    )


def write_opml(feeds: Sequence[Feed]) -> str:
    """OPML text that `read_opml` and other feed readers can read."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Borderwire"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        fields = {"type": "rss", "text": feed.outlet, "title": feed.outlet, "xmlUrl": str(feed.url)}
        fields |= {"category": feed.kind} | ({"language": feed.lang} if feed.lang else {})
        etree.SubElement(body, "outline", fields)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True).decode("utf-8")
