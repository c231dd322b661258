"""Which hosts are one site, by the public suffix list that comes with tldextract: nothing is downloaded."""

from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def domain_of(url: str) -> str:
    """The registrable domain of a URL (example.com.mx), or its host where it has none: an address, a local name."""
    try:
        return _registrable(urlsplit(url).hostname or "", False)
    except ValueError:
        return ""


def same_site(one: str, other: str) -> bool:
    """Whether two URLs are of one site: of one registrable domain, where hosts that give out names to others
    (github.io) count as suffixes."""
    try:
        hosts = [urlsplit(url).hostname or "" for url in (one, other)]
    except ValueError:
        return False
    return hosts[0] != "" and _registrable(hosts[0], True) == _registrable(hosts[1], True)


@lru_cache(20_000)
def _registrable(host: str, private: bool) -> str:
    found = _SUFFIXES(host, include_psl_private_domains=private)
    return found.top_domain_under_public_suffix or host
