"""Learning which words put an article on a topic, from made-up articles."""

import random
from typing import Any

from pipelines.learn_articles import learn_models, trained_on
from pipelines.topics.article_words import chance
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
    assert model.parts[0]["carto"] > 0.5 and model.parts[0]["pumpk"] < -0.5
    common = frozenset(WORDS[:60])
    assert chance(model, common | {"carto", "count"}) > 0.5 > chance(model, common | {"pumpk", "tract"})


def test_words_in_terms_of_the_topic_get_no_weight() -> None:
    labelled = [made(n, on=n % 2 == 0, more="They smuggled rifles into Mexico." * (n % 2 == 0)) for n in range(60)]
    model = learn_models(labelled, [], load_taxonomy())[ARMS]
    assert not model.parts[0].keys() & {"smugg", "rifle"}


def test_articles_of_unsure_topic_are_left_out() -> None:
    labelled = [made(number, on=number % 2 == 0) for number in range(60)]
    for document in labelled:
        document["attributions"][0]["maybe"] = bool(document["attributions"][0]["topics"])
    model = learn_models(labelled, [], load_taxonomy())[ARMS]
    assert model.parts[0].get("carto", 0.0) == 0.0


def test_articles_from_before_a_topic_began_teach_nothing_about_it() -> None:
    late = [made(number, on=number % 2 == 0) | {"date": "2025-10-02"} for number in range(60)]
    early = [made(number, on=number % 2 == 1) | {"date": "2022-10-02"} for number in range(60, 120)]
    for document in (*late, *early):
        statement = document["attributions"][0]
        statement["topics"] = ["security-framework"] * bool(statement["topics"])
    framework = "security-framework"
    both, alone = (learn_models(its, [], load_taxonomy())[framework] for its in ([*late, *early], late))
    assert both == alone


def test_a_part_of_the_stream_is_kept_for_measuring() -> None:
    used = sum(trained_on(f"article-{number}") for number in range(1000))
    assert 500 < used < 700
