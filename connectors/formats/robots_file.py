"""Reads robots.txt (RFC 9309). Pure: no network, no clock."""

from protego import Protego


def robots_allow(text: str, url: str, robot: str) -> bool:
    """Whether the rules of a robots.txt let `robot` request a URL.

    Runs in the parser process: 60 KB that name 2,000 robots and 2,000 paths take protego 20 s, because each rule is
    stored for each robot; 500 KB of patterns with `*` take 0.6 s for each URL.
    """
    return bool(Protego.parse(text).can_fetch(url, robot))
