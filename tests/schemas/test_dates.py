"""Dates of feeds and pages: zones as people write them, Spanish words, and figures that could be day or month."""

import calendar
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.clean.article import clean_page
from schemas.dates import parse_date

#: Four in the afternoon in Greenwich on the day of the tests.
FOUR = datetime(2026, 3, 17, 16, tzinfo=UTC)
WORDS = "<p>El director de aduanas informó que el puente cerrará dos noches por las obras del nuevo carril.</p>"


@pytest.mark.parametrize(
    "written",
    [
        "Tue, 17 Mar 2026 10:00:00 GMT-0600",
        "Tue Mar 17 2026 10:00:00 GMT-0600 (Central Standard Time)",
        "2026-03-17 10:00 UTC-6",
        "2026-03-17 10:00 UTC\u221206:00",
        "17 Mar 2026 10:00 (GMT-6)",
        "17 Mar 2026 18:00 GMT+2",
        "2026-03-17 10:00:00 CST-0600",
        "Tue, 17 Mar 2026 16:00:00 +0000 GMT",
        "Tue, 17 Mar 2026 10:00:00 -0600 (CST)",
        "2026-03-17T10:00:00.000-06:00[America/Mexico_City]",
        "March 17, 2026 12:00 PM ET",
        "March 17, 2026, 12:00 p.m. EDT",
        "Mar. 17, 2026 11:00 a.m. CT",
        "Mar 17, 2026 | 10:00 AM (MT)",
        "2026-03-17 09:00 PT",
        "March 17, 2026 11:00 AM Central Time",
        "March 17, 2026 12:00 PM Eastern Daylight Time",
        "March 17, 2026, 11:00 a.m. Central",
        "17 de marzo de 2026, 12:00 hora del Este",
        "2026-03-17T10:00:00\u221206:00",
        "martes 17 de marzo de 2026, 10:00 (hora de la Ciudad de México)",
        "17 de marzo de 2026 10:00 a. m. hora del centro",
        "17 de marzo de 2026, 10:00 Tiempo del Centro",
        "17 de marzo de 2026, 09:00 Tiempo del Pacífico",
        "17 de marzo de 2026, 09:00 (hora estándar del Pacífico)",
        "17 de marzo de 2026, 10:00 hora de la montaña",
        "17 de marzo de 2026, 12:00 hora del este de EE.UU.",
        "17 de marzo de 2026, 11:00 hora del centro de Estados Unidos",
        "17 de marzo de 2026, 09:00 hora de Tijuana",
        "09:00 horas (hora de Tijuana), 17 de marzo de 2026",
        "Actualizado a las 10:00 hora de México del 17 de marzo de 2026",
        "17 de marzo de 2026, 10:00 hora local de Ciudad Juárez",
        "17 de marzo de 2026 09:00 tiempo de Sonora",
        "17 de marzo de 2026 11:00 hora de Matamoros",
        "17 de marzo de 2026, 12:00 hora de Nueva York",
        "17 de marzo de 2026 17:00 h de Madrid",
        "March 17, 2026 9:00 AM Tijuana time",
        "March 17, 2026, 10:00 a.m. (Mexico City time)",
        "2026-03-17 09:00 America/Tijuana",
        "2026-03-17T09:00:00 America/Tijuana",
        "17 Mar 2026 09:00 (America/Tijuana)",
        "Tue, 17 Mar 2026 13:00:00 America/Argentina/Buenos_Aires",
        "2026-03-17T09:00:00[America/Tijuana]",
        "2026-03-17T16:00:00Z[UTC]",
    ],
)
def test_a_zone_is_where_its_writer_meant(written):
    assert parse_date(written) == FOUR


@pytest.mark.parametrize("zone", ["hora de México", "hora del centro", "hora del centro de México"])
@pytest.mark.parametrize(
    "between", [" del martes ", " martes ", " del ", " ", " – ", " — ", " · ", " - ", " | ", " / ", ": ", ". ", ", "]
)
def test_a_date_may_stand_behind_the_zone(zone, between):
    assert parse_date(f"10:00 {zone}{between}17 de marzo de 2026") == FOUR
    assert parse_date(f"12:00 hora del este{between}17 de marzo de 2026") == FOUR


@pytest.mark.parametrize(
    "behind", [" GMT-6", " -06:00", "-06:00", " (GMT-6)", ", GMT-6", ".", ". Actualizado", " Actualizado", ") GMT-6"]
)
def test_other_words_may_stand_behind_the_zone(behind):
    bracket = "(" if behind.startswith(")") else ""
    assert parse_date(f"17 de marzo de 2026, 10:00 {bracket}hora del centro{behind}") == FOUR


@pytest.mark.parametrize("words", ["en el puente", "y del pacífico", "de la Tierra Media"])
def test_words_behind_the_zone_that_say_nothing_about_a_date_give_none(words):
    assert parse_date(f"17 de marzo de 2026 10:00 hora de México {words}") is None


@pytest.mark.parametrize("written", ["hora de Córdoba", "hora de La Paz", "Cordoba time", "hora de La Paz del martes"])
def test_a_place_that_is_in_two_countries_gives_no_date(written):
    assert parse_date(f"10:00 {written} 17 de marzo de 2026") is None


@pytest.mark.parametrize("zone", ["hora de Narnia", "hora local", "America/Narnia", "America/Argentina", "Narnia time"])
def test_a_zone_that_nobody_knows_gives_no_date(zone):
    assert parse_date(f"17 de marzo de 2026 10:00 {zone}") is None


@pytest.mark.parametrize("written", ["10:00 horas del martes 17 de marzo de 2026", "17 de marzo de 2026, 10:00 horas"])
def test_hours_of_a_day_name_no_zone(written):
    assert parse_date(written) == datetime(2026, 3, 17, 10, tzinfo=UTC)


def test_a_zone_of_the_american_summer_and_winter_is_that_of_the_date():
    assert parse_date("January 17, 2026 11:00 AM ET") == datetime(2026, 1, 17, 16, tzinfo=UTC)
    assert parse_date("July 17, 2026 12:00 PM ET") == datetime(2026, 7, 17, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "17 de marzo de 2026", "martes 17 de marzo de 2026", "Martes, 17 de Marzo del 2026", "marzo 17, 2026",
        "mar 17 mar 2026", "mar, 17 mar. 2026", "17-mar-2026", "17/marzo/2026", "Publicado el 17 de marzo de 2026",
        "Fecha de publicación: 17 de marzo de 2026",
        "17/03/2026", "17.03.2026", "2026/03/17", "20260317", "March 17, 2026", "Tuesday, Mar. 17, 2026",
    ],
)  # fmt: skip
def test_a_day_in_figures_or_words(written):
    assert parse_date(written) == datetime(2026, 3, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["04/03/2026", "04-03-2026 10:00", "4.3.2026", "10:00 04/03/2026", "Miércoles 04/03/2026", "04/03/26"]
)
def test_day_and_month_in_figures_are_null_unless_the_page_says_which_comes_first(written):
    assert parse_date(written) is None
    first, second = parse_date(written, day_first=True), parse_date(written, day_first=False)
    assert first and first.date().isoformat() == "2026-03-04"
    assert second and second.date().isoformat() == "2026-04-03"


@pytest.mark.parametrize(
    "written",
    [
        "Tue, 17 Mar 2026 24:00:00 GMT", "2026-03-17T24:00:00Z", "2026-03-17 24:00", "20260317T240000Z",
        "17 de marzo de 2026, 24:00 horas", "2026-03-17T24:00:00.000+00:00",
    ],
)  # fmt: skip
def test_twenty_four_hours_is_the_midnight_at_the_end_of_the_day(written):
    assert parse_date(written) == datetime(2026, 3, 18, tzinfo=UTC)


@pytest.mark.parametrize("written", ["Tue, 17 Mar 2026 15:59:60 GMT", "2026-03-17T15:59:60Z", "2026-03-17 15:59:60"])
def test_a_leap_second_is_the_second_before(written):
    assert parse_date(written) == FOUR - timedelta(seconds=1)


@pytest.mark.parametrize("written", ["17 Mar 2026 24:30 GMT", "17 Mar 2026 25:00 GMT", "17 Mar 2026 10:60 GMT"])
def test_hours_and_minutes_that_no_clock_shows_are_null(written):
    assert parse_date(written) is None


@given(st.integers(631152000, 4102444799), st.sampled_from([1, 10**3, 10**6, 10**9]), st.booleans())
def test_digits_count_from_1970_in_seconds_or_parts_of_them(seconds, unit, as_text):
    number = seconds * unit
    assert parse_date(str(number) if as_text else number) == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("written", [1773763200.25, "1773763200.25", "@1773763200", " 1773763200 "])
def test_seconds_since_1970_with_what_stands_around_them(written):
    assert parse_date(written) == FOUR


@pytest.mark.parametrize("written", ["202603171600", "20260317160000", "20260317 1600"])
def test_digits_that_are_a_date_do_not_count_from_1970(written):
    assert parse_date(written) == FOUR


@pytest.mark.parametrize("written", [0, -1, 10**30, float("nan"), float("inf"), True, 12345678, "000000000", None, []])
def test_numbers_that_are_no_date_of_news_are_null(written):
    assert parse_date(written) is None


@pytest.mark.parametrize("written", ["marzo de 2026", "17 de marzo", "martes en la noche", "1970-01-01", "2026-13-45"])
def test_what_is_no_whole_date_is_none(written):
    assert parse_date(written) is None


@given(st.integers(-12, 14), st.sampled_from([0, 30, 45]), st.sampled_from(["GMT", "UTC", "UT"]), st.booleans())
def test_an_offset_behind_a_name_counts_like_one_without(hours, minutes, name, colon):
    sign = "-" if hours < 0 else "+"
    offset = f"{sign}{abs(hours):02}{':' if colon else ''}{minutes:02}"
    zone = timezone(timedelta(hours=abs(hours), minutes=minutes) * (-1 if hours < 0 else 1))
    assert parse_date(f"17 Mar 2026 10:00:00 {name}{offset}") == datetime(2026, 3, 17, 10, tzinfo=zone)


@given(st.text(max_size=70), st.sampled_from([True, False, None]))
def test_any_text_is_a_date_or_none(text, day_first):
    found = parse_date(text, day_first)
    assert found is None or found.tzinfo is UTC


def page(lang: str, body: str) -> bytes:
    head = f"<html lang={lang!r}><head><title>T</title></head><body><article><h1>Un título de seis palabras</h1>"
    return f"{head}{body}{WORDS}</article>".encode()


@pytest.mark.parametrize(
    ("lang", "body", "day"),
    [
        ("es-MX", '<meta name="date" content="04/03/2026 08:15">', "2026-03-04"),
        ("es", '<span itemprop="datePublished">04/03/2026</span>', "2026-03-04"),
        ("en", '<span itemprop="datePublished">04/03/2026</span>', None),
        ("en-US", '<span itemprop="datePublished">04/03/2026</span>', None),
        ("es", '<dd itemprop="datePublished">17 de marzo de 2026</dd>', "2026-03-17"),
        ("es", '<time class="entry-date">Martes 17 de marzo de 2026</time>', "2026-03-17"),
        ("es", '<p class="fecha">17 de marzo de 2026</p>', "2026-03-17"),
        ("es", "<time>17 de marzo de 2026</time>", "2026-03-17"),
        ("es", "<time>17 de marzo de 2026</time><time>2 de abril de 2026</time>", None),
        ("es", '<p class="fecha">17 de marzo de 2026</p><p class="fecha">2 de abril de 2026</p>', None),
        ("en", '<span class="post-date">March 17, 2026 6:00 PM ET</span>', "2026-03-17"),
    ],
)
def test_the_date_of_a_page(lang, body, day):
    published = clean_page(page(lang, body), "https://news.example/n").published
    assert (published.date().isoformat() if published else None) == day


@given(
    st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1)),
    st.sampled_from(["GMT", "UT", "UTC", "+0000", "-0000", "-0600", "+0530", "+1345", "-0930"]),
    st.sampled_from(["%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%a,  %d %b %Y %H:%M:%S "]),
)
def test_a_date_of_rfc_5322_is_read_as_the_standard_library_reads_it(when, zone, shape):
    text = f"{when.strftime(shape)} {zone}"
    theirs = parsedate_to_datetime(text)
    assert parse_date(text) == (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "none", ["31 Feb 2026 10:00 GMT", "17 Mar 2026 25:00 GMT", "17 Mar 2026 10:00 +9999", "01 Jan 0001 00:00:00 +0600"]
)
def test_a_date_that_is_none_in_the_format_of_rfc_5322_is_left_out(none):
    assert parse_date(none) is None


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_of_rfc_5322_is_known(month):
    assert parse_date(f"17 {calendar.month_abbr[month].upper()} 2026 10:00 GMT") == datetime(
        2026, month, 17, 10, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("lun, 02 mar 2026 10:00:00 -0600", datetime(2026, 3, 2, 16, tzinfo=UTC)),
        ("2 de diciembre de 2025", datetime(2025, 12, 2, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None), ("0001-01-01T00:00:00Z", None), ("9999-12-31T23:59:59-23:00", None),
        ("yesterday at noon", None), ("", None), (None, None), ("99999999999999999999", None),
    ],
)  # fmt: skip
def test_a_date_of_a_feed(text, expected):
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "first", ["1º de diciembre de 2026", "1° de diciembre, 2026", "1ro. de dic. de 2026", "1er diciembre 2026"]
)
def test_the_first_of_a_month_in_spanish_order(first):
    assert parse_date(first) == datetime(2026, 12, 1, tzinfo=UTC)
