"""The parser process with flaws that nobody knows of: feeds and pages with these words stop it, each in its way."""

import os

from connectors.formats import parser_process
from connectors.formats.article_page import judge_page
from connectors.formats.parse import ParsedFeed, parse_feed

SPIN, EAT, DIE, ERR = b"<!-- spin -->", b"<!-- eat -->", b"<!-- die -->", b"<!-- err -->"


def act(body: bytes) -> None:
    while SPIN in body:
        pass
    if EAT in body:
        assert b"x" * 10_000_000_000
    if DIE in body:
        os.abort()
    if ERR in body:
        raise LookupError("a mistake of ours")


def flawed_feed(body: bytes, url: str, content_type: str = "") -> ParsedFeed:
    act(body)
    return parse_feed(body, url, content_type)


def flawed_page(body: bytes, *rest: object) -> object:
    act(body)
    return judge_page(body, *rest)


if __name__ == "__main__":
    parser_process.WORK = {**parser_process.WORK, "feed": flawed_feed, "page": flawed_page}
    parser_process.main()
