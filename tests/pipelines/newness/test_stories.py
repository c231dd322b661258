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
