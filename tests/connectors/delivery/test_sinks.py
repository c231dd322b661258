"""What leaves the machine for webhooks and Apprise, and which answer counts as delivered."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from connectors.delivery import message_text
from connectors.delivery.apprise_sink import Notice
from connectors.delivery.webhook_sink import Webhook
from schemas.codec import encode
from schemas.delivery import Secret
from tests.support.alerts import NOW, alert
from tests.support.receiver import SECRET, Receiver


def hook(receiver, secret=SECRET):
    return Webhook(Secret(value=f"http://127.0.0.1:{receiver.port}/hook-token-123"), Secret(value=secret))


def test_a_webhook_is_signed_as_an_independent_library_checks_it():
    import datetime as dt

    now = dt.datetime.now(dt.UTC)
    with Receiver() as receiver:
        assert hook(receiver).send([alert(1)], now).taken
        assert hook(receiver).send([alert(1), alert(2)], now).taken
    (headers, body), (digest_headers, digest_body) = receiver.got
    payload = Verifier(SECRET).verify(body, headers)
    assert payload["type"] == "alert.new"
    assert payload["data"] == json.loads(encode(alert(1)))
    assert {k.lower(): v for k, v in headers.items()}["webhook-id"] == "s1-merida"
    assert [a["id"] for a in Verifier(SECRET).verify(digest_body, digest_headers)["data"]["alerts"]] == ["s1", "s2"]
    for spoilt, other in ((body.replace(b"merida", b"merido"), headers), (body, digest_headers)):
        with pytest.raises(WebhookVerificationError):
            Verifier(SECRET).verify(spoilt, other)


def test_a_replayed_webhook_is_too_old_for_the_receiver():
    with Receiver() as receiver:
        hook(receiver).send([alert(1)], NOW - timedelta(days=365))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Verifier(SECRET).verify(receiver.got[0][1], receiver.got[0][0])


@pytest.mark.parametrize(("status", "refused"), [(404, False), (500, False), (302, False), (401, False), (400, True)])
def test_only_a_2xx_answer_is_a_delivery(status, refused):
    with Receiver(status, headers=[("Retry-After", "17"), ("Location", "http://127.0.0.1:1/")]) as receiver:
        answer = hook(receiver).send([alert(1)], NOW)
    assert (answer.taken, answer.refused, answer.retry_after) == (False, refused, 17.0)
    assert f"HTTP {status}" in answer.told
    assert len(receiver.got) == 1


def test_an_endless_answer_is_not_waited_for():
    with Receiver(body=b"x" * 50_000_000) as receiver:
        assert hook(receiver).send([alert(1)], NOW).taken


def test_nobody_there_is_a_failure_that_tells_no_secret():
    with Receiver() as receiver:
        pass
    answer = hook(receiver).send([alert(1)], NOW)
    assert not answer.taken
    assert "ConnectError" in answer.told


def test_what_the_other_side_says_is_told_without_the_secrets_in_it():
    with Receiver(500, body=f"no hook-token-123 here, {SECRET}".encode()) as receiver:
        told = hook(receiver).send([alert(1)], NOW).told
    assert "hook-token-123" not in told
    assert SECRET[6:] not in told
    assert "***" in told


def test_apprise_delivers_and_a_404_is_a_failure():
    with Receiver() as receiver:
        url = Secret(value=f"json://user:geheim99@127.0.0.1:{receiver.port}/path")
        assert Notice(url).send([alert(1)], NOW).taken
        receiver.status = 404
        answer = Notice(url).send([alert(2)], NOW)
    message = json.loads(receiver.got[0][1])
    assert message["title"] == "Ana Ruiz · merida · El Mirador"
    assert "The Mérida Initiative cost us 1 helicopters" in message["message"]
    assert "https://example.org/1#:~:text=" in message["message"]
    assert not answer.taken
    assert "404" in answer.told
    assert "geheim99" not in answer.told


def test_words_from_a_page_call_nobody_and_begin_no_header():
    nasty = "x\r\nBcc: all@example.org\x1b[2J @everyone <!channel>\u202e"
    one = alert(1, speaker=nasty, text=nasty, title=nasty, outlet=nasty)
    assert "\n" not in message_text.title([one])
    whole = message_text.title([one]) + message_text.body([one])
    for bad in ("\x1b", "\r", "\u202e", "@everyone", "<!channel"):
        assert bad not in whole
