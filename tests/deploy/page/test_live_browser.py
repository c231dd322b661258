"""The page's script in Chromium: local times, what is new, announcements that move nothing, keys; and all without it."""

from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.alerts import alert, dated
from tests.support.browser import CHROMIUM, DESK, DRIVER, PHONE, opened
from tests.support.page_site import site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.light,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium (Debian: apt install chromium chromium-driver)"),
]
NOW = datetime.now(UTC)


@pytest.fixture
def page():
    with site() as made:
        made.put(*(dated(alert(n), NOW - timedelta(minutes=n)) for n in range(15)))
        made.store.refreshed = NOW + timedelta(hours=1)
        yield made


def arrive(page, browser, *numbers):
    """New alerts arrive, and the page looks for them at once instead of in some seconds."""
    page.put(*(dated(alert(n), datetime.now(UTC)) for n in numbers))
    browser.execute_script("look()")
    button = browser.find_element(By.ID, "arrived")
    WebDriverWait(browser, 60).until(lambda _: f"new: {len(numbers)} " in button.text)
    return button


def test_new_cards_announce_themselves_and_move_nothing(page, browser):
    browser.get(page.base + "/?ui=en")
    card = browser.find_elements(By.TAG_NAME, "article")[5]
    browser.execute_script("arguments[0].scrollIntoView()", card)
    before = browser.execute_script("return [scrollY, arguments[0].getBoundingClientRect().top]", card)
    button = arrive(page, browser, 100, 101)
    assert browser.execute_script("return [scrollY, arguments[0].getBoundingClientRect().top]", card) == before
    assert len(browser.find_elements(By.TAG_NAME, "article")) == 15
    button.click()
    WebDriverWait(browser, 60).until(lambda b: len(b.find_elements(By.TAG_NAME, "article")) == 17)
    fresh = "return [...document.querySelectorAll('.fresh')].filter(label => !label.hidden).length"
    WebDriverWait(browser, 60).until(lambda b: b.execute_script(fresh) == 2)


def test_cards_that_move_up_because_another_left_are_not_announced(page, browser):
    page.put(*(dated(alert(n), NOW - timedelta(days=n)) for n in range(20, 40)))
    browser.get(page.base + "/?ui=en")
    page.mark(alert(3), "wrong", "", None)
    browser.execute_script("const look0 = look(); window.done = false; look0.then(() => { window.done = true })")
    WebDriverWait(browser, 60).until(lambda b: b.execute_script("return window.done"))
    assert not browser.find_element(By.ID, "arrived").is_displayed()
    arrive(page, browser, 400)


def test_what_is_new_since_the_last_visit_is_said_to_each_browser(page, browser):
    browser.get(page.base + "/?ui=en")
    browser.execute_script("sessionStorage.clear(); localStorage.clear()")
    fresh = "return [...document.querySelectorAll('.fresh')].filter(label => !label.hidden).length"
    browser.get(page.base + "/?ui=en")
    assert browser.execute_script(fresh) == 0
    page.put(dated(alert(200), datetime.now(UTC)))
    browser.execute_script("sessionStorage.clear()")  # another visit
    browser.get(page.base + "/?ui=en")
    assert browser.execute_script(fresh) == 1
    assert "new since you last looked" in browser.find_elements(By.TAG_NAME, "article")[0].text
    browser.execute_script("sessionStorage.clear()")
    browser.get(page.base + "/?ui=en")
    assert browser.execute_script(fresh) == 0


def test_times_are_those_of_the_readers_clock_with_the_exact_one_in_the_title(page, browser):
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "America/Mexico_City"})
    browser.get(page.base + "/?ui=es")
    time = browser.find_element(By.CSS_SELECTOR, "article time")
    assert time.get_attribute("title") == f"{NOW:%Y-%m-%d %H:%M} UTC"
    mexico = NOW - timedelta(hours=6)
    assert browser.find_elements(By.CSS_SELECTOR, "h2.day")[0].text == f"{mexico:%Y-%m-%d}"
    article = browser.find_element(By.CSS_SELECTOR, "article:first-of-type")
    assert browser.execute_script("return arguments[0].previousElementSibling.className", article) == "day"
    assert f"{mexico:%H:%M}".lstrip("0") in time.text and str(mexico.day) in time.text


def test_the_keys_j_k_and_o_work_and_letters_in_a_field_do_not(page, browser):
    browser.get(page.base + "/?ui=en")
    cards = browser.find_elements(By.TAG_NAME, "article")
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        browser.switch_to.active_element.send_keys(key)
        assert browser.switch_to.active_element == cards[at]
    browser.execute_script(
        "document.addEventListener('click', e => { e.preventDefault(); document.title = e.target.closest('a').href })"
    )
    cards[0].send_keys("o")
    assert browser.title.startswith("https://example.org/0")
    field = browser.find_element(By.NAME, "q")
    field.send_keys("jok")
    assert field.get_attribute("value") == "jok" and browser.switch_to.active_element == field


def test_sound_and_notifications_are_chosen_and_kept(page, browser):
    browser.get(page.base + "/?ui=en")
    assert not browser.find_element(By.ID, "sound").is_selected()
    browser.find_element(By.ID, "sound").click()
    browser.get(page.base + "/?ui=en")
    assert browser.find_element(By.ID, "sound").is_selected()
    browser.execute_script("window.AudioContext = class { constructor() { document.title = 'beep' } }")
    arrive(page, browser, 300)
    WebDriverWait(browser, 60).until(lambda b: b.title == "beep")


def test_a_desktop_notification_tells_who_said_what(page, browser):
    origin = {"origin": page.base, "permissions": ["notifications"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", origin)
    browser.get(page.base + "/?ui=en")
    browser.find_element(By.ID, "notify").click()
    WebDriverWait(browser, 60).until(lambda b: b.find_element(By.ID, "notify").is_selected())
    browser.execute_script(
        "window.Notification = class { static permission = 'granted';"
        " constructor(title, options) { document.title = `${title}: ${options.body}` } }"
    )
    arrive(page, browser, 500)
    WebDriverWait(browser, 60).until(lambda b: b.title == "Ana Ruiz: The Mérida Initiative cost us 500 helicopters")


def test_a_mark_is_made_on_the_card_and_the_card_leaves(page, browser):
    browser.get(page.base + "/?ui=en")
    card = browser.find_elements(By.TAG_NAME, "article")[1]
    card.find_element(By.TAG_NAME, "summary").click()
    card.find_element(By.NAME, "note").send_keys("the city")
    card.find_element(By.CSS_SELECTOR, "button[value=wrong-topic]").click()
    WebDriverWait(browser, 60).until(lambda b: len(b.find_elements(By.TAG_NAME, "article")) == 14)
    assert page.marked == [("s1", "wrong-topic", "the city", None)]
    assert browser.current_url == page.base + "/?ui=en"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_without_the_script_all_is_there(page, size):
    browser = opened("light", size)
    try:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        browser.get(page.base + "/?ui=en")
        assert len(browser.find_elements(By.TAG_NAME, "article")) == 15
        assert browser.find_element(By.CSS_SELECTOR, "article time").text == f"{NOW:%Y-%m-%d %H:%M} UTC"
        assert not browser.find_element(By.ID, "arrived").is_displayed()
        assert not browser.find_element(By.CSS_SELECTOR, "section.live").is_displayed()
        if size == PHONE:
            browser.find_element(By.CSS_SELECTOR, ".jump a").click()
        field = browser.find_element(By.NAME, "q")
        assert field.rect["y"] >= 0
        field.send_keys("3 helicopters", Keys.ENTER)
        WebDriverWait(browser, 60).until(lambda b: "q=3+helicopters" in b.current_url)
        assert len(browser.find_elements(By.TAG_NAME, "article")) == 1
    finally:
        browser.quit()
