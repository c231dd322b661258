"""`borderwire feeds`: the table, the check that explains, OPML in and out."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import BadFeedList, BrokerGone
from connectors.feeds.feedlist import load_feeds
from connectors.feeds.opml import read_opml, write_opml
from connectors.feeds.state_store import States
from deploy.cli.parser import main
from deploy.feeds import table as feeds
from deploy.feeds.check import ADVICE, check_all
from schemas.feed import Feed, FeedState
from tests.support.hostile_server import HostileServer, always, numbered, settings
from tests.support.paths import DEPLOY

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHIPPED = DEPLOY / "feeds.yaml"


@pytest.fixture(autouse=True)
def logs_as_they_are(monkeypatch):
    """A command sets logging up for its process; here it would outlive the test with its captured streams."""
    monkeypatch.setattr("deploy.logs.configure", lambda level: None)
    monkeypatch.setattr("connectors.kafka_topics.require_answer", lambda settings: None)


def state(**fields: object) -> FeedState:
    usual = {"url": "https://e.org/f", "outlet": "O", "why_then": "its own rhythm", "last_success": NOW}
    return FeedState.model_validate(usual | {"next_poll": NOW + timedelta(minutes=5)} | fields)


def test_a_row_says_status_rhythm_last_entry_next_poll_and_trouble():
    found = feeds.row(state(rhythm=1200, newest=NOW - timedelta(hours=3)), NOW)
    assert found == {
        "status": "ok", "outlet": "O", "rhythm": "one in 20 min", "last entry": "3.0 h ago",
        "next poll": "in 5 min, its own rhythm", "trouble": "", "feed": "https://e.org/f",
    }  # fmt: skip
    ill = state(trouble=("blocked", "stale"), failures=4, last_error="http-403", moved_to="https://e.org/n")
    bad = feeds.row(ill, NOW)
    assert bad["status"] == "blocked, stale"
    assert bad["trouble"] == "4 failures, the last: http-403; moves to https://e.org/n"
    assert feeds.row(state(failures=1, last_error="timeout"), NOW)["status"] == "trying"
    assert feeds.row(state(last_success=None, next_poll=NOW), NOW)["next poll"].startswith("now")


def test_a_row_for_programs_has_times_that_are_times():
    found = feeds.feed_facts(state(rhythm=1200, newest=NOW - timedelta(hours=3), failures=2, last_error="timeout"))
    assert datetime.fromisoformat(found["last_entry"]) == NOW - timedelta(hours=3)
    assert datetime.fromisoformat(found["next_poll"]) == NOW + timedelta(minutes=5)
    assert (found["rhythm"], found["failures"], found["last_error"], found["moved_to"]) == (1200, 2, "timeout", None)
    assert feeds.feed_facts(state(newest=None, rhythm=None))["last_entry"] is None


def test_the_table_has_those_in_trouble_first(monkeypatch, capsys):
    known = States()
    for url, trouble in (("https://e.org/a", ()), ("https://e.org/b", ("failing",))):
        known[url] = state(url=url, trouble=trouble)
    monkeypatch.setattr(feeds, "load_states", lambda _: known)
    assert main(["feeds", "--json", "--bootstrap-servers", "127.0.0.1:1"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["feed"] for row in rows] == ["https://e.org/b", "https://e.org/a"]
    assert main(["feeds", "--bootstrap-servers", "127.0.0.1:1"]) == 0
    shown = capsys.readouterr().out
    assert "2 feeds, 1 in trouble" in shown and all(name.split()[0] in shown for name in feeds.COLUMNS)


def test_a_kafka_that_does_not_answer_is_told(monkeypatch, capsys):
    def gone(_: object) -> States:
        raise BrokerGone("127.0.0.1:1: nobody there")

    monkeypatch.setattr(feeds, "load_states", gone)
    assert main(["feeds", "--bootstrap-servers", "127.0.0.1:1"]) == 1
    assert "nobody there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "120 min"), (7200, "2.0 h"), (2e5, "2.3 days")],
)
def test_spans(seconds, text):
    assert feeds.span(seconds) == text


def test_the_feed_list_survives_opml(tmp_path, capsys):
    assert main(["feeds", "--opml", "--feeds", str(SHIPPED)]) == 0
    path = tmp_path / "feeds.opml"
    path.write_text(capsys.readouterr().out)
    assert main(["feeds", "--opml", str(path)]) == 0
    (tmp_path / "back.yaml").write_text(capsys.readouterr().out)
    wanted = [feed.model_copy(update={"evidence": None, "verified": None}) for feed in load_feeds(SHIPPED)]
    for back in (load_feeds(tmp_path / "back.yaml"), load_feeds(path)):
        assert list(back) == wanted


def test_a_listing_survives_opml(tmp_path):
    listing = {"url": "https://e.org/prensa", "outlet": "Prensa", "type": "listing", "country": "MX",
               "select": {"items": "ul > li.nota", "date": ".fecha"}}  # fmt: skip
    feeds = [Feed.model_validate(listing), Feed.model_validate({"url": "https://e.org/rss", "outlet": "O"})]
    path = tmp_path / "list.opml"
    path.write_text(write_opml(feeds), encoding="utf-8")
    assert read_opml(path) == (tuple(feeds), [])


def test_a_selector_in_opml_that_is_no_css_is_told(tmp_path):
    wrong = Feed.model_validate({"url": "https://e.org/1", "outlet": "O", "type": "listing", "select": {"items": "a["}})
    path = tmp_path / "list.opml"
    path.write_text(write_opml([wrong]), encoding="utf-8")
    with pytest.raises(BadFeedList, match="select.items"):
        load_feeds(path)


def test_opml_of_other_readers(tmp_path, capsys):
    path = tmp_path / "other.opml"
    path.write_text(
        '<opml version="1.0"><body><outline text="News"><outline text="One" xmlUrl="https://e.org/1" language="es-MX"/>'
        '<outline text="Again" xmlUrl="https://e.org/1"/><outline xmlUrl="https://e.org/2"/>'
        '<outline text="Bad" xmlUrl="ftp://e.org/3"/></outline></body></opml>'
    )
    found, bad = read_opml(path)
    assert [(feed.outlet, feed.lang) for feed in found] == [("One", "es"), ("e.org", None)]
    assert len(bad) == 1 and "ftp://e.org/3" in bad[0]
    assert main(["feeds", "--opml", str(path)]) == 1
    assert "ftp://e.org/3" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "<html><body/></html>", "<opml><body/></opml>", '<!DOCTYPE o [<!ENTITY a "b">'])
def test_what_is_no_opml_is_told(tmp_path, text):
    path = tmp_path / "no.opml"
    path.write_text(text)
    with pytest.raises(BadFeedList, match="no OPML"):
        read_opml(path)


def test_a_check_explains(capsys):
    async def good(request) -> None:
        await request.answer(200, numbered(3, base=request.base), ETag='"e"')

    async def scene() -> bool:
        answers = {"good": good, "gone": always("", 410), "page": always("<!doctype html><p>"), "story": always("hi")}
        async with HostileServer(**answers) as server:
            usable = await check_all(settings(fetch_pages=True), [f"{server.base}/good"])
            bad = await check_all(settings(), [f"{server.base}/gone", f"{server.base}/page", f"{server.base}/none"])
            return usable and not bad

    assert asyncio.run(scene())
    told = capsys.readouterr().out
    for words in ("rss, 3 entries", "HTTP/1.1", "ETag", "would be polled again in", "page http://127.0.0.1:"):
        assert words in told
    for kind in ("http-410", "not-a-feed", "http-404"):
        assert ADVICE[kind] in told
