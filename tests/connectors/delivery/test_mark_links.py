"""Links in messages: signed over all that they do, in every kind of message, with one key for all processes."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery import message_text
from connectors.delivery.apprise_sink import Notice, limit
from connectors.delivery.mark_links import LINKED_MARKS, MarkLink, link_maker, read_key, read_link, why_refused
from connectors.delivery.message_html import html_messages
from connectors.delivery.routes import links_of
from connectors.delivery.secrets import NoSecret
from connectors.delivery.webhook_sink import Webhook
from schemas.delivery import Secret
from schemas.settings import PageSettings, Settings
from tests.support.alerts import NOW, alert
from tests.support.chat_services import URLS, service
from tests.support.receiver import SECRET, Receiver

KEY = b"k" * 32
LINKS = link_maker("https://desk.example", KEY, "desk", timedelta(days=14))


def read(url: str) -> tuple[MarkLink, str]:
    parts = urlsplit(url)
    _, link, mark, topic, name = parts.path.split("/")
    assert link == "link"
    return read_link(mark, unquote(topic), unquote(name), dict(parse_qsl(parts.query)))


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(LINKED_MARKS))
def test_any_link_is_read_as_it_was_written_and_holds_until_its_day_is_over(topic, name, mark):
    one = alert(1, id=name, topic=topic)
    link, signature = read(getattr(LINKS(one, NOW), mark))
    assert (link.mark, link.topic, link.alert, link.route) == (mark, topic, name, "desk")
    assert why_refused(link, signature, KEY, NOW + timedelta(days=14)) is None
    assert why_refused(link, signature, KEY, NOW + timedelta(days=15)) == "link_expired"
    assert LINKS(one, NOW + timedelta(hours=3)) == LINKS(one, NOW), "another try sends the same link"


@pytest.mark.parametrize(
    "change", [{"mark": "mute"}, {"topic": "x"}, {"alert": "s2"}, {"route": "d"}, {"until": 2_000_000_000}]
)
def test_a_link_can_do_nothing_but_what_was_signed(change):
    link, signature = read(LINKS(alert(1), NOW).wrong)
    assert why_refused(replace(link, **change), signature, KEY, NOW) == "link_changed"
    assert why_refused(link, signature, b"another key that is long enough.", NOW) == "link_changed"
    assert why_refused(link, signature[:-1], KEY, NOW) == "link_changed"
    assert why_refused(link, "ñ", KEY, NOW) == "link_changed"


@pytest.mark.parametrize("until", ["", "x", "-1", "1e9", "٣", "9" * 400])
def test_a_time_that_is_none_is_no_time(until):
    link, _ = read_link("wrong", "merida", "s1", {"until": until})
    assert link.until == 0


def test_all_processes_get_the_same_key_and_nobody_else_can_read_it(tmp_path):
    path, found = tmp_path / "data" / "links.key", []
    threads = [threading.Thread(target=lambda: found.append(read_key(path, make=True))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 8 and len(found[0]) >= 32
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == ["links.key"]


@pytest.mark.parametrize(
    ("content", "told"), [(None, "No such file"), ("short", "at least"), (b"\xff" * 40, "no text")]
)
def test_a_key_file_that_cannot_be_used_is_refused(tmp_path, content, told):
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(NoSecret, match=told):
        links_of(Settings(page=PageSettings(address="https://desk.example/", links_key=path)), "desk")
    assert links_of(Settings(page=PageSettings(links_key=path)), "desk") is None, (
        "without an address there are no links"
    )


def test_a_webhook_has_the_links_of_each_alert_as_fields():
    with Receiver() as desk:
        hook = Webhook(Secret(value=f"http://127.0.0.1:{desk.port}/"), Secret(value=SECRET), LINKS)
        assert hook.send([alert(1), alert(2)], NOW).taken
        hook.close()
    first, second = json.loads(desk.got[0][1])["links"]
    assert first == {"alert": "s1", "topic": "merida", **LINKS(alert(1), NOW)._asdict()}
    assert second["wrong"] == LINKS(alert(2), NOW).wrong


def test_ntfy_opens_the_card_at_a_tap_and_has_two_buttons():
    with Receiver() as desk:
        assert Notice(Secret(value=f"ntfy://127.0.0.1:{desk.port}/desk"), LINKS).send([alert(1)], NOW).taken
        own = f"ntfy://127.0.0.1:{desk.port}/desk?click=https%3A%2F%2Fown.example"
        assert Notice(Secret(value=own), LINKS).send([alert(1)], NOW).taken
        assert Notice(Secret(value=own), LINKS).send([alert(1), alert(2)], NOW).taken
    links = LINKS(alert(1), NOW)
    (sent, _), (other, _), (digest, _) = desk.got
    assert sent["X-Click"] == links.page
    assert sent["X-Actions"] == f"view, Wrong, {links.wrong}; view, Mute this story, {links.mute}"
    assert other["X-Click"] == "https://own.example" and "X-Actions" in other
    assert "X-Actions" not in digest, "a digest has the links of each alert in its text"


@pytest.mark.parametrize("name", ["discord", "telegram", "slack", "ntfy"])
def test_a_message_of_every_chat_has_the_links_as_text(name):
    ((_, body),) = message_text.messages([alert(1)], limit(service(name)), lambda one: LINKS(one, NOW))
    assert [line for line in body.splitlines() if "desk.example" in line] == [
        f"{word}: {address}" for word, address in zip(message_text.LINK_WORDS["en"], LINKS(alert(1), NOW), strict=True)
    ]


@pytest.mark.parametrize("name", URLS)
def test_a_long_message_keeps_its_source_and_if_it_can_the_card(name):
    long = alert(1, text="palabra " * 9000)
    most = limit(service(name))
    for title, body in message_text.messages([long, long], most, lambda one: LINKS(one, NOW)):
        assert message_text.size(title + body) <= most
        assert long.article.link in body
        assert name == "sms" or LINKS(long, NOW).page in body


@given(st.integers(400, 4000), st.lists(st.text(min_size=1, max_size=900), min_size=1, max_size=3))
def test_any_words_fit_any_limit_as_html_and_are_escaped(most, texts):
    alerts = [alert(n, text=text + "<script>") for n, text in enumerate(texts, 1)]
    told = html_messages(alerts, most, lambda one: LINKS(one, NOW))
    assert all(message_text.size(title + body) <= most for title, body in told)
    assert not any("<script" in body for _, body in told)
