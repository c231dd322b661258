"""URLs as feeds and pages write them: made valid, made absolute, and the canonical one of an article."""

import base64
import binascii
import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

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
