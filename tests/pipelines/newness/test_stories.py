"""Stories: reprints, parts and updates join; another event, another template's facts and shared furniture do not."""

import random
import zlib

from hypothesis import given
from hypothesis import strategies as st

from pipelines.newness.stories import StoryIndex, one_story, run_hashes, sketch

WORDS = (  # noqa: SIM905 - as prose it can be read
    "river bridge council border ledger trader morning lorry harvest permit engine winter market school doctor signal "
    "valley budget lawyer ticket garden office driver bottle window copper island summer animal basket candle desert "
    "editor fabric gallon hammer insect jacket kettle ladder magnet needle orange parcel quarry rocket saddle tunnel"
).split()


def prose(seed: int, words: int = 400) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) for _ in range(words))


def assign_all(*articles):
    index = StoryIndex()
    return [index.assign(str(n), sketch(title, text), float(n)) for n, (title, text) in enumerate(articles)]


def test_a_reprint_with_another_headline_and_furniture_joins():
    text = prose(1)
    reprint = "Advert\n\n" + text.upper() + "\n\nRead more: " + prose(2, 20)
    assert assign_all(("river council", text), ("bridge market", reprint)) == ["0", "0"]


def test_short_reprints_and_their_parts_join_whatever_their_words_are():
    for seed in range(60):
        text = prose(seed, 100)
        found = assign_all(("", text), ("", "By the agencies. " + text), ("", text[: len(text) // 2]))
        assert found == ["0", "0", "0"], seed


def test_a_part_and_an_update_join_and_another_story_does_not():
    text = prose(1)
    part = ("river bridge", text[: len(text) // 3])
    update = ("river bridge", prose(3, 150) + " " + text)
    assert assign_all(("river council", text), part, update, ("winter market", prose(4))) == ["0", "0", "0", "3"]


def test_a_short_template_with_other_facts_is_another_story():
    def grant(town: str, thing: str, seed: int) -> tuple[str, str]:
        return f"grant for {town}", f"A grant for {town} pays for {thing}. {prose(seed, 60)} {prose(9, 60)}"

    assert assign_all(grant("Alton", "a pump", 1), grant("Belmont", "two radios", 2)) == ["0", "1"]


def test_pages_that_share_only_furniture_are_not_one_story():
    menu = prose(5, 200)
    assert assign_all(("Chairman of chip maker dies", menu), ("Judge dismisses suit", menu)) == ["0", "1"]


def test_an_edited_article_stays_in_its_story():
    index = StoryIndex()
    assert index.assign("a", sketch("t river", prose(1)), 1) == "a"
    assert index.assign("b", sketch("river", prose(1)), 2) == "a"
    assert index.assign("b", sketch("river", prose(7)), 3) == "a"
    assert len(index) == 2


def test_what_is_expired_finds_nothing_and_is_gone():
    index = StoryIndex()
    index.assign("a", sketch("river", prose(1)), 1)
    index.assign("b", sketch("river", prose(2)), 5)
    index.expire(before=3)
    assert len(index) == 1
    assert index.assign("c", sketch("river", prose(1)), 6) == "c"


def test_an_index_filled_from_records_answers_like_the_one_that_wrote_them():
    articles = [(str(n), sketch("river", prose(n % 7)), float(n)) for n in range(30)]
    first, second = StoryIndex(), StoryIndex()
    for article in articles[:20]:
        second.add(*article[:2], first.assign(*article), article[2])
    for article in articles[20:]:
        assert first.assign(*article) == second.assign(*article)


@given(st.text(max_size=500), st.text(max_size=500))
def test_any_text_has_a_sketch_and_likeness_is_symmetric(one, other):
    a, b = sketch("", one), sketch("", other)
    assert one_story(a, b) == one_story(b, a)
    assert len(a.hashes) <= 128


def test_a_sketch_is_of_the_crc_32_of_each_run_the_same_in_every_process():
    words = prose(1, 30).split()
    assert list(run_hashes(words)) == [zlib.crc32(" ".join(words[i : i + 4]).encode()) for i in range(27)]
    assert list(run_hashes(words[:2])) == [zlib.crc32(" ".join(words[:2]).encode())]
    assert list(sketch("", "Ríos, PUENTES\ny más ríos").hashes) == sorted(
        run_hashes(["rios", "puentes", "y", "mas", "rios"])
    )
    assert sketch("", "a lone \ud800 surrogate is text too").hashes


def test_a_long_text_keeps_no_more_and_the_same_of_its_runs():
    text = prose(3, 5000)
    hashes = sketch("", text).hashes
    assert 32 <= len(hashes) <= 128
    assert set(hashes) <= set(run_hashes(text.split()))


def bulletin(town: str, day: int, lorries: int, crates: int, place: str, title: str = "") -> tuple[str, str]:
    text = (
        f"{town}, a {day} de marzo de 2026.- Personal de la aduana, en coordinación con la policía del estado, "
        f"detuvo {lorries} camiones con {crates} cajas de mercancía sin papeles. La revisión se llevó a cabo "
        f"conforme a la ley y con respeto a los derechos de los conductores. Los hechos ocurrieron en {place}, "
        "donde el personal realizaba recorridos de vigilancia. Los camiones y las cajas quedaron a disposición de"
        " la autoridad competente, que hará las investigaciones que correspondan. Con estas acciones la aduana "
        "refrenda su compromiso con el comercio legal y con la seguridad de las familias. La ciudadanía puede "
        "denunciar en el número 088 a toda hora."
    )
    return title or f"Detienen {lorries} camiones en {town.partition(',')[0]}", text


def test_bulletins_by_one_template_are_stories_of_their_own_where_only_figures_and_places_differ():
    first = bulletin("Ojinaga, Chihuahua", 3, 4, 310, "la garita vieja")
    second = bulletin("Agua Prieta, Sonora", 9, 7, 95, "el puente nuevo")
    third = bulletin("Tecate, Baja California", 17, 2, 1240, "la bodega Altamira")
    assert assign_all(first, second, third) == ["0", "1", "2"]
    places = (("Ojinaga, Chihuahua", "la garita vieja"), ("Tecate, Baja California", "la bodega Altamira"))
    same = [bulletin(town, 3, 4, 310, place, title="Detienen camiones con mercancía") for town, place in places]
    assert assign_all(*same) == ["0", "1"]


def test_a_reprint_of_a_bulletin_joins_it():
    title, text = bulletin("Ojinaga, Chihuahua", 3, 4, 310, "la garita vieja")
    reprint = ("Camiones detenidos en la frontera", "Por la Redacción\n\n" + text.replace("a toda hora", "siempre"))
    assert assign_all((title, text), reprint) == ["0", "0"]


def test_a_short_part_finds_the_long_text_it_was_taken_from():
    for seed in range(40):
        text = prose(seed, 1000)
        part = " ".join(text.split()[400:520])
        assert assign_all(("", text), ("", part)) == ["0", "0"], seed


def test_another_report_of_an_event_with_agency_background_is_no_update():
    background = [prose(seed, 30) for seed in range(14)]
    one = " ".join(part + " " + prose(100 + n, 25) for n, part in enumerate(background))
    other = " ".join(part + " " + prose(200 + n, 20) for n, part in enumerate(background))
    assert assign_all(("", one), ("", other)) == ["0", "1"]
