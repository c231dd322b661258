"""The model of aboutness, with the score of a statement's words as one of its features."""

import numpy as np
import pytest

from pipelines.learn_about_model import DIVISIONS, RARE, Table, division, learn_model, learn_word_weights
from pipelines.learn_aboutness import paired
from pipelines.topics.about_model import SHORT, AboutModel, with_scores
from pipelines.topics.aboutness import model
from pipelines.topics.article import CONTEXTS, Article
from pipelines.topics.feature_names import NAMES
from pipelines.topics.logistic import LogisticModel
from pipelines.topics.taxonomy import load_taxonomy
from pipelines.topics.word_weights import WordWeights
from schemas.statement import Span, Statement

TOPICS = {"merida", "security-framework", "arms-trafficking"}
SAME_DIVISION = [n for n in map(str, range(999)) if division(n, DIVISIONS) == 0][: 2 * RARE]
OTHERS = [n for n in map(str, range(999)) if division(n, DIVISIONS)][: 4 * RARE]


def table(name: str, topic: str, words: tuple[str, str]) -> Table:
    """A document with a statement on the topic and one off it, each of one word."""
    contexts = [(frozenset({word}),) * CONTEXTS for word in words]
    yes = np.array([1.0, 0.0])
    rows = np.zeros((2, len(NAMES)))
    rows[:, 1] = yes
    return Table(name, topic, rows, contexts, yes, np.ones(2), np.ones(2, bool), None)


def test_the_words_of_statements_on_a_topic_get_weights_for_this_topic_only() -> None:
    its = [table(str(number), "merida", ("aid", "road")) for number in range(40)]
    others = [table(f"other {number}", "arms-trafficking", ("rifle", "road")) for number in range(40)]
    learned = learn_model([*its, *others])
    assert learned.words["merida"].parts[0].keys() == {"aid", "road"}
    assert learned.words["merida"].parts[0]["aid"] > 0 > learned.words["merida"].parts[0]["road"]
    assert learned.words["arms-trafficking"].parts[0].keys() == {"rifle", "road"}


def test_in_training_a_statement_is_not_scored_by_words_of_its_own_division() -> None:
    its = [table(name, "merida", ("aid", "road")) for name in SAME_DIVISION]
    others = [table(name, "merida", ("helicopter", "harvest")) for name in OTHERS]
    weights, scores = learn_word_weights([*its, *others])
    on, off = scores[: 2 * len(its)].reshape(-1, 2).T
    assert (on == off).all(), "no other division has these words"
    assert weights.parts[0]["aid"] > 0 > weights.parts[0]["road"]
    on, off = scores[2 * len(its) :].reshape(-1, 2).T
    assert (on > off).all()


def test_an_article_followed_by_another_one_is_made_of_two_of_the_same_division() -> None:
    documents = [{"id": name, "lang": "en"} for name in (*SAME_DIVISION, *OTHERS)]
    divisions = [[division(one["id"], DIVISIONS) for one in pair] for pair in paired(documents)]
    assert len(divisions) == len(documents) and all(one == other for one, other in divisions)


def test_the_shorter_an_article_the_less_the_score_of_the_words_counts() -> None:
    none, ones = np.zeros(len(NAMES)), np.ones(len(NAMES))
    words = np.array([*none[:-1], 1.0])
    both, alone = LogisticModel(0.0, words, none, ones), LogisticModel(1.0, none, none, ones)
    weights = WordWeights(-3.0, ({},) * CONTEXTS)
    made = AboutModel(both, alone, {"merida": weights})

    def log_odds(size: int) -> float:
        contexts = (*[frozenset[str]()] * (CONTEXTS - 1), frozenset(map(str, range(size))))
        chance = made.chance("merida", np.zeros((1, len(NAMES))), [contexts])[0]
        return float(np.log(chance / (1 - chance)))

    assert log_odds(0) == pytest.approx(1.0)
    assert log_odds(SHORT) == pytest.approx((1.0 - 3.0) / 2)
    assert log_odds(SHORT) > log_odds(2 * SHORT) > log_odds(100 * SHORT) > -3


def test_a_topic_without_weights_of_words_is_judged_without_their_score() -> None:
    shipped = model()
    rows, contexts = np.zeros((1, len(NAMES))), [(frozenset(["armas"]),) * CONTEXTS]
    assert shipped.chance("a-topic-of-the-user", rows, contexts) == shipped.alone.chance(rows)
    assert shipped.alone.weight[-1] == 0 < shipped.features.weight[-1]
    assert shipped.chance("merida", rows, contexts) != shipped.chance("arms-trafficking", rows, contexts)


def test_the_score_goes_into_the_last_column_of_a_copy() -> None:
    rows = np.zeros((2, len(NAMES)))
    found = with_scores(rows, [1.5, -2.0])
    assert found[:, -1].tolist() == [1.5, -2.0] and not found[:, :-1].any() and not rows.any()


def test_the_contexts_go_from_the_statement_to_the_whole_article() -> None:
    text = "The senator visited the bridge.\n\nIt rained. Nobody came. She doubts the rifles.\n\nThe river was calm."
    survey = load_taxonomy().survey(text, "Guns on the road")
    start = text.index("the rifles")
    statement = Statement(content=(Span(start=start, end=start + 10),), kind="indirect")
    contexts = Article(survey, [statement]).contexts(0)
    own, sentences, before, paragraph, paragraphs, head, whole = contexts
    assert len(contexts) == CONTEXTS == len(model().words["merida"].parts)
    assert own == {"rifle"} and sentences == {"doubt", "rifle"} and before == {"raine", "nobod", "came"}
    assert paragraph == sentences | before and paragraphs == paragraph | {"senat", "visit", "bridg"}
    assert head >= {"guns", "road", "senat", "visit", "bridg"} and not head & {"river", "calm"}
    assert whole == head | paragraphs | {"river", "calm"}


def test_the_model_comes_back_from_its_file_and_refuses_another_one() -> None:
    shipped = model()
    again = AboutModel.read(shipped.written())
    assert again.words == shipped.words and set(shipped.words) == TOPICS
    rows, contexts = np.zeros((1, len(NAMES))), [(frozenset(["armas"]),) * CONTEXTS]
    assert again.chance("arms-trafficking", rows, contexts) == shipped.chance("arms-trafficking", rows, contexts)
    with pytest.raises(ValueError, match="learn it again"):
        AboutModel.read({key: value for key, value in shipped.written().items() if key != "alone"})
    fewer = WordWeights(0.0, ({},) * (CONTEXTS - 1))
    with pytest.raises(ValueError, match="learn the model again"):
        AboutModel.read(AboutModel(shipped.features, shipped.alone, {"merida": fewer}).written())
