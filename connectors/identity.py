"""Article ids and versions: all links to one article give the same id, and all copies of one text the same version."""

import base64
import binascii
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from connectors.entry_limits import ENTRY
from connectors.sites import same_site
from schemas.article import FeedEntry
from schemas.ids import article_id, fold, text_version

_TRACKING = re.compile(
    r"utm_|mc_|pk_|mtm_|at_|hsa_|_hs|vero_|ns_|(?:fb|g|ms|tw|dc|y|wb|gb)clid$|(?:fbclid|igshid|igsh|_ga|_gl|ref_src|cmpid|"
    r"cmp|ncid|ocid|smid|sref|sr_share|spm|s_cid|mkt_tok|oly_enc_id|oly_anon_id|ftag|ito|amp|outputtype|xtor|partner|"
    r"emc|ref|rss|from_rss|traffic_source|cn-reloaded|ftcamp|wprov|soc_src|soc_trk|guccounter)$",
    re.IGNORECASE,
)
_AMP_END = re.compile(r"(?:/amp/?|\.amp|\.amp\.html|/amp\.html|/amp/index\.html|_amp\.html|\.amphtml)$", re.IGNORECASE)
#: A URL in which no character has to be percent-encoded.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:/[\w/:@!$&'()*+,;=~.?%-]*)?", re.ASCII)
#: Slashes and backslashes behind the scheme: any number of them is read as two (WHATWG URL Standard).
_SLASHES = re.compile(r"^(https?:)[/\\]{2,}(?=[\w-]+\.)", re.IGNORECASE)
#: An ampersand that was escaped once too often; WordPress writes it as a number.
_ESCAPED_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TAG = re.compile(r"<(?:[a-zA-Z/!?][^>]*)>?")
_UNSEEN = re.compile(r"(?is)<(script|style|iframe|noscript)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_LINK_TAG = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_CANONICAL = re.compile(r"\brel\s*=\s*[\"']?canonical\b", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s>]+))", re.IGNORECASE)
_LINK_EDGE = re.compile(r"<(/?)a\b[^<>]{0,1000}>", re.IGNORECASE)
#: If no end tag follows within this many characters, the link is taken as not closed.
_LINK = 2000
_BLOCK_EDGE = re.compile(
    r"</?(?:br|div|section|article|main|header|footer|nav|aside|form|ul|ol|li|table|tr|td|h[1-6]|blockquote|title|head|"
    r"body)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_PARAGRAPH_EDGE = re.compile(r"</?p\b[^<>]{0,500}>", re.IGNORECASE)


def canonical_url(url: str) -> str:
    """The canonical URL of an article: redirectors are resolved; AMP, tracking parameters and fragment are removed.

    No network is used. A URL that cannot be parsed is returned unchanged. The other query parameters keep their order.
    """
    for _ in range(3):
        inner = _inside(url)
        if inner is None:
            break
        url = inner
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    if parts.scheme not in ("http", "https") or not host:
        return url
    host = re.sub(r"^amp\.", "", host) if host.count(".") > 1 else host
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port and port != default else "")
    path = _AMP_END.sub("", quote(parts.path, safe="/%:@!$&'()*+,;=~-._")) or "/"
    path = re.sub(r"^/amp/", "/", path)
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)])
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def _inside(url: str) -> str | None:
    """The target URL that is written inside the URL of a redirector or an AMP cache, if there is one."""
    try:
        parts = urlsplit(url)
        host, query = parts.hostname or "", dict(parse_qsl(parts.query))
    except ValueError:
        return None
    if re.fullmatch(r"(?:www\.|news\.)?google\.[a-z.]{2,6}", host):
        if parts.path.startswith("/amp/"):
            return "https://" + re.sub(r"^/amp/(?:s/)?", "", parts.path)
        if match := re.match(r"/(?:__i/)?(?:rss/)?articles/([\w-]{20,})", parts.path):
            return _google_news(match[1])
        inner = query.get("url") or query.get("q")
        return inner if inner and inner.startswith(("http://", "https://")) else None
    if host.endswith(".cdn.ampproject.org"):
        match = re.match(r"/[a-z]/(s/)?(.+)", parts.path)
        return f"http{'s' if match[1] else ''}://{match[2]}" if match else None
    if host.endswith(("facebook.com", "bing.com")) and (inner := query.get("u") or query.get("url")):
        return inner if inner.startswith(("http://", "https://")) else None
    return None


def _google_news(token: str) -> str | None:
    """The URL inside an older Google News article token. Newer tokens contain no URL and give None."""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    match = re.search(rb"https?://[\x21-\x7e]+", data)
    return match[0].decode("ascii") if match else None


def web_address(url: str) -> str:
    """The URL if it is a valid http or https URL, else "".

    Characters that a URL must not contain (RFC 3986 §2) are percent-encoded, as browsers do: spaces, quotes, non-ASCII
    letters. Line ends and tabs are removed, and a backslash in the host or path becomes a slash (WHATWG URL Standard).
    """
    if "&" in url:
        url = _ESCAPED_AMPERSAND.sub("&", url)
    if _PLAIN_URL.fullmatch(url) and not _BARE_PERCENT.search(url):
        return url
    url = re.sub(r"[\t\r\n]", "", url.strip())
    if _SLASHES.match(url):
        end = next((at for at, char in enumerate(url) if char in "?#"), len(url))
        url = _SLASHES.sub(r"\1//", url[:end].replace("\\", "/")) + url[end:]
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    if not good or re.search(r"[\s<>\"\\^`{|}]", parts.netloc):
        return ""
    path = _encoded(parts.path, "/")
    return urlunsplit((parts.scheme, parts.netloc, path, _encoded(parts.query, "/?"), _encoded(parts.fragment, "/?")))


def _encoded(part: str, also: str) -> str:
    """A part of a URL with all characters percent-encoded that it must not contain; existing escapes are kept."""
    return quote(_BARE_PERCENT.sub("%25", part), safe=f"%:@!$&'()*+,;=~-._{also}", errors="replace")


def absolute(link: str, base: str) -> str:
    """The address that a link in a document means; "" if it means none. `base` is the address of the document.

    A link that begins with "www." is an address without its scheme.
    """
    try:
        link = re.sub(r"^(?i:(?=www\.[\w-]+\.))", "https://", link.strip())
        return web_address(link if _SLASHES.match(link) else urljoin(base, link))
    except ValueError:
        return ""


def id_of(url: str) -> str:
    """Article id of a URL. http or https, with or without www., m., mobile. or a final slash: the id is the same."""
    if not web_address(canonical := canonical_url(url)):
        return article_id(url)
    parts = urlsplit(canonical)
    host = re.sub(r"^(?:www|m|mobile)\.(?=.+\.)", "", parts.netloc)
    return article_id(urlunsplit(("https", host, parts.path.rstrip("/"), parts.query, parts.fragment)))


def entry_ids(
    entries: Iterable[FeedEntry],
    feed: str,
    known: Mapping[str, FeedEntry] | None = None,
    shared: frozenset[str] | None = None,
) -> list[str]:
    """Article id of each entry of one poll: from its link, or from link (or feed URL) and guid if that is not unique.

    Entries with different titles may share a link (a live page); a link to a home page may be that of any entry. Then
    the guid is added to the link. If the guid is shared too (see `shared_guids`), the title or the text is added
    instead. `known` holds the poll's other entries by article id. `shared` holds the poll's shared guids; by default
    they are computed from `entries`.
    """
    entries = list(entries)
    links = [id_of(entry.url) if entry.url else "" for entry in entries]
    shared = shared_guids(entries) if shared is None else shared
    by_link: dict[str, set[str]] = {link: set() for link in links}
    by_url = {entry.url: link for link, entry in zip(links, entries, strict=True)}
    for key, entry in known.items() if known else ():
        if (link := by_url.get(entry.url, key)) in by_link:
            by_link[link].add(heading(entry))
    for link, entry in zip(links, entries, strict=True):
        by_link[link].add(heading(entry))
    return [
        link
        if link and len(by_link[link]) == 1 and not _is_home(entry.url)
        else own_id(entry, feed, entry.id in shared)
        for link, entry in zip(links, entries, strict=True)
    ]


def _is_home(url: str) -> bool:
    """Whether a link leads to a site's home page, which is the page of no article."""
    return not any(mark in url.partition("://")[2].rstrip("/") for mark in "/?#")


def own_id(entry: FeedEntry, feed: str, shared: bool = False) -> str:
    """Article id of an entry whose link is also that of others: from its guid, or from its title or text if the guid is
    `shared` or only repeats the link."""
    name = heading(entry) if shared or entry.id == entry.url else entry.id
    return article_id(f"{entry.url or feed}#{name}")


def heading(entry: FeedEntry) -> str:
    """What distinguishes entries under the same link: the title, or the text if there is no title."""
    return fold(entry.title) or fold(plain(entry.summary or entry.content))


def shared_guids(entries: Iterable[FeedEntry]) -> frozenset[str]:
    """The guids that several different entries of one poll share, such as a section's URL. They identify no entry.

    Entries are different if their titles differ, or if both their links and their texts differ.
    """
    groups: dict[str, list[FeedEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    return frozenset(guid for guid, group in groups.items() if len(group) > 1 and _differ(group))


def _differ(group: Sequence[FeedEntry]) -> bool:
    if len({heading(entry) for entry in group}) > 1:
        return True
    return len({id_of(entry.url) for entry in group}) > 1 and len({entry_version(entry) for entry in group}) > 1


def plain(text: str) -> str:
    """The text of an HTML fragment on one line, for comparisons and titles. Paragraphs are lost."""
    if "<" in text:
        text = _TAG.sub(" ", _UNSEEN.sub(" ", text))
    if "&" in text:
        text = html.unescape(text)
    return " ".join(text.split())


def entry_version(entry: FeedEntry, page_text: str | None = None) -> str:
    """Version of an entry: a digest of the words of title, summary and content, and of `page_text` if given."""
    parts = [fold(plain(part)) for part in (entry.title, entry.summary, entry.content)]
    return text_version([*parts, page_text] if page_text else parts)


def long_paragraphs(text: str) -> list[str]:
    """The paragraphs that have at least 80 characters and are mostly not links: roughly the article of a page.

    If no <p> gives such a paragraph, other block elements and <br> are taken as paragraph borders.
    """
    seen = _UNSEEN.sub(" ", text)
    return _long(_PARAGRAPH_EDGE.split(seen)[1::2]) or _long(_BLOCK_EDGE.split(seen))


def _long(parts: Iterable[str]) -> list[str]:
    kept = []
    for part in parts:
        words = plain(part)
        if len(words) >= 80 and 2 * len(plain(_without_links(part))) > len(words):
            kept.append(words)
    return kept


def _without_links(text: str) -> str:
    """HTML without its links and their texts. Takes linear time."""
    kept, at, opened = [], 0, -1
    for edge in _LINK_EDGE.finditer(text):
        if not edge[1]:
            opened = edge.start() if opened < 0 or edge.start() - opened > _LINK else opened
        elif opened >= 0:
            if edge.start() - opened <= _LINK:
                kept.append(text[at:opened])
                at = edge.end()
            opened = -1
    return " ".join([*kept, text[at:]])


def page_fingerprint(paragraphs: Iterable[str]) -> str | None:
    """A hash of a page's long paragraphs; None if there are none. Menus, adverts and counters do not affect it."""
    kept = sorted({fold(paragraph) for paragraph in paragraphs})
    return text_version(kept) if kept else None


def canonical_link(text: str, page_url: str) -> str | None:
    """The URL in a page's `link rel=canonical`, if it is on the same site and not a home page."""
    tags = (tag[0] for tag in _LINK_TAG.finditer(text, 0, 200_000))
    found = next((tag for tag in tags if _CANONICAL.search(tag)), "")
    href = _HREF.search(found)
    if href is None:
        return None
    value = html.unescape(href[1] or href[2] or href[3])
    try:
        url = canonical_url(urljoin(page_url, value))
        theirs = urlsplit(url)
    except ValueError:
        return None
    if theirs.scheme not in ("http", "https") or not unquote(theirs.path).strip("/"):
        return None
    return url if len(url) <= ENTRY["url"] and same_site(page_url, url) else None
