"""Feed bytes that attackers send: at random, mutated, long. They are refused at most, in bounded time and memory."""

import contextlib
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import NotAFeed
from connectors.feeds.decide import Polled, decide, first_state
from connectors.formats.parse import parse_feed
from connectors.web.fetcher import Response
from schemas.feed import Feed
from schemas.settings import ConnectorSettings
from tests.connectors.formats.feed_texts import ATOM, ATOM03, EVAL, INDEX, JSON11, RDF, RSS, RSS091, SITEMAP, URL
from tests.support.paths import DEPLOY


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=2000))
def test_random_bytes_never_do_more_than_be_refused(data):
    for head in (b"", b"<rss version='2.0'><channel>", b'{"version":"https://jsonfeed.org/version/1","items":['):
        try:
            parse_feed(head + data, URL)
        except NotAFeed:
            continue


DEMO = DEPLOY / "demo" / "site"
RECORDED = [path for top in (DEMO, EVAL) for path in sorted(top.rglob("*")) if path.suffix in (".xml", ".rss", ".json")]
SEEDS = [text.encode() for text in (RSS, ATOM, ATOM03, RDF, RSS091, SITEMAP, INDEX, JSON11)]


def mutated(data: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """Bytes with pieces taken out and others put in; `cuts` are (place from 0 to 1, how many out, what in)."""
    for place, length, new in cuts:
        at = int(place * len(data))
        data = data[:at] + new + data[at + length :]
    return data


PIECES = (b"<![CDATA[", b"]]>", b"<!--", b"<item>", b"</item>", b"&", b"<!DOCTYPE x [", b"\0", b"\xff\xfe", b"<a b=")
PUT_IN = st.binary(max_size=12) | st.sampled_from(PIECES)
CUTS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 400), PUT_IN), min_size=1, max_size=8)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS) | st.sampled_from(RECORDED).map(Path.read_bytes),
    CUTS,
    st.sampled_from(["", "text/xml; charset=x"]),
)
def test_mutated_feeds_never_do_more_than_be_refused(seed, cuts, content_type):
    started = time.process_time()
    with contextlib.suppress(NotAFeed):
        feed = parse_feed(mutated(seed, cuts), URL, content_type)
        assert all(entry.id and (entry.url == "" or entry.url.startswith("http")) for entry in feed.entries)
        state = first_state(Feed(url=URL, outlet="O"), datetime(2026, 3, 2, tzinfo=UTC))
        polled = Polled(Response(URL, 200), feed)
        assert decide(state, polled, ConnectorSettings(), state.next_poll).state.next_poll > state.next_poll
    assert time.process_time() - started < 3


LIMITED = """
import resource, sys
from connectors.errors import NotAFeed
from connectors.formats.parse import parse_feed
size = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize"))) * 1024
resource.setrlimit(resource.RLIMIT_AS, (size + 160_000_000,) * 2)
for unit in sys.argv[1:]:
    for head in ("<rss version='2.0'><channel>", "<urlset>", "<feed>", '{"items":['):
        try:
            parse_feed((head + unit * (2_000_000 // len(unit))).encode(), "https://example.org/")
        except NotAFeed:
            pass
"""
UNITS = (
    "<item>", "<item><title>x", "<item><title>x</title></item>", "<url><loc>http://e.org/1</loc></url>", "<p><b>",
    "&amp", "<![CDATA[", "<!--", "&#x41", "<a b='", "<?x ", "[", '{"a":', '{"id":1,"title":"x"},', "<!ENTITY a 'b'>",
)  # fmt: skip


def test_two_megabytes_of_anything_take_160_at_most():
    done = subprocess.run([sys.executable, "-c", LIMITED, *UNITS], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-1000:]


@pytest.mark.parametrize(
    "unit", ["<item>", "<item><title>x", "<p><b>", "&amp", "<![CDATA[", "<!--", "&#x41", "<a b='", "<?x "]
)
def test_long_nonsense_is_answered_quickly(unit):
    started = time.process_time()
    with contextlib.suppress(NotAFeed):
        parse_feed(b"<rss version='2.0'><channel>" + unit.encode() * (1_000_000 // len(unit)), URL)
    assert time.process_time() - started < 5
