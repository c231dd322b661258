"""Pages that list articles: found by selectors or recognised; other pages give no entries and a reason."""

import pytest

from connectors.errors import NotAFeed
from connectors.feeds.feedlist import BadFeedList, load_feeds
from connectors.formats.listing import MOST, parse_listing
from schemas.feed import Selectors
from tests.support.hostile_server import Rig, always, in_turn, run

URL = "https://aduana.example/prensa"
HEAD = '<html lang="es"><head><title>Prensa</title></head><body>'
AROUND = (
    '<header><a href="/">Inicio</a></header><nav><a href="/n-1-a-b">Uno dos tres cuatro cinco</a></nav>'
    '<a href="?pagina=2">Siguiente</a><a href="/prensa#arriba">Volver al principio de la página</a>'
    '<footer><a href="/aviso-de-privacidad-2026">Aviso de privacidad integral del sitio</a></footer>'
)


def row(n: int, words: str = "El puente viejo cierra otra noche más", link: str = "") -> str:
    return (f'<li class="nota n{n}"><h3><a href="{link or f"/prensa/nota-{n}"}">{words} {n}</a></h3>'
            f'<span>{n % 27 + 1} de marzo de 2026</span><a href="/prensa/nota-{n}">Leer más</a></li>')  # fmt: skip


def page(*rows: str, around: str = AROUND) -> bytes:
    return f"{HEAD}<main><ul>{''.join(rows)}</ul></main>{around}</body></html>".encode()


def listing(data: bytes, **select: str):
    return parse_listing(data, URL, "text/html; charset=utf-8", Selectors.model_validate(select))


def test_the_largest_block_of_alike_links_is_found_with_titles_and_dates():
    found = listing(page(*map(row, range(1, 6))))
    assert [entry.url for entry in found.entries] == [f"https://aduana.example/prensa/nota-{n}" for n in range(1, 6)]
    assert found.entries[0].title == "El puente viejo cierra otra noche más 1"
    assert found.entries[0].published and found.entries[0].published.date().isoformat() == "2026-03-02"
    assert (found.kind, found.lang, found.title) == ("listing", "es", "Prensa")


def test_items_whose_links_only_say_read_more_have_their_headings_as_titles():
    rows = [f'<div class="card"><h2>La aduana abre su sala {n}</h2><a href="/prensa/sala-{n}">Leer más</a></div>'
            for n in range(4)]  # fmt: skip
    assert [entry.title for entry in listing(page(*rows)).entries] == [f"La aduana abre su sala {n}" for n in range(4)]


def test_selectors_say_what_is_taken():
    cells = '<td class="d">{0:02}/11/2026</td><td class="t">Boletín {0}</td><td><a href="b{0}.html">ver</a></td>'
    rows = [f"<tr>{cells.format(n)}</tr>" for n in (3, 4)]
    found = listing(page("<table>", *rows, "</table>"), items="tr", title=".t", date=".d", link="a")
    assert [(e.title, e.url[-7:], e.published.isoformat()[:10]) for e in found.entries if e.published] == [
        ("Boletín 3", "b3.html", "2026-11-03"), ("Boletín 4", "b4.html", "2026-11-04")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "select", "why"),
    [
        (page(), {}, "no block"),
        (page(row(1)), {}, "no block"),
        (page(*map(row, range(5))), {"items": "article.gone"}, "'article.gone' finds no item"),
        (page(*(row(n, link=URL).replace("/prensa/nota", "#nota") for n in range(9))), {}, "no block"),
        (page(*(row(n).replace("/prensa/", "https://other.example/") for n in range(9))), {}, "no block"),
    ],
)  # fmt: skip
def test_a_page_without_items_says_why(data, select, why):
    found = listing(data, **select)
    assert found.entries == () and why in found.nothing


@pytest.mark.parametrize(
    ("data", "wall"),
    [
        (b"", None),
        (b"<html><head><title>Just a moment...</title></head><body></body></html>", "bot check"),
        (f"{HEAD}<form><input name=u><input type='password'></form></body></html>".encode(), "login"),
    ],
)
def test_what_is_no_listing_at_all_is_refused(data, wall):
    with pytest.raises(NotAFeed) as caught:
        listing(data)
    assert caught.value.wall == wall


def test_ten_thousand_links_and_five_megabytes_give_the_first_items():
    many = listing(page(*map(row, range(10_000))))
    assert len(many.entries) == MOST and many.entries[0].url.endswith("/nota-0")
    large = listing(page(*map(row, range(5)), "<p>" + "x " * 2_500_000 + "</p>"))
    assert len(large.entries) == 5


def test_a_bad_selector_is_told_with_its_place(tmp_path):
    path = tmp_path / "feeds.yaml"
    path.write_text(f"- url: {URL}\n  outlet: A\n  type: listing\n  select: {{items: 'li[['}}\n")
    with pytest.raises(BadFeedList, match=r"feed 1: select.items: 'li\[\['"):
        load_feeds(path)


def test_a_listing_is_polled_like_a_feed_and_tells_when_it_finds_nothing():
    pages = in_turn(
        always(page(*map(row, (2, 1)), row(3)), Content_Type="text/html"),
        always(page(row(4), *map(row, (2, 1))), Content_Type="text/html"),
        always(page("<li>En mantenimiento</li>"), Content_Type="text/html"),
        always(page(row(5), *map(row, (4, 2))), Content_Type="text/html"),
    )

    async def scene(rig: Rig) -> None:
        url = rig.urls[0]
        rig.poller.feeds[url] = rig.poller.feeds[url].model_copy(update={"type": "listing"})
        decisions = await rig.poll(4)
        new = [[change.entry.title[-1] for change in d.changes] for d in decisions]
        assert new == [["2", "1", "3"], ["4"], [], ["5"]]
        events = [(event.kind, event.detail) for d in decisions for event in d.events]
        assert [kind for kind, _ in events] == ["empty", "recovered"]
        assert "the listing found nothing: no block of alike links" in events[0][1]
        assert [article.origin for article in rig.published.articles()] == ["first-poll"] * 3 + ["live"] * 2

    run(scene, "pages", pages=pages)
