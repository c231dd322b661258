"""One format for durations everywhere: with a unit, or ISO 8601."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.delivery import Route
from schemas.durations import duration, seconds
from schemas.mistakes import mistakes
from schemas.settings import Settings

HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("90s", HOURS / 40), ("30m", HOURS / 2), ("72h", 72 * HOURS), ("3d", 72 * HOURS), ("1h30m", 1.5 * HOURS),
        ("PT72H", 72 * HOURS), ("P3D", 72 * HOURS), ("PT1H30M", 1.5 * HOURS), ("0.5h", HOURS / 2), (" 2h ", 2 * HOURS),
    ],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(written, meant):
    assert duration(written) == meant and seconds(written) == meant.total_seconds()


@pytest.mark.parametrize(
    "written",
    [72, 72.5, "72", "", "h", "soon", "-3h", "3 hours", "72:00:00", "P", "PT", "P3DT", "3h 2", "1e3s", "²h", "٣h", "nan",
     None, [], "99999999999999999999d", "999999999d", "1h" + "9" * 5000 + "m", "\ud800"],
)  # fmt: skip
def test_anything_else_is_refused_with_what_would_be_right(written):
    with pytest.raises(ValueError, match="72h"):
        duration(written)


def test_a_number_is_seconds_where_the_setting_says_so():
    found = Settings.model_validate({"connectors": {"interval": 600, "read_timeout": "30s", "slow_interval": "P1D"}})
    assert (found.connectors.interval, found.connectors.read_timeout, found.connectors.slow_interval) == (
        600,
        30,
        86400,
    )
    for wrong in (True, "x", None, "-5", "inf", float("inf"), float("nan"), 0, "0s"):
        with pytest.raises(ValidationError):
            Settings.model_validate({"connectors": {"interval": wrong}})


@pytest.mark.parametrize("written", ["72h", "3d", "PT72H"])
def test_settings_and_routes_take_the_same(written):
    assert Settings.model_validate({"pipeline": {"max_alert_age": written}}).pipeline.max_alert_age == 72 * HOURS
    assert Route.model_validate({"apprise": "json://x", "give_up": written}).give_up == 72 * HOURS
    for wrong in (72, "72"):
        with pytest.raises(ValidationError, match="needs a unit"):
            Settings.model_validate({"pipeline": {"max_alert_age": wrong}})
        with pytest.raises(ValidationError, match="needs a unit"):
            Route.model_validate({"apprise": "json://x", "give_up": wrong})


def test_settings_that_a_run_hands_to_its_parts_are_read_again():
    settings = Settings.model_validate({"pipeline": {"max_alert_age": "1h30m", "checkpoint_interval": "12s"}})
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


@given(st.text() | st.integers() | st.floats() | st.none())
def test_whatever_is_written_is_a_duration_or_a_valueerror(written):
    for read in (duration, seconds):
        with contextlib.suppress(ValueError):
            read(written)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [(name, inner) for name, field in Settings.model_fields.items() for inner in
          getattr(field.annotation, "model_fields", {None: None})]  # fmt: skip


@given(st.sampled_from(FIELDS), VALUES)
def test_a_wrong_value_is_said_in_plain_words(place, value):
    section, field = place
    try:
        Settings.model_validate({section: value if field is None else {field: value}})
    except ValidationError as error:
        for told in mistakes(error):
            assert len(told) < 700 and "\n" not in told and told.startswith(section)
            for words in ("Input should", "Value error", "lax-or-strict", "function-", ": : ", "validation error"):
                assert words not in told, told
