"""Learning which words put an article on a topic, from made-up articles."""

import random
from typing import Any

from pipelines.learn_articles import learn_models, trained_on
from pipelines.topics.taxonomy import load_taxonomy

ARMS = "arms-trafficking"
WORDS = [f"{a}{b}{c}ol" for a in "bdfgl" for b in "aeiou" for c in "kmnprst"]


def made(number: int, on: bool, more: str = "") -> dict[str, Any]:
    """An article of random words; one on arms trafficking has words that the others do not have."""
    dice = random.Random(number)
    own = "cartons lanes counter" if on else "pumpkin tractor parade"
    text = f"{' '.join(dice.sample(WORDS, 60))} {own} {more}"
    statement = {"content": [[0, 10]], "topics": [ARMS] if on else [], "maybe": False}
    return {"id": f"made-{number}", "title": "", "text": text, "attributions": [statement], "set": "own"}


def test_words_of_articles_on_a_topic_speak_for_it_and_those_of_others_against_it() -> None:
    labelled = [made(number, on=number % 2 == 0) for number in range(60)]
    model = learn_models(labelled, [], load_taxonomy())[ARMS]
    assert model.weights["carto"] > 0.5 and model.weights["pumpk"] < -0.5
    common = frozenset(WORDS[:60])
    assert model.chance(common | {"carto", "count"}) > 0.5 > model.chance(common | {"pumpk", "tract"})


def test_words_in_terms_of_the_topic_get_no_weight() -> None:
    labelled = [made(n, on=n % 2 == 0, more="They smuggled rifles into Mexico." * (n % 2 == 0)) for n in range(60)]
    model = learn_models(labelled, [], load_taxonomy())[ARMS]
    assert not model.weights.keys() & {"smugg", "rifle"}


def test_articles_of_unsure_topic_are_left_out() -> None:
    labelled = [made(number, on=number % 2 == 0) for number in range(60)]
    for document in labelled:
        document["attributions"][0]["maybe"] = bool(document["attributions"][0]["topics"])
    model = learn_models(labelled, [], load_taxonomy())[ARMS]
    assert model.weights.get("carto", 0.0) == 0.0


def test_a_part_of_the_stream_is_kept_for_measuring() -> None:
    used = sum(trained_on(f"article-{number}") for number in range(1000))
    assert 500 < used < 700
