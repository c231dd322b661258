"""Which entries of a feed are one article, when publishers give several the same guid or the same link."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.decide import Polled, decide
from connectors.feeds.seen_entries import sent
from connectors.formats.parse import ParsedFeed
from connectors.web.fetcher import Response
from schemas.article import FeedEntry
from schemas.feed import FeedState
from schemas.settings import ConnectorSettings

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECTION = "https://news.example/oficina/prensa"
LIVE = "https://news.example/en-vivo"


def entry(n: int, url: str | None = None, guid: str = "", title: str = "", **more: object) -> FeedEntry:
    link = f"https://news.example/nota/{n}" if url is None else url
    name = title or f"La oficina informa del puente número {n}"
    return FeedEntry.model_validate(
        {"id": guid or link or name, "url": link, "title": name, "summary": f"Texto {n} de la nota.", **more}
    )


def at(n: int) -> dict[str, datetime]:
    return {"published": START + timedelta(minutes=10 * n)}


def published(*polls: list[FeedEntry]) -> list[list[tuple[str, str, str]]]:
    """What each poll publishes: (why, title, article id). A second look at a page publishes nothing by itself."""
    state = FeedState(url="https://news.example/rss", outlet="O", next_poll=START)
    found, now = [], START
    for poll in polls:
        polled = Polled(Response(state.url, 200), ParsedFeed("rss", tuple(poll)), body=str(now))
        decision = decide(state, polled, ConnectorSettings(), now)
        state, now = decision.state, now + timedelta(minutes=10)
        due = [change for change in decision.changes if change.why != "look"]
        seen = {change.key: sent(change, now, change.key, None, had_page=True) for change in due}
        state = state.model_copy(update={"seen": {**state.seen, **seen}})
        found.append([(change.why, change.entry.title, change.key) for change in due])
    return found


def new_titles(*polls: list[FeedEntry]) -> list[list[str]]:
    return [[title for why, title, _ in poll if why == "new"] for poll in published(*polls)]


def test_entries_that_share_a_guid_are_told_apart_by_their_links():
    def poll(*numbers: int) -> list[FeedEntry]:
        return [entry(n, guid=SECTION) for n in numbers]

    found = published(poll(2, 1), poll(3, 2, 1), poll(5, 4, 3), poll(6))
    assert [[title[-1] for _, title, _ in one] for one in found] == [["2", "1"], ["3"], ["5", "4"], ["6"]]
    ids = [key for one in found for _, _, key in one]
    assert len(set(ids)) == 6
    assert {why for one in found for why, *_ in one} == {"new"}


@pytest.mark.parametrize("guid", ["https://news.example/autor/ana-ruiz", "https://news.example/", SECTION])
def test_one_entry_at_a_time_under_the_address_of_a_section_or_an_author(guid):
    assert new_titles(*([entry(n, guid=guid)] for n in range(4))) == [[entry(n).title] for n in range(4)]


@pytest.mark.parametrize("home", ["https://news.example", "https://www.news.example/"])
def test_one_entry_at_a_time_under_the_address_of_the_home_page(home):
    polls = [[entry(n, url=home, **at(n))] for n in range(3)]
    assert [[why for why, *_ in one] for one in published(*polls, polls[-1])] == [["new"], ["new"], ["new"], []]


@pytest.mark.parametrize("url", ["", LIVE])
def test_entries_that_share_guid_and_link_are_told_apart_by_their_titles(url):
    def poll(*numbers: int) -> list[FeedEntry]:
        return [entry(n, url=url, guid="boletín-de-hoy") for n in numbers]

    found = published(poll(2, 1), poll(3, 2, 1), poll(3, 2, 1))
    assert [len(one) for one in found] == [2, 1, 0]
    assert len({key for one in found for _, _, key in one}) == 3


def test_entries_without_titles_are_told_apart_by_their_texts():
    def poll(*numbers: int) -> list[FeedEntry]:
        made = (entry(n, url=LIVE, guid="x") for n in numbers)
        return [one.model_copy(update={"title": ""}) for one in made]

    assert [len(one) for one in published(poll(2, 1), poll(3, 2, 1))] == [2, 1]


@pytest.mark.parametrize("url", ["", LIVE])
@pytest.mark.parametrize("guid", ["", "boletín-de-hoy"])
def test_entries_that_share_everything_but_the_text_are_told_apart_by_it(url, guid):
    def poll(*numbers: int) -> list[FeedEntry]:
        return [entry(n, url=url, guid=guid or url or "Aviso", title="Aviso") for n in numbers]

    found = published(poll(2, 1), poll(3, 2, 1), poll(3, 2, 1))
    assert [len(one) for one in found] == [2, 1, 0]
    assert len({key for one in found for _, _, key in one}) == 3


def test_an_entry_that_stands_twice_with_small_differences_is_one():
    first = entry(1, title="Aviso").model_copy(
        update={"summary": "La oficina cierra el puente por las obras del lunes."}
    )
    second = first.model_copy(update={"summary": first.summary + " Leer más"})
    assert [len(one) for one in published([first, second], [second, first])] == [1, 0]


@pytest.mark.parametrize("dated", [True, False])
def test_a_later_entry_under_a_shared_link_is_no_revision_of_the_first(dated):
    polls = [[entry(n, url=LIVE, guid=f"live-entry-{n:03}", **(at(n) if dated else {}))] for n in range(3)]
    found = published(*polls, polls[-1])
    assert [[why for why, *_ in one] for one in found] == [["new"], ["new"], ["new"], []]
    assert len({key for one in found for _, _, key in one}) == 3


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("link", [LIVE, SECTION, "https://www.24horas.example/nacional"])
def test_without_guids_a_later_entry_under_the_link_of_a_section_is_no_revision_of_the_first(link, dated):
    polls = [[entry(n, url=link, **(at(n) if dated else {}))] for n in range(3)]
    found = published(*polls, polls[-1])
    assert [[why for why, *_ in one] for one in found] == [["new"], ["new"], ["new"], []]
    assert len({key for one in found for _, _, key in one}) == 3


def test_an_edit_of_a_text_under_the_link_of_a_section_is_a_revision():
    polls = [[entry(n, url=SECTION, **at(n))] for n in (1, 2)]
    edited = polls[1][0].model_copy(update={"summary": "Texto con la hora en que abre."})
    *_, ((_, _, key),), ((why, _, again),) = published(*polls, [edited])
    assert (why, again) == ("revised", key)


def test_without_a_guid_a_later_date_and_other_words_under_the_link_of_an_article_are_a_revision():
    first = entry(7, **at(1))
    edited = first.model_copy(update={"title": "Otro título", "published": at(2)["published"]})
    ((_, _, key),), ((why, _, again),) = published([first], [edited])
    assert (why, again) == ("revised", key)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("more", [{"title": "Cierran el puente dos noches"}, {"summary": "Cierra a las diez."}])
@pytest.mark.parametrize("path", ["puente-cerrado", "noticias/puente-cerrado/", "puente", "nota/cierre_total.html"])
def test_an_edit_of_an_article_whose_guid_is_its_link_is_a_revision(path, more, dated):
    first = entry(7, url=f"https://e.org/{path}", title="Cierran el puente", **(at(1) if dated else {}))
    edited = first.model_copy(update=more | (at(2) if dated else {}))
    ((_, _, key),), ((why, _, again),), last = published([first], [edited], [edited])
    assert (why, again, last) == ("revised", key, [])


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("link", [LIVE, SECTION])
def test_another_text_under_the_same_heading_and_link_is_a_revision(link, dated):
    first = entry(7, url=link, **(at(1) if dated else {}))
    edited = first.model_copy(update={"summary": "Cierra a las diez."} | (at(2) if dated else {}))
    ((_, _, key),), ((why, _, again),) = published([first], [edited])
    assert (why, again) == ("revised", key)


@pytest.mark.parametrize(
    "path", ["autor/ana-ruiz", "minuto-a-minuto", "noticias/ultima-hora", "sala-de-prensa/", "live", "tema/el-puente"]
)
def test_one_entry_after_another_under_a_link_to_no_article_is_new(path):
    polls = [[entry(n, url=f"https://e.org/{path}", **at(n))] for n in range(3)]
    assert [[why for why, *_ in one] for one in published(*polls)] == [["new"]] * 3


def test_an_edit_under_the_same_link_and_guid_is_a_revision():
    first = entry(1, guid="a-guid-of-its-own", **at(1))
    edited = first.model_copy(update={"title": "Otro título"} | {"published": at(2)["published"]})
    ((_, _, key),), ((why, _, again),) = published([first], [edited])
    assert (why, again) == ("revised", key)


def test_guids_that_churn_publish_nothing_twice_also_when_the_date_moves_and_the_words_are_edited():
    polls = [[entry(1, guid=f"churning-guid-{n}", title="Un título" if n < 2 else "Otro", **at(n))] for n in range(6)]
    found = published(*polls)
    assert [len(one) for one in found] == [1, 0, 1, 0, 0, 0]


def test_the_same_words_with_other_links_in_one_poll_are_two_entries():
    same = "Comunicado de prensa de la oficina del puente"
    poll = [entry(n, title=same, summary="") for n in (1, 2)]
    assert [len(one) for one in published(poll, poll)] == [2, 0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_every_different_title_of_a_poll_is_published_whatever_it_shares(rows):
    poll = [entry(0, f"https://news.example/{u}", f"una-guid-larga-{g}", f"Título {t}") for u, g, t in rows]
    titles = {title for _, title, _ in published(poll)[0]}
    assert titles == {one.title for one in poll}
    assert published(poll, poll)[1] == []
