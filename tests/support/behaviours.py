"""What publishers and attackers do, by name; for each what is stored, what the operator is told, when we come back.

python -m tests.support.behaviours          prints the list (`make hostile`)
"""

import codecs
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass

import brotli
import zstandard

from connectors.feeds.decide import UNCONDITIONAL
from tests.support import hostile_answers as answers
from tests.support.flawed_parser import DIE, EAT, ERR, SPIN
from tests.support.hostile_server import Behaviour, always, conditional, in_turn, item, numbered, rss


@dataclass(frozen=True)
class Case:
    """A behaviour polled `polls` times, each when it is due: the last result, articles stored in all, kinds of events
    told, the time from the last poll to the next in seconds, before jitter (the usual one is 600).

    `names` is what DNS answers, one list of addresses for each question, the last for ever; a feed is asked under a
    name then. `scheme` https reaches the same server, with a certificate of its own making or, `plain`, without TLS.
    """

    name: str
    answer: Behaviour
    polls: int
    result: str
    stored: int
    told: tuple[str, ...] = ()
    wait: float = 600
    names: Sequence[Sequence[str]] = ()
    scheme: str = "http"
    plain: bool = False


UMLAUTS = '<?xml version="1.0" encoding="{}"?>' + rss(item(1, title="Señales en la aduana de Cañón"))[38:]
BOMB = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]><rss version="2.0">&c;</rss>'
QUADRATIC = f'<!DOCTYPE r [<!ENTITY a "{"A" * 20000}">]><rss version="2.0">{"&a;" * 1000}</rss>'
READER = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rss(item(1, title="&a;"))
CHALLENGE = "<html><head><title>Just a moment...</title></head><body><div id=cf-chl-x></div></body></html>"
CONSENT = "<html><head><title>Antes de continuar</title></head><body>Cookies</body></html>"
LOGIN = "<html><head><title>Inicia sesión</title></head><body><form></form></body></html>"
SKIP = "<skipHours><hour>12</hour><hour>13</hour></skipHours>"
SHARED = rss(*(item(n).replace(f"/story/{n}</link>", "/live</link>") for n in (1, 2)))
BUSY = rss(*(item(n, date=f"Mon, 02 Mar 2026 11:5{9 - n}:00 GMT") for n in range(9)))
QUIET = rss(*(item(n, date=f"{27 - n} Feb 2026 12:00:00 GMT") for n in range(5)))
STALE = rss(*(item(n, date=f"{9 - n} Jan 2026 12:00:00 GMT") for n in range(5)))
LATER = "Mon, 02 Mar 2026 14:00:00 GMT"
ZEROS = b"\0" * 5_000_000
STORY = always(numbered(5))
JSON = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "T"}, {"x": 1}, 7]})

CASES = [
    # Honest, and easily got wrong.
    Case("unchanged-by-etag", conditional(lambda n: "a", lambda n: numbered(5)), 3, "unchanged", 5),
    Case("unchanged-without-validators", STORY, 3, "unchanged", 5),
    Case("growing", conditional(str, lambda n: numbered(10, n)), 4, "fetched", 13),
    Case("late-entry-below-old-ones", in_turn(STORY, always(rss(*map(item, (1, 2, 3, 9, 4, 5))))), 2, "fetched", 6),
    Case("shuffled-every-time", answers.shuffled, 4, "fetched", 8),
    Case("wrong-content-type", always(numbered(2), Content_Type="image/png"), 1, "fetched", 2),
    Case("html-by-name-feed-by-nature", always(numbered(2), Content_Type="text/html"), 1, "fetched", 2),
    Case("byte-order-mark-and-blanks", always(codecs.BOM_UTF8 + b"\n  " + numbered(2).encode()), 1, "fetched", 2),
    Case("latin-1-called-utf-8", always(UMLAUTS.format("utf-8").encode("latin-1")), 1, "fetched", 1),
    Case("utf-16", always(UMLAUTS.format("utf-16").encode("utf-16")), 1, "fetched", 1),
    Case("gzip", always(gzip.compress(numbered(2).encode()), Content_Encoding="gzip"), 1, "fetched", 2),
    Case("gzip-untold", always(gzip.compress(numbered(2).encode())), 1, "fetched", 2),
    Case("gzip-told-but-plain", always(numbered(2), Content_Encoding="gzip"), 1, "fetched", 2),
    Case("brotli", always(brotli.compress(numbered(2).encode()), Content_Encoding="br"), 1, "fetched", 2),
    Case("zstd", always(zstandard.compress(numbered(2).encode()), Content_Encoding="zstd"), 1, "fetched", 2),
    Case("unescaped-ampersands", always(rss(item(1, title="Smith & Wesson"), item(2))), 1, "fetched", 2),
    Case("one-bad-entry", always(rss(item(1), "<item><title>x</item>", item(3))), 1, "fetched", 3),
    Case("cut-in-an-entry", always(numbered(3)[:-150]), 1, "fetched", 2),
    Case("json-with-bad-items", always(JSON, Content_Type="text/plain"), 1, "fetched", 1),
    Case("two-entries-at-one-link", always(SHARED), 2, "unchanged", 2),
    Case("html-in-titles", always(rss(item(1, title="&lt;b&gt;Rifles&lt;/b&gt; &amp;amp; parts"))), 1, "fetched", 1),
    Case("mojibake", always(rss(item(1, title="Señales en la frontera".encode().decode("cp1252")))), 1, "fetched", 1),
    Case("relative-links", always(rss("<item><title>Rifles</title><link>/story/1</link></item>")), 1, "fetched", 1),
    Case("dates-of-next-year", always(numbered(3, date="Tue, 02 Mar 2027 12:00:00 GMT")), 2, "unchanged", 3),
    Case("chunked", answers.chunked, 1, "fetched", 2),
    Case("http-1.0-without-a-length", answers.old_http, 1, "fetched", 2),
    Case("says-to-skip-this-hour", always(rss(item(1), head=SKIP)), 1, "fetched", 1, (), 7200),
    Case("says-to-come-once-a-day", always(rss(item(1), head="<ttl>1440</ttl>")), 1, "fetched", 1, (), 1800),
    Case("cached-for-20-minutes", always(numbered(1), Cache_Control="max-age=1200"), 1, "fetched", 1, (), 1200),
    Case("busy-feed", always(BUSY), 1, "fetched", 9, (), 120),
    Case("quiet-feed", always(QUIET), 1, "fetched", 5, (), 3600),
    # What it says is not what it does.
    Case("lying-etag", answers.lying_etag, UNCONDITIONAL + 5, "fetched", 13, ("gap",)),
    Case("lying-last-modified", answers.lying_date, UNCONDITIONAL + 5, "fetched", 13, ("gap",)),
    Case("304-for-ever", always("", 304), 3, "http-304", 0, ("failing",), 2400),
    Case("304-after-one-answer", in_turn(STORY, always("", 304)), 3, "http-304", 5, (), 1200),
    Case("churning-guids", answers.churn, 4, "fetched", 5),
    Case("no-guids", answers.no_guids, 4, "fetched", 5),
    Case("churning-links", answers.tracking_links, 4, "fetched", 5),
    Case("everything-dated-now", answers.dates_of_now, 4, "fetched", 5),
    Case("edited-to-and-fro", answers.edited_to_and_fro, 6, "fetched", 2),
    Case("two-caches", answers.two_caches, 6, "fetched", 7),
    Case("republished-archive", in_turn(always(numbered(5, 5)), always(numbered(9)), STORY), 4, "unchanged", 9),
    Case("window-jumps", in_turn(STORY, always(numbered(5, 50))), 2, "fetched", 10, ("gap",), 300),
    Case("shrinks", in_turn(always(numbered(9)), always(numbered(2))), 3, "unchanged", 9),
    Case("emptied", in_turn(STORY, always(rss())), 3, "unchanged", 5, ("empty",)),
    Case("emptied-and-back", in_turn(STORY, always(rss()), STORY), 3, "fetched", 5, ("empty", "recovered")),
    Case("silent-for-weeks", always(STALE), 2, "unchanged", 5, ("stale",), 3600),
    Case("moved-for-good", always("", 301, Location="/story-feed"), 4, "unchanged", 5, ("moved",)),
    Case("moved-for-a-while", always("", 302, Location="/story-feed"), 4, "unchanged", 5),
    Case(
        "moved-to-a-dead-address",
        in_turn(STORY, always("", 301, Location="/nowhere")),
        4,
        "http-404",
        5,
        ("failing",),
        2400,
    ),
    # Refusals.
    Case("404", always("no", 404), 3, "http-404", 0, ("failing",), 2400),
    Case("410", always("gone", 410), 1, "http-410", 0, ("gone",), 86400),
    Case("500-and-back", in_turn(*[always("", 500)] * 3, STORY), 4, "fetched", 5, ("failing", "recovered")),
    Case("403", always("no", 403), 2, "http-403", 0, ("blocked",), 1200),
    Case("challenge-page", always(CHALLENGE), 2, "not-a-feed", 0, ("blocked",), 1200),
    Case("challenge-page-with-403", always(CHALLENGE, 403), 2, "http-403", 0, ("blocked",), 1200),
    Case("429-in-seconds", always("", 429, Retry_After="5000"), 1, "http-429", 0, (), 5000),
    Case("429-as-a-date", always("", 429, Retry_After=LATER), 1, "http-429", 0, (), 7200),
    Case("429-bare", always("", 429), 1, "http-429", 0, (), 600),
    Case("429-for-a-year", always("", 429, Retry_After="31536000"), 1, "http-429", 0, (), 86400),
    Case("503-in-seconds", always("", 503, Retry_After="5000"), 1, "http-503", 0, (), 5000),
    Case("503-retry-after-in-the-past", always("", 503, Retry_After="Mon, 02 Mar 2020 1:00:00 GMT"), 1, "http-503", 0),
    Case(
        "429-burst-and-back",
        in_turn(*[always("", 429, Retry_After="30")] * 3, STORY),
        4,
        "fetched",
        5,
        ("failing", "recovered"),
    ),
    Case("503-as-a-date", always("", 503, Retry_After=LATER), 1, "http-503", 0, (), 7200),
    Case("consent-wall", always(CONSENT), 2, "not-a-feed", 0, ("blocked",), 1200),
    Case("login-page", always(LOGIN), 2, "not-a-feed", 0, ("blocked",), 1200),
    Case("451-for-legal-reasons", always("no", 451), 2, "http-451", 0, ("blocked",), 1200),
    # Attacks and accidents.
    Case("needs-too-much-time", always(rss(SPIN.decode())), 2, "too-costly", 0, ("too-costly",), 86400),
    Case("needs-too-much-memory", always(rss(EAT.decode())), 1, "too-costly", 0),
    Case("ends-the-parser", in_turn(always(rss(DIE.decode())), STORY), 2, "fetched", 5),
    Case("meets-a-mistake-of-ours", in_turn(always(rss(ERR.decode())), STORY), 2, "fetched", 5),
    Case("26-comments-before-the-root", always("<!-- x -->" * 26 + rss(item(1))), 1, "fetched", 1),
    Case("400-comments-before-the-root", always("<!-- x -->" * 400 + rss(item(1))), 1, "fetched", 1),
    Case("items-in-items", always(rss(*(f"<item><title>Title {n}</title>" for n in range(99)))), 1, "fetched", 99),
    Case("half-a-character", always(json.dumps({"items": [{"id": "\ud83d", "title": "Cut \ud83d"}]})), 1, "fetched", 1),
    Case("empty-gzip-members", always(gzip.compress(b"") * 5000), 1, "bad-encoding", 0),
    Case(
        "nested-100000-deep",
        always(brotli.compress(b"<rss>" + b"<item>" * 30000), Content_Encoding="br"),
        1,
        "not-a-feed",
        0,
    ),
    Case("title-of-100-kb", always(rss(item(1, title="T" * 100_000))), 1, "fetched", 1),
    Case("link-of-40-kb", always(rss(item("1" * 40_000))), 1, "fetched", 1),
    Case("validators-beyond-ascii", always(numbered(2), ETag='"\u00e9"', Last_Modified="\u00e9"), 3, "unchanged", 2),
    Case("validators-of-50-kb", always(numbered(2), ETag=f'"{"e" * 50_000}"'), 3, "unchanged", 2),
    Case("429-in-superscript", always("", 429, Retry_After="\u00b2"), 1, "http-429", 0),
    Case("html-instead-of-xml", always("<!doctype html><p>Hello"), 3, "not-a-feed", 0, ("failing",), 2400),
    Case("empty-body", always(""), 1, "not-a-feed", 0, (), 600),
    Case("some-other-xml", always("<svg xmlns='http://www.w3.org/2000/svg'/>"), 1, "not-a-feed", 0),
    Case("billion-laughs", always(BOMB), 1, "not-a-feed", 0),
    Case("quadratic-blow-up", always(QUADRATIC), 1, "not-a-feed", 0),
    Case("entity-that-reads-files", always(READER), 1, "not-a-feed", 0),
    Case("deep-nesting", always("<rss>" + "<a>" * 5000), 1, "not-a-feed", 0),
    Case("deep-json", always('{"items":' * 20000), 1, "not-a-feed", 0),
    Case("gzip-bomb", always(gzip.compress(ZEROS), Content_Encoding="gzip"), 1, "too-large", 0, (), 600),
    Case("brotli-bomb", always(brotli.compress(ZEROS), Content_Encoding="br"), 1, "too-large", 0),
    Case("zstd-bomb", always(zstandard.compress(ZEROS), Content_Encoding="zstd"), 1, "too-large", 0),
    Case("endless-body", answers.endless, 1, "too-large", 0),
    Case("says-it-is-huge", always("", Content_Length="99999999999"), 1, "too-large", 0),
    Case("broken-gzip", always(b"\x1f\x8b broken", Content_Encoding="gzip"), 1, "bad-encoding", 0),
    Case("one-byte-a-second", answers.byte_a_second, 1, "timeout", 0),
    Case("connection-reset", answers.reset, 1, "protocol", 0),
    Case("closed-half-way", answers.half, 1, "protocol", 0),
    Case("redirects-in-a-circle", answers.circle, 1, "redirects", 0),
    Case("redirects-without-end", answers.ladder, 1, "redirects", 0),
    Case("cookies-needed", answers.cookies_needed, 1, "redirects", 0),
    Case("redirect-to-metadata", always("", 302, Location="http://169.254.169.254/"), 1, "refused-address", 0),
    Case("redirect-to-a-private-host", always("", 301, Location="http://192.168.0.1/"), 1, "refused-address", 0),
    Case("redirect-to-a-file", always("", 302, Location="file:///etc/passwd"), 1, "refused-url", 0),
    Case("redirect-to-nowhere", always("", 302), 1, "http-302", 0),
    Case("silent", answers.silent, 1, "timeout", 0),
    Case("silent-after-the-head", answers.silent_after_head, 1, "timeout", 0),
    Case("one-header-a-second", answers.headers_a_second, 1, "timeout", 0),
    Case("endless-headers", answers.endless_headers, 1, "protocol", 0),
    Case("no-http-at-all", answers.no_http, 1, "protocol", 0),
    Case("four-codings", always(b"x", Content_Encoding="gzip, br, gzip, br"), 1, "bad-encoding", 0),
    Case(
        "redirect-to-a-name-that-turns-private",
        always("", 302, Location="/story-feed"),
        2,
        "refused-address",
        5,
        names=[["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"]],
    ),
    Case("name-changes-between-check-and-use", STORY, 1, "fetched", 5, names=[["127.0.0.1"], ["10.0.0.1"]]),
    Case("name-turns-private", STORY, 2, "refused-address", 5, names=[["127.0.0.1"], ["10.0.0.1"]]),
    Case("name-with-private-addresses-too", STORY, 1, "fetched", 5, names=[["10.0.0.1", "fd00::1", "127.0.0.1"]]),
    Case("name-nobody-knows", STORY, 1, "dns", 0, names=[[]]),
    Case("certificate-nobody-vouches-for", STORY, 1, "tls", 0, scheme="https"),
    Case("no-tls-behind-https", STORY, 1, "tls", 0, scheme="https", plain=True),
]


def main() -> None:
    """The list as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", "behaviour", "polls", "result", "stored", "told", "next poll after", box=None)
    for number, case in enumerate(CASES, 1):
        row = (case.name, str(case.polls), case.result, str(case.stored), ", ".join(case.told), f"{case.wait:.0f} s")
        table.add_row(str(number), *row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
