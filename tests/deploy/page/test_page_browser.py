"""The page as a person has it: in Chromium, wide and on a phone, light and dark, by keyboard, with hostile text."""

import functools
import threading
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from axe_selenium_python import Axe
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from connectors.delivery.mark_links import link_maker
from pipelines.newness.compose import link_to
from schemas.article import CleanArticle, TaggedArticle
from schemas.codec import encode
from schemas.feed import FeedState
from tests.support.alerts import alert, dated
from tests.support.browser import CHROMIUM, DESK, DRIVER, PHONE, opened
from tests.support.page_site import LINK_KEY, site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.light,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium (Debian: apt install chromium chromium-driver)"),
]
HOSTILE = "</mark><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">" + "w" * 300
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def page():
    with site() as made:
        for n in range(12):
            lang = "es" if n % 3 == 0 else "en"
            one = alert(n, topic=("merida", "arms-trafficking")[n % 2], lang=lang)
            made.put(dated(one, NOW - timedelta(days=n)))
        made.put(dated(alert(50, speaker=HOSTILE, text=HOSTILE, title=HOSTILE, outlet=HOSTILE), NOW))
        text = "The first paragraph.\n\n" + alert(0).statements[0].text + "\n\n" + "A long tail of words. " * 400
        states = (
            ("ok", {"last_success": NOW}),
            ("bad", {"failures": 3, "last_error": "http-503", "trouble": ["failing"]}),
        )
        for name, fields in states:
            state = FeedState(url=f"https://{name}.example/", outlet=name, next_poll=NOW, **fields)
            made.store.put("feeds.state", encode(state))
        article = CleanArticle(title="T", text=text, url="https://example.org/0", outlet="El Mirador")
        made.store.put(
            "articles.tagged",
            encode(TaggedArticle(id="a0", version="v1", feed="f", origin="live", seen=NOW, article=article)),
        )
        made.store.refreshed = NOW + timedelta(hours=1)
        yield made


def linked(number):
    """The path of the link that marks an alert as wrong."""
    make = link_maker("", LINK_KEY, "desk", timedelta(days=1))
    return make(alert(number), datetime.now(UTC)).wrong


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_names_and_roles_hold_and_nothing_overflows(page, size, scheme):
    browser = opened(scheme, size)
    try:
        for path in (
            "/",
            "/?ui=es&topic=merida",
            "/alert/merida/s0",
            "/alert/merida/s50",
            "/nothing",
            "/?topic=none",
            "/speaker?speaker=Ruiz",
            "/sources?ui=es",
            "/?q=nothing-like-this",
            "/?marked=all",
            linked(0),
            linked(50),
            linked(0).replace("wrong", "mute"),
        ):
            browser.get(page.base + path)
            axe = Axe(browser)
            axe.inject()
            found = axe.run()["violations"]
            assert not found, f"{path}: {[(v['id'], [n['html'][:120] for n in v['nodes']]) for v in found]}"
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= size[0], f"{path} is {wide} wide on {size[0]}"
            assert browser.execute_script("return getComputedStyle(document.body).fontSize") >= "16px"
    finally:
        browser.quit()


def test_hostile_text_does_nothing_and_nothing_is_refused_by_the_policy(page, browser):
    for path in ("/", "/alert/merida/s50", "/?q=%3Cscript%3Edocument.title%3D1%3C/script%3E"):
        browser.get(page.base + path)
        assert browser.title != "owned"
        assert browser.find_elements(By.TAG_NAME, "img") == []
        scripts = [s.get_attribute("src") for s in browser.find_elements(By.TAG_NAME, "script")]
        assert scripts == [page.base + "/static/live.js"]
        loaded = browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
        assert loaded and all(url.startswith(page.base) for url in loaded)
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def test_every_link_of_our_own_leads_to_a_page(page, browser):
    browser.get(page.base + "/")
    links = {a.get_attribute("href") for a in browser.find_elements(By.CSS_SELECTOR, "a[href]")}
    own = sorted(link for link in links if isinstance(link, str) and link.startswith(page.base) and "#" not in link)
    assert len(own) > 20
    assert {httpx.get(link).status_code for link in own} == {200}


def test_a_visitor_filters_by_form_by_name_and_by_day(page, browser):
    browser.get(page.base + "/?ui=en")
    browser.find_element(By.NAME, "q").send_keys("3 helicopters", Keys.ENTER)
    WebDriverWait(browser, 60).until(lambda _: "q=3+helicopters" in browser.current_url)
    WebDriverWait(browser, 60).until(lambda _: len(browser.find_elements(By.TAG_NAME, "article")) == 1)
    browser.get(page.base + "/?ui=en")
    browser.find_element(By.CSS_SELECTOR, "article .who[href*='Ruiz']").click()
    WebDriverWait(browser, 60).until(lambda _: "speaker?speaker=Ana%20Ruiz" in browser.current_url)
    WebDriverWait(browser, 60).until(lambda _: len(browser.find_elements(By.TAG_NAME, "article")) == 12)
    browser.get(page.base + "/?ui=en")
    browser.find_elements(By.CSS_SELECTOR, "svg a")[0].send_keys(Keys.ENTER)
    WebDriverWait(browser, 60).until(lambda _: "day=" in browser.current_url)
    WebDriverWait(browser, 60).until(lambda _: len(browser.find_elements(By.TAG_NAME, "article")) == 1)
    browser.find_element(By.CSS_SELECTOR, "header .other").click()
    assert "1 alerta" in browser.find_element(By.CSS_SELECTOR, ".count").text
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "es"


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page, browser):
    browser.get(page.base + "/")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    skip = browser.switch_to.active_element
    assert skip.get_attribute("class") == "skip"
    assert skip.rect["x"] >= 0
    skip.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"
    browser.get(page.base + "/alert/merida/s0")
    reached = []
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        here = browser.switch_to.active_element
        if here.tag_name == "body":
            break
        reached.append(here.tag_name)
        if here.tag_name == "button":
            assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", here) == "solid"
    assert reached.count("button") == 5 and reached.count("a") >= 4


def test_the_statement_is_marked_in_its_text_and_readers_can_mark_the_alert(page, browser):
    browser.get(page.base + "/alert/merida/s0?ui=en")
    marks = browser.find_elements(By.CSS_SELECTOR, ".text mark")
    assert [m.text for m in marks] == [alert(0).statements[0].text]
    colour = browser.execute_script("return getComputedStyle(arguments[0]).backgroundColor", marks[0])
    assert colour != "rgba(0, 0, 0, 0)"
    browser.find_element(By.CSS_SELECTOR, "button[value=wrong]").click()
    WebDriverWait(browser, 60).until(lambda b: b.find_elements(By.CSS_SELECTOR, "button[value=clear]"))
    assert page.marked[-1] == ("s0", "wrong", "", None)
    assert "Marked as wrong" in browser.find_element(By.TAG_NAME, "main").text
    browser.find_element(By.CSS_SELECTOR, "button[value=clear]").click()
    WebDriverWait(browser, 60).until(lambda b: b.find_elements(By.CSS_SELECTOR, "button[value=wrong]"))
    assert page.marked[-1] == ("s0", None, "", None)


def test_the_link_of_an_alert_opens_the_article_at_the_statement(browser, tmp_path):
    said = "Mexico’s “well-known” plan, he said, is dead and nobody will bring it back"
    filler = "<p>Nothing of note happened on that day.</p>" * 200
    (tmp_path / "a.html").write_text(f"<meta charset=utf-8><body>{filler}<p>“{said},” she added.</p>{filler}")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.get(link_to(f"http://127.0.0.1:{server.server_port}/a.html", [said]))
        place = browser.find_element(By.XPATH, "//p[contains(., 'she added')]").rect["y"]
        top = browser.execute_script("return scrollY")
        assert top < place < top + browser.execute_script("return innerHeight")
        server.shutdown()


def test_without_alerts_it_says_so(browser):
    with site() as empty:
        browser.get(empty.base + "/?ui=en")
        assert "No alert has been raised yet" in browser.find_element(By.TAG_NAME, "main").text
