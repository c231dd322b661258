"""Messages above a service's limit: digests are split between alerts, a long alert is shortened and keeps its link."""

import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery import message_text
from connectors.delivery.apprise_sink import Notice, limit, refused
from schemas.delivery import Secret
from tests.support.alerts import NOW, alert
from tests.support.chat_services import URLS, service
from tests.support.receiver import Receiver

LONG = "El puente cerrará dos noches y nadie habló de los camiones. "


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("many", [1, 8])
def test_no_message_is_longer_than_its_service_takes_and_no_link_is_lost(name, many):
    alerts = [alert(n, text=f"Punto {n}. " + LONG * 60, url=f"https://e.org/{n}") for n in range(1, many + 1)]
    told = message_text.messages(alerts, limit(service(name)))
    assert all(message_text.size(title + body) <= limit(service(name)) for title, body in told)
    whole = "\n".join(body for _, body in told)
    for number, one in enumerate(alerts, 1):
        assert one.article.link in whole
        assert name == "sms" or f"Punto {number}." in whole


def test_a_message_that_fits_is_one_message_with_everything():
    ((title, body),) = message_text.messages([alert(1), alert(2)], 30_000)
    assert title == message_text.title([alert(1), alert(2)])
    assert body == message_text.body([alert(1), alert(2)])


@given(st.integers(60, 4000), st.lists(st.text(min_size=1, max_size=600), min_size=1, max_size=4))
def test_any_words_fit_any_limit(most, texts):
    alerts = [alert(n, text=text) for n, text in enumerate(texts, 1)]
    told = message_text.messages(alerts, most)
    assert len(told) <= len(alerts)
    assert all(message_text.size(title + body) <= most for title, body in told)


@pytest.fixture
def chat(monkeypatch):
    """A chat that answers with `answers`, one after the other, then 204; `got` is what was said there."""
    from apprise.plugins.discord import NotifyDiscord

    answers = []

    def answer(request):
        request.send_response(answers.pop(0) if answers else 204)
        request.send_header("content-length", "0")
        request.end_headers()

    with Receiver(answer=answer) as receiver:
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{receiver.port}/hooks")
        monkeypatch.setattr(NotifyDiscord, "request_rate_per_sec", 0)
        yield Chat(receiver, answers)


class Chat(NamedTuple):
    receiver: Receiver
    answers: list[int]

    @property
    def got(self):
        return [json.loads(body)["content"] for _, body in self.receiver.got]


def test_a_digest_in_several_messages_goes_on_where_a_try_failed(chat):
    notice = Notice(Secret(value=URLS["discord"]))
    alerts = [alert(n, text=f"Punto {n}. " + LONG * 12) for n in range(1, 4)]
    chat.answers[:] = [204, 503]
    assert not notice.send(alerts, NOW).taken
    answer = notice.send(alerts, NOW)
    assert answer.taken and answer.told == "taken in 3 messages"
    assert [next(n for n in "123" if f"Punto {n}." in text) for text in chat.got] == ["1", "2", "2", "3"]


def test_a_message_that_is_refused_as_such_is_told_from_a_destination_that_is_down(chat):
    notice = Notice(Secret(value=URLS["discord"]))
    chat.answers[:] = [400, 503]
    assert notice.send([alert(1)], NOW).refused
    assert not notice.send([alert(1)], NOW).refused


@pytest.mark.parametrize(
    ("said", "of_the_message"),
    [
        ("Failed: Bad Request: message is too long, error=400.", True),
        ("Failed: Request Entity Too Large, error=413.", True),
        ("Failed: Bad Request: chat not found, error=400.", False),
        ("Failed: Unauthorized, error=401.", False),
        ("A connection error occurred", False),
    ],
)
def test_what_the_other_side_says_of_a_message(said, of_the_message):
    assert refused(said) == of_the_message
