"""The views over HTTP: filters that refuse what they do not know, feeds with filters, marks, sources, empty states."""

import asyncio
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import feedparser
import httpx
import pytest
from lxml import html

from deploy.page import views
from deploy.page.answers import Answers, Made, Versions
from deploy.page.query import UnknownValue
from deploy.page.reasons import reason_words
from deploy.page.words import WORDS
from schemas.codec import encode
from schemas.feed import FeedState
from schemas.mark import JUDGEMENTS
from schemas.reason import Nearest, Reason
from tests.support.alerts import NOW, alert
from tests.support.page_site import site

PEOPLE = ("Ana Ruiz", "Luis Prado")


@pytest.fixture
def page():
    with site(PROXY) as made:
        made.put(*(alert(n, speaker=PEOPLE[n % 2], story=f"story{n // 2}") for n in range(6)))
        yield made


#: What counts as a proxy; other clients of the test have other addresses.
PROXY = (ip_network("127.0.0.1"),)


def get(page, path, **headers):
    return httpx.get(page.base + path, headers=headers)


def ids(answer):
    return {
        a.get("href").split("?")[0].rsplit("/", 1)[1]
        for a in html.fromstring(answer.text).cssselect("a[href^='/alert']")
    }


@pytest.mark.parametrize(
    ("path", "name", "valid"),
    [
        ("/?topic=weather", "weather", "arms-trafficking"), ("/?lang=fr", "fr", "es"), ("/?kind=odd", "odd", "corrected"),
        ("/?day=yesterday", "yesterday", "2026-11-24"), ("/?day=2026-02-30", "2026-02-30", "2026-11-24"),
        ("/?marked=maybe", "maybe", "only"), ("/?topik=merida", "topik", "topic"), ("/speaker", "speaker", "Ana Ruiz"),
        ("/sources?topic=merida", "topic", "ui"), ("/feeds/all.atom?lang=fr", "fr", "es"),
        ("/feeds/all.json?spaeker=x", "spaeker", "speaker"),
    ],
)  # fmt: skip
def test_an_unknown_filter_is_refused_by_name_with_the_valid_ones(page, path, name, valid):
    answer = get(page, path)
    assert answer.status_code == 400
    tree = html.fromstring(answer.text)
    assert name in tree.cssselect("main")[0].text_content()
    assert valid in [code.text for code in tree.cssselect("main li code")]


def test_an_unknown_feed_is_not_found_and_the_others_are_named(page):
    answer = get(page, "/feeds/weather.atom")
    assert answer.status_code == 404 and "weather" in answer.text and "<code>merida</code>" in answer.text


def test_every_view_has_feeds_with_its_filters(page):
    for path in ("/?speaker=Prado&lang=en", "/speaker?speaker=Prado&lang=en"):
        tree = html.fromstring(get(page, path).text)
        atom, as_json = (a.get("href") for a in tree.cssselect(".feeds a"))
        assert atom == "/feeds/all.atom?speaker=Prado&lang=en"
        found = feedparser.parse(get(page, atom).content)
        assert {entry.author for entry in found.entries} == {"Luis Prado"} and len(found.entries) == 3
        assert found.feed.id == "urn:borderwire:feed:all?speaker=Prado&lang=en"
        assert any(link.href == page.base + atom for link in found.feed.links)
        items = json.loads(get(page, as_json).content)
        assert len(items["items"]) == 3 and items["feed_url"] == page.base + as_json
    assert len(feedparser.parse(get(page, "/feeds/merida.atom?q=3+helicopters").content).entries) == 1


def test_a_speaker_who_said_much_has_several_pages(page, monkeypatch):
    monkeypatch.setattr(views, "PER_SPEAKER", 2)
    first, last = get(page, "/speaker?speaker=Ana"), get(page, "/speaker?speaker=Ana&page=2")
    assert [len(html.fromstring(answer.text).cssselect("article")) for answer in (first, last)] == [2, 1]
    assert "/speaker?speaker=Ana&amp;page=2&amp;ui=en" in first.text and "page=3" not in last.text


def mark(page, **form):
    headers = {"origin": page.base, **form.pop("headers", {})}
    return httpx.post(page.base + "/mark", data={"topic": "merida"} | form, headers=headers)


@pytest.mark.parametrize("verdict", JUDGEMENTS)
def test_what_is_marked_leaves_every_view_at_once_and_comes_back(page, verdict):
    paths = ("/", "/speaker?speaker=Ana", "/feeds/all.atom")
    gone = {"s2", "s3"} if verdict == "mute" else {"s2"}
    assert mark(page, id="s2", verdict=verdict).status_code == 303
    for path in paths:
        assert not [name for name in gone if f"/{name}?" in get(page, path).text or f":{name}<" in get(page, path).text]
    assert ids(get(page, "/?marked=only")) == gone
    assert ids(get(page, "/?marked=all")) == {f"s{n}" for n in range(6)}
    assert WORDS["en"][f"marked_{verdict}"] in get(page, "/alert/merida/s2").text
    mark(page, id="s2", verdict="clear")
    assert ids(get(page, "/")) == {f"s{n}" for n in range(6)}


def test_a_mark_has_a_note_and_leads_back_to_the_view_that_it_came_from(page):
    answer = mark(
        page, id="s1", verdict="wrong-speaker", note="  it was <b>Ruiz</b>\x1b[2J ", back="/?topic=merida&ui=es"
    )
    assert answer.headers["location"] == "/?topic=merida&ui=es"
    assert page.marked[-1] == ("s1", "wrong-speaker", "it was <b>Ruiz</b>[2J", None)
    assert "it was &lt;b&gt;Ruiz&lt;/b&gt;" in get(page, "/alert/merida/s1").text
    for evil in ("https://evil.example/", "//evil.example", "/\\evil", "/?x\r\nSet-Cookie: a=b", "javascript:alert(1)"):
        assert mark(page, id="s1", verdict="wrong", back=evil).headers["location"] == "/alert/merida/s1?ui=en"
    assert mark(page, id="s1", verdict="wrong", note="x" * 9000).status_code == 303
    assert len(page.marked[-1][2]) == 500
    refused = mark(page, id="s1", verdict="delete")
    assert refused.status_code == 400 and "wrong-topic" in refused.text


def test_the_reader_is_who_a_trusted_proxy_says_and_nobody_else(page):
    signed = {"x-forwarded-user": "María <mg@desk.example>".encode()}
    mark(page, id="s1", verdict="wrong", headers=signed)
    assert page.marked[-1][3] == "María <mg@desk.example>"
    assert "You are María" in get(page, "/alert/merida/s1", **signed).text
    secure = {"origin": page.base.replace("http", "https"), "x-forwarded-proto": "https"}
    assert mark(page, id="s1", verdict="wrong", headers=secure).status_code == 303
    assert "https://127.0.0.1" in get(page, "/feeds/all.atom", **{"x-forwarded-proto": "https"}).text
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as stranger:
        form = {"topic": "merida", "id": "s1", "verdict": "wrong"}
        stranger.post(page.base + "/mark", data=form, headers={"origin": page.base, **signed})
        assert page.marked[-1][3] is None
        answer = stranger.post(page.base + "/mark", data=form, headers=secure)
        assert answer.status_code == 403
        assert (
            "https://"
            not in stranger.get(page.base + "/feeds/all.atom", headers={"x-forwarded-proto": "https"}).text.split(
                "<entry>"
            )[0]
        )


def test_the_sources_show_which_feeds_fail_or_are_silent(page):
    assert "No feed was polled yet" in get(page, "/sources").text
    states = [
        FeedState(url="https://a.example/feed?token=s3cret", outlet="A", next_poll=NOW, last_success=NOW, newest=NOW),
        FeedState(
            url="https://b.example/",
            outlet="B <b>",
            next_poll=NOW,
            failures=4,
            last_error="http-503",
            trouble=("failing",),
        ),
        FeedState(url="https://c.example/", outlet="C", next_poll=NOW, last_success=NOW, trouble=("stale",)),
    ]
    for state in states:
        page.store.put("feeds.state", encode(state))
    page.store.sort()
    tree = html.fromstring(get(page, "/sources").text)
    found = [" ".join(li.cssselect("h2")[0].text_content().split()) for li in tree.cssselect(".sources li")]
    assert found == ["B <b> failing", "C silent", "A ok"]
    assert "4 failures in a row: http-503" in tree.text_content() and "3 feeds, 2 in trouble" in tree.text_content()
    assert "s3cret" not in get(page, "/sources").text
    assert "en silencio" in get(page, "/sources?ui=es").text


def test_an_empty_view_explains_what_to_leave_out(page):
    text = html.fromstring(get(page, "/?q=3+helicopters&lang=es&ui=en").text).cssselect(".nothing")[0]
    assert [" ".join(li.text_content().split()) for li in text.cssselect("li")] == [
        "without Language: 1 alert",
        "Clear all",
    ]
    mark(page, id="s3", verdict="wrong")
    assert "Marked by readers: 1 alert" in get(page, "/?q=3+helicopters&ui=en").text


def test_a_view_is_made_once_and_not_sent_to_who_has_it(page):
    page.store.refreshed = datetime.now(UTC)
    first = get(page, "/?ui=en")
    assert get(page, "/?ui=en", **{"if-none-match": first.headers["etag"]}).status_code == 304
    page.put(alert(9))
    assert get(page, "/?ui=en", **{"if-none-match": first.headers["etag"]}).status_code == 200


def test_reasons_are_told_in_both_languages():
    nearest = Nearest(
        statement="x", similarity=0.61, text="t", speaker="Luis Prado", outlet="El Mirador", url="u", seen=NOW
    )
    one = alert(1)
    near = one.statements[0].model_copy(update={"reason": Reason(why="new", nearest=nearest)})
    told = [
        reason_words(one, "es", WORDS["es"], "Iniciativa Mérida"),
        reason_words(one.model_copy(update={"statements": (near,)}), "es", WORDS["es"], "Iniciativa Mérida"),
        reason_words(alert(2, kind="corroborated", outlets=("A", "B")), "es", WORDS["es"], ""),
        reason_words(alert(2, kind="corrected"), "es", WORDS["es"], ""),
    ]
    assert told[0] == "nuevo sobre Iniciativa Mérida por «Mérida Initiative»; el registro no tiene nada parecido"
    assert "0.61: palabras de Luis Prado" in told[1]
    assert told[2] == "ya en 2 medios; visto primero en A"
    assert told[3].startswith("una edición de El Mirador")
    assert reason_words(one, "en", WORDS["en"], "") == one.why


def test_times_are_elements_with_the_exact_time(page):
    times = html.fromstring(get(page, "/").text).cssselect("article time")
    assert times[0].get("datetime") == (NOW + timedelta(seconds=5) - timedelta(minutes=5)).isoformat()
    assert times[0].text == "2026-11-24 11:55 UTC"


def test_an_older_response_is_sent_while_a_new_one_takes_long_but_not_after_a_mark():
    answers, made, ready = Answers(), [], threading.Event()

    def make(slow):
        def run():
            if slow:
                ready.wait(60)
            made.append(slow)
            return Made(str(len(made)).encode())

        return run

    async def ask():
        first = await answers.get(Versions(1, 0), "/", make(False))
        same = await answers.get(Versions(1, 0), "/", make(False))
        old = await answers.get(Versions(2, 0), "/", make(True))
        waiting = asyncio.create_task(answers.get(Versions(2, 1), "/", make(True)))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        ready.set()
        return first, same, old, await waiting

    first, same, old, after_mark = asyncio.run(ask())
    assert first is same is old and after_mark.body != first.body
    assert after_mark.versions == Versions(2, 1)


def test_readers_of_one_view_have_it_made_once_and_a_mistake_is_told_to_all():
    answers, made = Answers(), []

    def make():
        made.append(1)
        time.sleep(0.05)
        raise UnknownValue("topic", "x", ("merida",))

    async def ask():
        asked = (answers.get(Versions(1, 0), "/", make) for _ in range(20))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert {type(found) for found in asyncio.run(ask())} == {UnknownValue}
    assert len(made) == 1


def test_browsers_get_the_page_packed(page):
    packed = httpx.get(page.base + "/?ui=en", headers={"accept-encoding": "gzip"})
    plain = httpx.get(page.base + "/?ui=en", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.text == plain.text and "accept-encoding" in plain.headers["vary"]
