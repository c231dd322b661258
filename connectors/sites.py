"""Which hosts belong to one site, by the public suffix list that is part of tldextract. Nothing is downloaded."""

from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def domain_of(url: str) -> str:
    """The registrable domain of a URL (example.com.mx), or its host if it has none (an IP address, a local name)."""
    try:
        return _registrable(urlsplit(url).hostname or "", False)
    except ValueError:
        return ""


def same_site(one: str, other: str) -> bool:
    """Whether two URLs have the same registrable domain. Hosts whose subdomains belong to different owners
    (github.io) count as public suffixes here."""
    try:
        hosts = [urlsplit(url).hostname or "" for url in (one, other)]
    except ValueError:
        return False
    return hosts[0] != "" and _registrable(hosts[0], True) == _registrable(hosts[1], True)


@lru_cache(20_000)
def _registrable(host: str, private: bool) -> str:
    found = _SUFFIXES(host, include_psl_private_domains=private)
    return found.top_domain_under_public_suffix or host
