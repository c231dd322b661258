"""Briefings of a route, with a fake clock: each time once, also after crashes and downtimes, and none is told twice."""

import json
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from standardwebhooks import Webhook as Verifier

from connectors.delivery.apprise_sink import Notice, takes_html, takes_markdown
from connectors.delivery.briefing_runner import BriefingRunner
from connectors.delivery.briefing_text import ESCAPED, BriefingMessage, briefing_parts
from connectors.delivery.briefing_times import BriefingProgress, times_before
from connectors.delivery.message_text import size
from connectors.delivery.timing import Answer
from connectors.delivery.webhook_sink import Webhook
from connectors.errors import BrokerGone
from schemas.delivery import Route, Secret
from tests.support.chat_services import service
from tests.support.receiver import SECRET, Receiver

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TAKEN, DOWN, REFUSED = Answer(True, "ok"), Answer(False, "HTTP 503"), Answer(False, "HTTP 400", refused=True)
MEXICO = "America/Mexico_City"


def route(**fields) -> Route:
    told = {"kind": "briefing", "apprise": "json://localhost", "times": ["07:00", "17:30"], "zone": MEXICO}
    return Route.model_validate(told | fields)


class Desk:
    """A destination, the note in Kafka, the clock, and how many statements each briefing has."""

    def __init__(self, *answers, count=1, now=START) -> None:
        self.answers, self.count, self.now = deque(answers), count, now
        self.got, self.tries, self.spans = [], [], []
        self.start, self.note, self.killed, self.commits = {("statements", 0): 7}, "", False, 0

    def keep(self, places, note):
        if self.killed:
            raise BrokerGone("killed")
        assert places == self.start
        self.note, self.commits = note, self.commits + 1

    def send_briefing(self, briefing, now):
        self.tries.append(briefing.id)
        answer = self.answers.popleft() if self.answers else TAKEN
        if answer.taken:
            self.got.append(briefing.id)
            self.spans.append((briefing.since, briefing.at))
        return answer

    def write(self, due):
        lines = (("title", "New", ""), ("text", "x", ""))
        return BriefingMessage(f"{due.at:%d %H:%M}", "desk", due.at, due.since, self.count, lines)

    def run(self, **fields) -> BriefingRunner:
        """A process that starts now."""
        progress = BriefingProgress.load(self.note)
        return BriefingRunner("desk", route(**fields), self, self, self.write, progress, lambda: self.now)

    def pass_time(self, runner, span, step=timedelta(minutes=1)):
        end = self.now + span
        while self.now < end:
            runner.step()
            self.now += step
        runner.step()


def test_each_time_of_the_zone_is_told_once_and_the_spans_meet():
    desk = Desk()  # 06:00 in Mexico City
    desk.pass_time(desk.run(), 2 * DAY)
    assert desk.got == ["24 13:00", "24 23:30", "25 13:00", "25 23:30"]
    assert desk.spans[0][0] == datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "since the time before"
    assert all(one[1] == other[0] for one, other in zip(desk.spans, desk.spans[1:], strict=False))


@pytest.mark.parametrize("killed_at", [12, 13, 14, 16, 20])
def test_a_process_that_is_killed_and_started_again_neither_repeats_nor_forgets_one(killed_at):
    desk = Desk()
    desk.pass_time(desk.run(), START.replace(hour=killed_at) - desk.now)
    desk.now += 2 * HOUR  # a short downtime, over a time or not
    desk.pass_time(desk.run(), 12 * HOUR)
    assert desk.got == ["24 13:00", "24 23:30"]


def due_and_not_committed() -> tuple[Desk, BriefingRunner]:
    """A briefing that was sent; Kafka was gone when its progress was to be committed."""
    desk = Desk()
    runner = desk.run()
    runner.step()
    desk.now, desk.killed = START + HOUR + timedelta(minutes=2), True
    with pytest.raises(BrokerGone):
        runner.step()
    desk.killed = False
    return desk, runner


def test_a_process_that_could_not_commit_does_so_later_and_sends_nothing_again():
    desk, runner = due_and_not_committed()
    runner.step()
    desk.run().step()
    assert desk.tries == ["24 13:00"]


def test_a_crash_between_the_answer_and_the_commit_sends_the_same_id_again():
    desk, _ = due_and_not_committed()
    desk.run().step()
    desk.run().step()
    assert desk.tries == ["24 13:00", "24 13:00"]


def test_after_a_long_downtime_the_missed_ones_are_skipped_and_the_next_tells_all(capsys):
    desk = Desk()
    desk.run().step()
    desk.now += 2 * DAY + 8 * HOUR  # 20:00 UTC: seven hours after the last time, longer than `late`
    runner = desk.run()
    runner.step()
    runner.step()
    assert (desk.got, runner.tally.dead_letters) == ([], 5)
    logged = capsys.readouterr().out
    assert logged.count("briefing_skipped") == 5 and "more than 3:00:00 late" in logged
    desk.pass_time(runner, 4 * HOUR)
    assert desk.got == ["26 23:30"]
    assert desk.spans == [(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), datetime(2026, 11, 26, 23, 30, tzinfo=UTC))]


def test_after_a_downtime_within_the_limit_the_last_one_is_sent_late_and_tells_all():
    desk = Desk()
    desk.run().step()
    desk.now = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # 2.5 hours after 07:00
    runner = desk.run()
    runner.step()
    assert desk.got == ["25 13:00"] and desk.spans[0][0] == datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert runner.tally.dead_letters == 2, "the two times in between were skipped"


def test_a_destination_that_is_down_is_tried_again_until_it_is_too_late():
    desk = Desk(*[DOWN] * 8)
    desk.pass_time(desk.run(), 2 * HOUR, step=timedelta(seconds=10))
    assert desk.got == ["24 13:00"] and len(set(desk.tries)) == 1 and 8 < len(desk.tries) < 15
    gone = Desk(*[DOWN] * 1000)
    runner = gone.run()
    gone.pass_time(runner, 9 * HOUR)
    assert gone.got == [] and 15 < len(gone.tries) < 40 and runner.tally.dead_letters == 1
    gone.answers.clear()
    gone.pass_time(runner, 3 * HOUR)
    assert gone.got == ["24 23:30"] and gone.spans[0][0] == datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def test_a_message_that_is_refused_is_skipped_and_the_next_is_sent():
    desk = Desk(*[REFUSED] * 5)
    runner = desk.run()
    desk.pass_time(runner, 12 * HOUR)
    assert desk.got == ["24 23:30"] and runner.tally.dead_letters == 1


@pytest.mark.parametrize(("empty", "sent"), [("send", 2), ("skip", 0)])
def test_silence_about_nothing_new_is_a_choice(empty, sent):
    desk = Desk(count=0)
    desk.pass_time(desk.run(empty=empty), DAY)
    assert len(desk.got) == sent
    desk.count = 1
    desk.pass_time(desk.run(empty=empty), DAY)
    assert desk.spans[-1][0] == datetime(2026, 11, 25, 13, 0, tzinfo=UTC), "what was found empty is not told again"


def test_a_new_route_begins_with_its_next_time_and_commits_that_at_once():
    desk = Desk(now=START + 2 * HOUR)
    runner = desk.run()
    runner.step()
    assert (desk.tries, desk.commits) == ([], 1)
    runner.step()
    assert desk.commits == 1, "nothing changed"


def test_a_clock_that_was_ahead_does_not_silence_the_route():
    desk = Desk(now=START + 400 * DAY)
    desk.run().step()
    desk.now = START
    desk.pass_time(desk.run(), DAY)
    assert desk.got == ["24 13:00", "24 23:30"]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (datetime(2026, 3, 29, tzinfo=UTC), ["28 01:30", "29 01:30"]),  # 02:30 does not exist on the 29th in Madrid
        (datetime(2026, 10, 25, tzinfo=UTC), ["24 00:30", "25 00:30"]),  # 02:30 is twice on the 25th
    ],
)
def test_a_clock_time_that_a_day_has_not_or_twice_is_told_once(day, due):
    found = times_before(route(zone="Europe/Madrid", times=["02:30"]), day + timedelta(hours=5))
    assert [f"{at:%d %H:%M}" for at in found[-2:]] == due


@given(
    st.lists(st.times().map(lambda at: at.replace(second=0, microsecond=0)), min_size=1, max_size=4),
    st.sampled_from(["UTC", MEXICO, "Europe/Madrid", "Pacific/Chatham", "America/St_Johns"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.lists(st.integers(1, 300), max_size=30),
)
def test_however_often_it_is_started_again_each_time_is_sent_at_most_once_and_all_is_told(times, zone, now, waits):
    desk = Desk(now=now.replace(tzinfo=UTC))
    told = {"times": [f"{at:%H:%M}" for at in times], "zone": zone}
    desk.run(**told).step()
    for wait in waits:
        desk.now += timedelta(minutes=wait)
        desk.run(**told).step()
    assert len(set(desk.got)) == len(desk.got)
    assert all(one[1] == other[0] for one, other in zip(desk.spans, desk.spans[1:], strict=False)), "no gap, no overlap"
    assert all(at in times_before(route(**told), at) for _, at in desk.spans)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"times": []}, "needs times"),
        ({"digest": "daily"}, "digest: only for kind: alerts"),
        ({"speakers": ["X"], "quiet": {"after": "22:00", "until": "06:00"}}, "quiet, speakers: only"),
        ({"kind": "alerts"}, "times: only for kind: briefing"),
        ({"late": "30d"}, "late"),
        ({"lang": "fr"}, "lang"),
    ],
)
def test_a_field_of_the_other_kind_is_refused(fields, told):
    with pytest.raises(ValidationError, match=told):
        route(**fields)


LINES = (
    ("title", "New statements: 2, from A to B", ""),
    ("topic", "Mérida *Initiative*", ""),
    ("statement", "Ana Ruiz denied this: <b>it ended</b>", "https://example.org/1"),
    ("note", "2026-11-24 10:00 · El Mirador", ""),
    ("text", "Nothing new from: Faro.", ""),
)


def briefing(lines=LINES, count=2):
    return BriefingMessage("briefing-desk-1", "desk", START, START - DAY, count, lines)


def test_a_webhook_gets_the_briefing_in_every_format_under_an_id_that_stays():
    with Receiver() as desk:
        hook = Webhook(Secret(value=f"http://127.0.0.1:{desk.port}/"), Secret(value=SECRET))
        assert hook.send_briefing(briefing(), datetime.now(UTC)).taken
        hook.close()
    headers, body = desk.got[0]
    Verifier(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    sent = json.loads(body)
    assert (headers["webhook-id"], sent["type"]) == ("briefing-desk-1", "briefing")
    assert (sent["data"]["count"], sent["data"]["until"]) == (2, START.isoformat())
    assert "Ana Ruiz denied this" in sent["data"]["text"] and "&lt;b&gt;" in sent["data"]["html"]


def test_each_service_gets_the_format_that_it_shows():
    assert takes_markdown(service("slack")) and takes_markdown(service("discord"))
    assert not takes_markdown(service("ntfy")) and not takes_html(service("telegram"))
    with Receiver() as desk:
        assert Notice(Secret(value=f"ntfy://127.0.0.1:{desk.port}/desk")).send_briefing(briefing(), START).taken
    assert "• Ana Ruiz denied this: <b>it ended</b>" in json.loads(desk.got[0][1])["message"]


@given(st.sampled_from(list(ESCAPED)), st.integers(60, 4000), st.lists(st.text(max_size=900), max_size=5))
def test_a_briefing_of_any_length_fits_and_keeps_every_statement(form, most, texts):
    lines = [LINES[0], ("topic", "T", "")]
    for number, text in enumerate(texts):
        lines += [("statement", f"s{number} {text}", "https://example.org/" + "x" * 50), ("note", text, "")]
    most += 400 if form == "html" else 0  # only mails are HTML, and they are long
    told = briefing_parts(briefing(tuple(lines)), form, most)
    assert all(size(title + body) <= most for title, body in told)
    if most > 1000:
        whole = "\n".join(body for _, body in told)
        assert all(f"s{number}" in whole for number in range(len(texts)))
