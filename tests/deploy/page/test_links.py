"""The links to mark an alert that messages carry: opening one changes nothing, confirming marks once."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import httpx
import pytest
from lxml import html

from connectors.delivery.mark_links import link_maker
from connectors.errors import BrokerGone
from deploy.page.links import UsedLinks
from tests.support.alerts import alert
from tests.support.page_site import LINK_KEY, site


@pytest.fixture
def page():
    with site(trusted=(ip_network("10.9.8.7/32"),)) as made:
        made.put(alert(1, text="<b>It</b> ended"), alert(2, story="story1"))
        yield made


def links(page, one=None, days=14):
    return link_maker(page.base, LINK_KEY, "desk", timedelta(days=days))(one or alert(1), datetime.now(UTC))


def told(answer) -> str:
    return " ".join(html.fromstring(answer.text).text_content().split())


def test_opening_a_link_changes_nothing_and_asks(page):
    for call in (httpx.get, httpx.head, httpx.options):
        call(links(page).wrong)
    answer = httpx.get(links(page).wrong)
    assert (answer.status_code, page.marked) == (200, [])
    assert (
        "<b>It</b>" not in answer.text and "Ana Ruiz said" in told(answer) and "Nothing has changed yet" in told(answer)
    )
    assert answer.headers["cache-control"] == "no-store"
    (form,) = html.fromstring(answer.text).cssselect("form")
    assert form.get("method") == "post" and form.get("action") is None


@pytest.mark.parametrize("mark", ["wrong", "mute"])
def test_confirming_marks_without_a_login_and_says_who_sent_the_link(page, mark):
    answer = httpx.post(getattr(links(page), mark))
    assert answer.status_code == 200 and "Done." in told(answer)
    assert page.marked == [("s1", mark, "", "link of desk")]
    assert "ended" not in httpx.get(page.base + "/").text
    assert html.fromstring(answer.text).cssselect(f'a[href="{links(page).page}"]')


def test_a_link_marks_once_also_after_the_mark_was_taken_back(page):
    link = links(page).wrong
    httpx.post(link)
    page.mark(alert(1), None, "", None)
    again, opened = httpx.post(link), httpx.get(link)
    assert (again.status_code, opened.status_code) == (410, 410)
    assert "was used already" in told(again) and "was used already" in told(opened)
    assert len(page.marked) == 2, "the mark and its removal"
    assert httpx.post(links(page).mute).status_code == 200, "the other link of the message was not used"


def test_what_was_not_signed_is_refused_with_a_reason(page):
    link = links(page).wrong
    changed = [
        link.replace("/wrong/", "/mute/"),
        link.replace("/s1?", "/s2?"),
        link.replace("route=desk", "route=d"),
        link[:-1],
    ]
    for address in (*changed, link.partition("?")[0]):
        answer = httpx.post(address)
        assert (answer.status_code, "not as it was sent" in told(answer)) == (403, True), address
    assert httpx.post(link.replace("/wrong/", "/clear/")).status_code == 404
    assert page.marked == []


def test_an_expired_link_and_one_to_an_alert_that_is_gone_are_refused_with_a_reason(page):
    old, gone = httpx.post(links(page, days=-2).wrong), httpx.post(links(page, alert(99)).wrong)
    assert (old.status_code, "has expired" in told(old)) == (410, True)
    assert (gone.status_code, "no longer kept" in told(gone)) == (404, True)
    assert page.marked == []


def test_it_asks_in_spanish_too(page):
    answer = httpx.get(links(page).mute, headers={"accept-language": "es"})
    assert "¿No mostrar ni enviar nada más de esta historia?" in told(answer)


def test_a_link_can_be_used_again_when_the_mark_could_not_be_written(page):
    def gone(*_):
        raise BrokerGone("no Kafka")

    write, page.mark = page.mark, gone
    assert httpx.post(links(page).wrong).status_code == 503
    page.mark = write
    assert httpx.post(links(page).wrong).status_code == 200


def test_used_links_are_known_after_a_restart_until_they_expire(tmp_path):
    path, now, marked = tmp_path / "links.used", datetime.now(UTC), []
    soon, later = int(now.timestamp()) + 60, int(now.timestamp()) + 9000
    used = UsedLinks(path, now)
    assert used.use("a", soon, lambda: marked.append("a")) and used.use("b", later, lambda: marked.append("b"))
    path.open("a").write("half a li")  # the process was killed while it wrote
    again = UsedLinks(path, now)
    assert not again.use("a", soon, lambda: marked.append("a again")) and "b" in again
    assert marked == ["a", "b"]
    after = UsedLinks(path, now + timedelta(hours=1))
    assert "a" not in after and "b" in after
    assert path.read_text() == f"{later} b\n"


def test_a_page_without_an_address_has_no_such_links():
    with site(linked=False) as made:
        made.put(alert(1))
        assert httpx.post(links(made).wrong).status_code in (404, 405)
        assert made.marked == []
