"""When a message goes out: back-off, giving up, digests, quiet hours and rates, as pure functions of the clock."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery.timing import REFUSALS, Answer, Progress, due, failed, given_up, gives_up, taken
from schemas.delivery import Route

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
DOWN, REFUSED = Answer(False, "HTTP 503"), Answer(False, "HTTP 400", refused=True)


def route(**fields):
    return Route.model_validate({"apprise": "json://localhost", **fields})


def at(text):
    return datetime.fromisoformat(text + "+00:00")


def test_without_wishes_an_alert_goes_out_at_once():
    assert due(route(), NOON, Progress(), NOON) == NOON


def test_tries_come_later_and_later_with_jitter_up_to_an_hour():
    progress, waits = Progress(), []
    for _ in range(14):
        progress = failed(progress, DOWN, NOON, lambda: 1.0)
        waits.append((due(route(), NOON, progress, NOON) - NOON).total_seconds())
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == 3600
    assert due(route(), NOON, failed(Progress(), DOWN, NOON, lambda: 0.0), NOON) - NOON == timedelta(seconds=2.5)


def test_a_destination_that_names_a_time_is_left_alone_so_long_but_not_for_ever():
    for asked, waits in ((120.0, 120), (1e9, 86_400)):
        progress = failed(Progress(), Answer(False, "HTTP 429", retry_after=asked), NOON, lambda: 1.0)
        assert (progress.not_before - NOON).total_seconds() == waits


def test_it_gives_up_when_both_destination_and_alert_waited_long_enough():
    days, progress = route(give_up="P3D"), Progress(failing_since=NOON, tries=50)
    later = NOON + timedelta(days=3)
    assert not gives_up(days, NOON, progress, later - timedelta(seconds=1))
    assert gives_up(days, NOON, progress, later)
    assert not gives_up(days, NOON + timedelta(hours=1), progress, later), "a younger alert gets its days too"
    assert not gives_up(days, NOON - timedelta(days=30), Progress(failing_since=later), later), "an old one gets a try"


def test_a_message_refused_time_and_again_is_given_up_and_does_not_count_against_the_destination():
    progress = Progress()
    for number in range(1, REFUSALS + 1):
        progress = failed(progress, REFUSED, NOON, lambda: 1.0)
        assert gives_up(route(), NOON, progress, NOON) == (number == REFUSALS)
    assert given_up(progress) == Progress()


def test_after_a_dead_letter_a_destination_that_is_down_still_fails():
    progress = given_up(failed(Progress(), DOWN, NOON, lambda: 1.0))
    assert (progress.failing_since, progress.tries) == (NOON, 0)


def test_a_digest_goes_out_at_the_end_of_its_hour_or_day_and_only_once_in_it():
    hourly = route(digest="hourly")
    assert due(hourly, NOON, Progress(), NOON) == at("2026-11-24T13:00")
    sent = taken(Progress(), at("2026-11-24T13:00"))
    late = at("2026-11-24T12:59:59")
    assert due(hourly, late, sent, at("2026-11-24T13:00:01")) == at("2026-11-24T14:00")
    daily = route(digest="daily", at="07:30", zone="America/Mexico_City")
    assert due(daily, NOON, Progress(), NOON) == at("2026-11-24T13:30")
    assert due(daily, at("2026-11-24T14:00"), Progress(), at("2026-11-24T14:00")) == at("2026-11-25T13:30")
    assert due(daily, NOON - timedelta(days=9), Progress(), NOON) == NOON, "a backlog is due"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-25T03:59", "2026-11-25T03:59"),  # 21:59 in Mexico City
        ("2026-11-25T04:00", "2026-11-25T13:00"),
        ("2026-11-25T12:59", "2026-11-25T13:00"),
        ("2026-11-25T13:00", "2026-11-25T13:00"),
    ],
)
def test_nothing_goes_out_in_quiet_hours(now, then):
    quiet = route(quiet={"after": "22:00", "until": "07:00"}, zone="America/Mexico_City")
    assert due(quiet, at(now), Progress(), at(now)) == at(then)


def test_a_time_of_day_may_be_written_as_yaml_reads_it():
    assert route(quiet={"after": 22 * 60, "until": "07:00"}).quiet.after == time(22)


def test_quiet_hours_of_one_day_and_a_digest_that_would_end_in_them():
    quiet = route(quiet={"after": "13:00", "until": "15:00"}, digest="hourly")
    assert due(quiet, NOON, Progress(), NOON) == at("2026-11-24T15:00")


def test_no_more_than_so_many_messages_an_hour():
    few, progress = route(per_hour=2), Progress()
    for _ in range(2):
        assert due(few, NOON, progress, NOON) == NOON
        progress = taken(progress, NOON)
    assert due(few, NOON, progress, NOON) == at("2026-11-24T13:00")
    assert due(few, NOON, progress, at("2026-11-24T13:00")) == at("2026-11-24T13:00")


def test_progress_survives_a_restart_and_fits_into_the_metadata_of_an_offset():
    progress = failed(taken(Progress(), NOON), REFUSED, NOON, lambda: 0.3)
    assert Progress.load(progress.dump()) == progress
    assert len(progress.dump()) < 1000
    assert Progress.load("") == Progress.load("{bad") == Progress()


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.times(),
    st.times(),
    st.sampled_from(["hourly", "daily"]),
    st.sampled_from(["UTC", "America/Mexico_City", "America/New_York", "Europe/Madrid"]),
    st.integers(1, 3),
)
def test_due_is_never_in_the_past_and_not_days_away(now, after, until, digest, zone, per_hour):
    now = now.replace(tzinfo=UTC)
    quiet = route(quiet={"after": after, "until": until}, zone=zone, digest=digest, per_hour=per_hour)
    assert now <= due(quiet, now, Progress(), now) <= now + timedelta(days=3)


DIGESTS = [route(digest="hourly"), route(digest="daily", zone="America/Mexico_City", at="07:30")]


@pytest.mark.parametrize("digest", DIGESTS)
@given(alerted=st.datetimes(timezones=st.just(UTC)), last=st.none() | st.datetimes(timezones=st.just(UTC)))
def test_a_digest_is_due_within_a_day_whatever_time_an_alert_or_the_last_message_bears(digest, alerted, last):
    when = due(digest, alerted, Progress(last_sent=last, not_before=last), NOON)
    assert NOON <= when <= NOON + timedelta(hours=26)


@pytest.mark.parametrize("year", [1, 1970, 9999])
@pytest.mark.parametrize("digest", DIGESTS)
def test_a_digest_goes_out_when_time_passes_although_an_alert_has_an_impossible_time(digest, year):
    alerted, now = datetime(year, 12, 31, 23, 59, tzinfo=UTC), NOON
    while due(digest, alerted, Progress(last_sent=NOON), now) > now:
        now += timedelta(minutes=30)
    assert now <= NOON + timedelta(days=1)


def test_an_alert_from_the_future_is_given_up_like_any_other():
    assert gives_up(
        route(give_up="P1D"), datetime.max.replace(tzinfo=UTC), Progress(failing_since=NOON), NOON + timedelta(days=1)
    )


def test_a_clock_that_was_set_back_does_not_hold_a_route():
    assert due(route(), NOON, Progress(not_before=NOON + timedelta(days=3)), NOON) == NOON
