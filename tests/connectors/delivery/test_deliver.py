"""Deliveries with a fake clock and a fake Kafka: no alert is lost or reordered; destinations are independent."""

import json
from collections import deque
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from connectors.delivery import message_text
from connectors.delivery.apprise_sink import Notice
from connectors.delivery.route_runner import Deliverer, QueuedAlert, by_what_they_mute
from connectors.delivery.routes import BadRoutes, load_routes
from connectors.delivery.timing import Answer, Progress
from connectors.delivery.webhook_sink import Webhook
from connectors.errors import BrokerGone
from deploy.alerts.sample_alert import sample_alert
from schemas.codec import encode
from schemas.delivery import Route, Secret
from schemas.mark import Mark
from tests.support.alerts import NOW, alert
from tests.support.receiver import SECRET, Receiver

TAKEN, DOWN = Answer(True, "HTTP 200 OK"), Answer(False, "HTTP 503")
REFUSED = Answer(False, "HTTP 400", refused=True)


class Topic:
    """Alerts of one topic, and a group's place in it; `killed` makes the next keeping of it fail."""

    def __init__(self, values) -> None:
        self.records = [QueuedAlert.read("alerts.merida", 0, n, v) for n, v in enumerate(values)]
        self.place, self.note, self.killed = 0, "", False

    def open(self):
        source = Topic([])
        source.topic, source.at = self, self.place
        source.start = {("alerts.merida", 0): self.place}
        return source

    def poll(self):
        new = self.topic.records[self.at :]
        self.at += len(new)
        return new

    def keep(self, places, note):
        if self.topic.killed:
            raise BrokerGone("killed")
        self.topic.place, self.topic.note = places["alerts.merida", 0], note


class Desk:
    """A destination that answers what it is told to, then takes everything; and the clock."""

    def __init__(self, *answers) -> None:
        self.answers, self.got, self.tries = deque(answers), [], 0
        self.now = NOW + timedelta(minutes=1)
        self.letters, self.marks = [], {}

    def send(self, alerts, now):
        self.tries += 1
        answer = self.answers.popleft() if self.answers else TAKEN
        if callable(answer):
            answer = answer(alerts)
        if answer.taken:
            self.got.append([a.id for a in alerts])
        return answer

    def deliverer(self, topic, **route) -> Deliverer:
        made = Route.model_validate({"apprise": "json://localhost", **route})
        return Deliverer(
            "desk",
            made,
            topic.open(),
            self,
            self.letters.append,
            lambda: by_what_they_mute(self.marks),
            Progress.load(topic.note),
            lambda: self.now,
            lambda: 1.0,
        )

    def pass_time(self, deliverer, total, step=timedelta(seconds=30)):
        end = self.now + total
        while self.now < end:
            deliverer.step()
            self.now += step
        deliverer.step()


def values(*numbers, **changes):
    return [encode(alert(n, **changes)) for n in numbers]


def one_by_one(*numbers):
    return [[f"s{n}"] for n in numbers]


def test_alerts_go_out_in_order_and_the_place_follows():
    desk, topic = Desk(), Topic(values(1, 2, 3))
    desk.deliverer(topic).step()
    assert (desk.got, topic.place) == (one_by_one(1, 2, 3), 3)


def test_a_destination_down_for_an_hour_gets_each_alert_once_and_in_order():
    topic, desk = Topic(values(1, 2)), Desk()
    down_until = desk.now + timedelta(hours=1)
    desk.answers.extend([lambda _: DOWN if desk.now < down_until else TAKEN] * 500)
    deliverer, other = desk.deliverer(topic), Desk()
    other_topic = Topic(values(1, 2))
    other.deliverer(other_topic).step()
    desk.pass_time(deliverer, timedelta(minutes=50))
    assert (desk.got, topic.place, other.got) == ([], 0, one_by_one(1, 2))
    assert 8 < desk.tries < 14, "it was not hammered"
    topic.records += [QueuedAlert.read("alerts.merida", 0, 2, values(3)[0])]
    desk.pass_time(deliverer, timedelta(hours=1))
    assert (desk.got, topic.place, desk.letters) == (one_by_one(1, 2, 3), 3, [])


def test_killed_between_the_answer_and_the_keeping_of_the_place_it_sends_again_under_the_same_id():
    desk, topic = Desk(), Topic(values(1, 2))
    deliverer = desk.deliverer(topic)
    deliverer.step()
    topic.records += [QueuedAlert.read("alerts.merida", 0, 2, values(3)[0])]
    topic.killed = True
    with pytest.raises(BrokerGone):
        deliverer.step()
    with pytest.raises(BrokerGone):
        deliverer.step()
    assert desk.got == one_by_one(1, 2, 3), "while the place cannot be kept nothing more is sent"
    topic.killed = False
    desk.deliverer(topic).step()
    assert (desk.got, topic.place) == (one_by_one(1, 2, 3, 3), 3)


def test_a_restart_does_not_forget_how_long_a_destination_fails():
    desk, topic = Desk(*[DOWN] * 999), Topic(values(1))
    for _ in range(3 * 24 * 4):
        desk.pass_time(desk.deliverer(topic, give_up="P2D"), timedelta(minutes=15), timedelta(minutes=15))
    [letter] = desk.letters
    assert (letter.alert, letter.error, topic.place) == ("s1", "HTTP 503", 1)
    assert letter.tries > 40
    assert timedelta(days=2) <= letter.at - letter.first_try < timedelta(days=2, hours=2)


def test_a_poisonous_alert_ends_as_a_dead_letter_and_the_next_ones_arrive():
    def picky(alerts):
        return REFUSED if alerts[0].id == "s2" else TAKEN

    desk, topic = Desk(*[picky] * 99), Topic([*values(1), b"\xff no alert", *values(2, 3)])
    desk.pass_time(desk.deliverer(topic), timedelta(minutes=5))
    assert (desk.got, topic.place) == (one_by_one(1, 3), 4)
    assert [(x.offset, x.alert) for x in desk.letters] == [(1, None), (2, "s2")]
    assert desk.letters[0].record == b"\xff no alert"


def test_an_alert_that_cannot_be_put_into_words_is_a_dead_letter_too():
    def breaks(alerts):
        raise RuntimeError("no words")

    desk, topic = Desk(*[breaks] * 5), Topic(values(1, 2))
    desk.pass_time(desk.deliverer(topic), timedelta(minutes=5))
    assert (desk.got, [x.alert for x in desk.letters]) == (one_by_one(2), ["s1"])


def test_a_letter_that_cannot_be_written_keeps_the_place():
    desk, topic = Desk(), Topic([b"bad", *values(1)])
    deliverer = desk.deliverer(topic)
    deliverer.bury = lambda _: (_ for _ in ()).throw(BrokerGone("gone"))
    with pytest.raises(BrokerGone):
        deliverer.step()
    assert (topic.place, desk.got) == (0, [])


def test_only_what_the_route_wants_goes_out_and_the_rest_moves_the_place():
    desk, topic = Desk(), Topic([*values(1, 2, lang="es"), *values(3, speaker="Luis Paz"), *values(4)])
    desk.deliverer(topic, languages=["en"], speakers=["paz"]).step()
    assert (desk.got, topic.place) == (one_by_one(3), 4)


def test_what_readers_marked_is_not_delivered_while_it_waits_or_later():
    desk, topic = Desk(DOWN), Topic(values(1, 2, 3, 4))
    deliverer = desk.deliverer(topic)
    deliverer.step()
    desk.marks = {
        "s1": Mark(id="s1", verdict="wrong", story="story3", alert=alert(1), at=NOW),
        "s9": Mark(id="s9", verdict="mute", story="story2", alert=alert(9), at=NOW),
    }
    desk.pass_time(deliverer, timedelta(minutes=1))
    assert (desk.got, topic.place) == (one_by_one(3, 4), 4)
    assert deliverer.tally.muted == 2


def test_a_digest_gathers_an_hour_and_survives_a_restart():
    desk, topic = Desk(), Topic(values(1, 2))
    desk.pass_time(desk.deliverer(topic, digest="hourly"), timedelta(minutes=30))
    assert (desk.got, topic.place) == ([], 0)
    topic.records += [QueuedAlert.read("alerts.merida", 0, 2, values(3)[0])]
    deliverer = desk.deliverer(topic, digest="hourly")
    desk.pass_time(deliverer, timedelta(hours=1))
    assert (desk.got, topic.place) == ([["s1", "s2", "s3"]], 3)


def test_the_end_of_quiet_hours_is_one_message_and_what_comes_after_goes_out_at_once():
    desk, topic = Desk(), Topic(values(1, 2, 3))  # alerted just after noon
    deliverer = desk.deliverer(topic, quiet={"after": "11:00", "until": "15:00"})
    desk.pass_time(deliverer, timedelta(hours=2))
    assert desk.got == []
    topic.records += [
        QueuedAlert.read("alerts.merida", 0, n, v) for n, v in ((3, values(7200)[0]), (4, values(14_400)[0]))
    ]
    desk.pass_time(deliverer, timedelta(hours=3))
    assert desk.got == [["s1", "s2", "s3", "s7200"], ["s14400"]]
    assert (topic.place, desk.letters) == (5, [])


def test_a_digest_too_long_for_one_message_goes_out_in_several_at_once():
    desk, topic = Desk(), Topic(values(*range(450)))
    desk.pass_time(desk.deliverer(topic, digest="hourly"), timedelta(hours=1, minutes=5))
    assert [len(ids) for ids in desk.got] == [200, 200, 50]


def test_a_route_that_may_send_two_an_hour_sends_two():
    desk, topic = Desk(), Topic(values(1, 2, 3))
    deliverer = desk.deliverer(topic, per_hour=2)
    desk.pass_time(deliverer, timedelta(minutes=50))
    assert desk.got == one_by_one(1, 2)
    desk.pass_time(desk.deliverer(topic, per_hour=2), timedelta(minutes=20))
    assert desk.got == one_by_one(1, 2, 3)


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("routes: {}", "routes: it needs at least 1"),
        ("routes: {a: {}}", "either webhook or apprise"),
        ("routes: {a: {apprise: 'json://localhost', speed: 3}}", "routes.a.speed: no such setting"),
        ("routes: {a: {webhook: 'https://example.org/geheim'}}", "secret belongs to webhook"),
        ("routes: {a: {webhook: 'ftp://example.org/geheim', secret: whsec_geheim}}", "routes.a: webhook: no http"),
        ("routes: {a: {webhook: 'https://example.org/', secret: whsec_geheim}}", "no Standard Webhooks secret"),
        ("routes: {a: {apprise: {env: BORDERWIRE_NOT_SET}}}", "BORDERWIRE_NOT_SET is not set"),
        ("routes: {a: {apprise: {file: /nowhere/geheim}}}", "/nowhere/"),
        ("routes: {a: {apprise: 'nonsense geheim'}}", "no URL that Apprise knows"),
        ("routes: {a: {apprise: 'json://localhost', topics: [weather]}}", "'weather' does not alert"),
        ("routes: {a: {apprise: 'json://localhost', zone: Mars/Base}}", "no such time zone"),
        ("routes: {'a b': {apprise: 'json://localhost'}}", "a route's name"),
        ("routes: {a: {apprise: 'json://localhost', quiet: {after: 25:00, until: 7:00}}}", "routes.a.quiet.after"),
        (": geheim :", "no YAML"),
    ],
)
def test_a_wrong_routes_file_is_refused_with_the_field(tmp_path, text, told):
    path = tmp_path / "routes.yaml"
    path.write_text(text)
    with pytest.raises(BadRoutes, match=told) as caught:
        load_routes(path, ("merida",))
    assert "geheim" not in str(caught.value).replace("/nowhere/geheim", "")


def test_secrets_come_from_files_and_the_environment(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv("DESK_URL", "https://example.org/hook")
    path = tmp_path / "routes.yaml"
    path.write_text(f"routes: {{a: {{webhook: {{env: DESK_URL}}, secret: {{file: {tmp_path / 'secret'}}}}}}}")
    [route] = load_routes(path, ("merida",)).values()
    assert "example.org" not in repr(route)
    assert route.takes(sample_alert(route))
