"""The page and the feeds over HTTP: filters in the URL, two languages, everything escaped, conditional GET, marks."""

import json
import socket
from datetime import UTC, date, datetime, timedelta

import feedparser
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from deploy.page import feeds
from deploy.page.cards import PER_PAGE
from deploy.page.marking import marked_paragraphs
from deploy.page.query import Query, UnknownValue
from deploy.page.rows import row_of
from deploy.page.serve import serve_page
from deploy.page.timeline import FEWEST, MOST, timeline
from deploy.page.words import WORDS, language
from schemas.article import CleanArticle, TaggedArticle
from schemas.codec import encode
from schemas.settings import PageSettings, Settings
from schemas.statement import LedgerEntry, Sighting
from tests.support.alerts import NOW, alert, dated
from tests.support.page_site import site

HOSTILE = "</blockquote><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}\u202e\x1b[2J"
HOSTILE_ALERT = alert(100, speaker=HOSTILE, text=HOSTILE, title=HOSTILE, outlet=HOSTILE, url="javascript:alert(1)")
MANY = [alert(n, topic="merida" if n % 2 else "arms-trafficking", lang="es" if n % 3 else "en") for n in range(70)]


@pytest.fixture(scope="module")
def page():
    with site() as made:
        made.put(*MANY, HOSTILE_ALERT)
        yield made


def get(page, path, **headers):
    return httpx.get(page.base + path, headers=headers)


def cards(answer):
    return html.fromstring(answer.text).cssselect("section article")


def test_the_newest_come_first_a_page_at_a_time(page):
    first, last = get(page, "/"), get(page, "/?page=4")
    assert len(cards(first)) == PER_PAGE
    assert "71 alerts" in first.text
    assert "69 helicopters" in cards(first)[1].text_content()
    assert len(cards(last)) == 71 - 3 * PER_PAGE
    assert "page=3" in last.text and "page=5" not in last.text


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/?topic=merida", 36),
        ("/?lang=en", 25),
        ("/?speaker=ana+ruiz&topic=merida", 35),
        ("/?q=17+HELICOPTERS", 1),
        ("/?q=helicopter+17+ruiz", 1),
        ("/?q=%2217+helicopters%22", 1),
        ("/?q=%22helicopters+17%22", 0),
        ("/?q=copters", 0),
        ("/?q=%22", 71),
        ("/?day=2026-11-24", 71),
        ("/?day=2026-11-23", 0),
        ("/?outlet=nowhere", 0),
        ("/?page=999", 71),
        ("/?page=-1&kind=corrected", 0),
        ("/?page=99999999999999999999", 71),
    ],
)
def test_filters_stand_in_the_url(page, path, count):
    answer = get(page, path)
    assert answer.status_code == 200
    assert f"{count} alert" in answer.text


def test_text_of_a_page_is_shown_and_never_obeyed(page):
    for path in ("/", "/alert/merida/s100", f"/?q={HOSTILE[:40]}", "/?speaker=%3Cscript%3Ealert(1)%3C/script%3E"):
        answer = get(page, path)
        tree = html.fromstring(answer.text)
        assert [s.get("src") for s in tree.cssselect("script")] == ["/static/live.js"]
        assert not tree.cssselect("img, iframe, [onerror], [style], [onclick]")
        assert not [a for a in tree.cssselect("[href]") if a.get("href").lower().startswith(("javascript:", "data:"))]
        assert "49" not in tree.cssselect("h1")[0].text_content()
        assert "\x1b" not in answer.text and "\u202e" not in answer.text
    assert "<script>alert(1)" in cards(get(page, "/"))[0].text_content()


def test_nothing_is_asked_for_elsewhere_and_the_policy_forbids_it(page):
    for path in ("/", "/alert/merida/s1", "/static/style.css", "/nothing", "/feeds/all.atom"):
        answer = get(page, path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy and "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        if "html" in answer.headers["content-type"]:
            tree = html.fromstring(answer.text)
            loaded = [*tree.xpath("//@src"), *tree.xpath("//link[@rel='stylesheet' or @rel='icon']/@href")]
            assert loaded and all(url.startswith("/static/") for url in loaded)


def test_the_interface_speaks_english_and_spanish(page):
    assert WORDS["en"].keys() == WORDS["es"].keys()
    assert not [key for key in WORDS["en"] if hasattr(dict, key)], "a template would take these for methods"
    assert "built-in" not in get(page, "/").text
    assert 'lang="es"' in get(page, "/", **{"accept-language": "es-MX,es;q=0.9,en;q=0.8"}).text[:60]
    spanish = get(page, "/?ui=es&topic=merida", **{"accept-language": "en"})
    assert "36 alertas" in spanish.text
    assert "topic=merida&amp;ui=en" in spanish.text
    assert "Iniciativa Mérida y Entendimiento Bicentenario" in spanish.text
    assert (language("fr", "fr,de"), language("", "*"), language("", "")) == ("en", "en", "en")


def test_one_alert_with_its_sightings_and_its_source_text_marked(page):
    one = alert(200)
    said = one.statements[0].text
    text = f"The first paragraph.\n\n“{said},” the minister said.\n\nThe last <b>paragraph</b>."
    article = CleanArticle(title="T", text=text, url="https://example.org/200", outlet="El Mirador")
    page.put(one)
    page.store.put(
        "articles.tagged",
        encode(TaggedArticle(id="a200", version="v1", feed="f", origin="live", seen=NOW, article=article)),
    )
    sightings = tuple(
        Sighting(article=f"x{n}", version="v", outlet=f"Outlet {n}", url=f"https://o{n}.example/", at=NOW)
        for n in range(3)
    )
    page.store.put(
        "statements",
        encode(
            LedgerEntry(
                id="s200", text=said, kind="direct", topics=("merida",), sightings=sightings, alert="s200", why="new"
            )
        ),
    )
    tree = html.fromstring(get(page, "/alert/merida/s200").text)
    assert [m.text_content() for m in tree.cssselect(".text mark")] == [said]
    assert [p.text_content() for p in tree.cssselect(".text p")] == text.split("\n\n")
    assert [li.cssselect("a")[0].get("href") for li in tree.cssselect(".sightings li")] == [s.url for s in sightings]
    assert tree.cssselect(".source a")[0].get("href") == one.article.link
    assert "no longer kept" not in tree.text_content()
    assert "no longer kept" in get(page, "/alert/merida/s1").text


@given(st.text(), st.lists(st.text(max_size=9), max_size=3))
def test_no_text_is_lost_by_marking(text, statements):
    found = marked_paragraphs(text, statements)
    assert ["".join(p.text for p in pieces) for pieces in found] == [p for p in text.split("\n\n") if p.strip()]


def test_a_mark_is_taken_from_this_page_only(page):
    form = {"topic": "merida", "id": "s1", "verdict": "wrong", "ui": "es"}
    for origin in (None, "https://evil.example", "null"):
        answer = httpx.post(page.base + "/mark", data=form, headers={"origin": origin} if origin else {})
        assert answer.status_code == 403
    answer = httpx.post(page.base + "/mark", data=form, headers={"origin": page.base})
    assert (answer.status_code, answer.headers["location"]) == (303, "/alert/merida/s1?ui=es")
    assert page.marked == [("s1", "wrong", "", None)]
    assert "Marked as wrong" in get(page, "/alert/merida/s1").text
    for spoilt in ({"id": "s9999"}, {"verdict": "delete"}, {"topic": "../../etc"}):
        answer = httpx.post(page.base + "/mark", data=form | spoilt, headers={"origin": page.base})
        assert answer.status_code in (400, 404)
    httpx.post(page.base + "/mark", data=form | {"verdict": "clear"}, headers={"origin": page.base})
    assert page.marked[1:] == [("s1", None, "", None)]


def test_another_name_for_this_address_is_not_served(page):
    assert httpx.get(page.base + "/", headers={"host": "evil.example"}).status_code == 400


def test_no_path_leads_out_of_the_static_files(page):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
        assert get(page, path).status_code == 404


def test_an_atom_feed_is_read_by_a_reader_and_its_ids_stay(page):
    answer = get(page, "/feeds/merida.atom")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert {entry.id for entry in feed.entries} >= {"urn:borderwire:alert:merida:s1"}
    assert all("arms" not in entry.id for entry in feed.entries)
    assert feed.entries[0].link.startswith(("https://example.org/", page.base))
    everything = feedparser.parse(get(page, "/feeds/all.atom").content)
    assert len(everything.entries) > len(feed.entries)
    hostile = next(e for e in everything.entries if e.id.endswith(":s100"))
    assert hostile.link == f"{page.base}/alert/merida/s100"
    assert "&lt;script&gt;" in feeds.content(alert(1, text=HOSTILE))


def test_a_json_feed_holds_the_same(page):
    answer = get(page, "/feeds/merida.json")
    assert answer.headers["content-type"] == "application/feed+json"
    found = json.loads(answer.content)
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    atom = feedparser.parse(get(page, "/feeds/merida.atom").content)
    assert [item["id"] for item in found["items"]] == [entry.id for entry in atom.entries]
    assert {"id", "url", "title", "content_html", "date_published"} <= found["items"][0].keys()


def test_a_feed_that_did_not_change_is_not_sent_again(page):
    first = get(page, "/feeds/arms-trafficking.atom")
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    for headers in ({"if-none-match": tag}, {"if-none-match": f'"x", {tag}'}, {"if-modified-since": changed}):
        again = get(page, "/feeds/arms-trafficking.atom", **headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for headers in ({"if-none-match": '"x"', "if-modified-since": changed}, {"if-modified-since": "nonsense"}):
        assert get(page, "/feeds/arms-trafficking.atom", **headers).status_code == 200
    page.put(alert(300, topic="arms-trafficking"))
    assert get(page, "/feeds/arms-trafficking.atom", **{"if-none-match": tag}).status_code == 200


def test_unknown_feeds_and_empty_ones():
    assert feedparser.parse(feeds.atom([], Query(topic="merida"), "http://127.0.0.1")).entries == []
    assert json.loads(feeds.json_feed([], Query(topic="merida"), "http://127.0.0.1"))["items"] == []


@pytest.mark.parametrize("path", ["/feeds/all.rss", "/alert/merida/none", "/x"])
def test_what_is_not_there_is_not_found(page, path):
    answer = get(page, path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_the_timeline_counts_each_day_by_topic():
    rows = [row_of(a) for a in (alert(1), alert(2, topic="arms-trafficking"), alert(3), days_ago(2))]
    bars = timeline(rows, ("merida", "arms-trafficking"), NOW.date())
    assert len(bars) == FEWEST
    assert [(bar.day, bar.count) for bar in bars if bar.count] == [("2026-11-22", 1), ("2026-11-24", 3)]
    assert [(part.topic, part.count) for part in bars[-1].parts] == [("merida", 2), ("arms-trafficking", 1)]
    assert bars[-1].parts[1].bottom == pytest.approx(2 / 3)
    assert len(timeline([*rows, row_of(days_ago(500))], ("merida",), NOW.date())) == MOST
    assert timeline([], ("merida",), date(2026, 1, 1))[0].parts == ()


def days_ago(days):
    return dated(alert(3), NOW - timedelta(days=days))


@given(st.dictionaries(st.sampled_from(["topic", "speaker", "outlet", "lang", "kind", "day", "q", "page"]), st.text()))
def test_any_url_is_read_or_refused_by_name(parameters):
    try:
        query = Query.read(parameters, ("merida",))
    except UnknownValue as error:
        assert parameters[error.name].strip().startswith(error.value) and error.valid
        return
    assert query.page >= 1
    address = httpx.QueryParams(query.url("en", page=query.page).removeprefix("/?"))
    assert Query.read(dict(address), ("merida",)) == query
    query.select([row_of(alert())], lambda _: False)


def test_a_page_that_kafka_left_says_so(page):
    page.store.refreshed = datetime.now(UTC)
    assert "Kafka has not answered" not in get(page, "/").text
    page.store.refreshed = datetime.now(UTC) - timedelta(minutes=5)
    assert "Kafka has not answered" in get(page, "/").text


def test_a_port_that_is_taken_is_named_before_anything_else_is_done(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert serve_page(Settings(page=PageSettings(port=port))) == 1
    assert f"page.port {port} of 127.0.0.1: [Errno 98] Address already in use" in capsys.readouterr().err
