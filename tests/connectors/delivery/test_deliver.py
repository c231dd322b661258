"""Deliveries with a fake clock and a fake Kafka: no alert is lost or reordered; destinations are independent."""

from collections import deque
from datetime import timedelta

import pytest

from connectors.delivery.route_runner import Deliverer, QueuedAlert, by_what_they_mute
from connectors.delivery.timing import Answer, Progress
from connectors.errors import BrokerGone
from schemas.codec import encode
from schemas.delivery import Route
from schemas.mark import Mark
from tests.support.alerts import NOW, alert

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
