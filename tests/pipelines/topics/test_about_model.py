"""The score of a statement's words, and the model that contains it."""

from collections import Counter

import numpy as np
import pytest

from pipelines.learn_aboutness import Table, learn_model
from pipelines.topics.about_model import DOCUMENTS, AboutModel, WordCounts, scored, sum_counts, word_score
from pipelines.topics.aboutness import model
from pipelines.topics.article import Article
from pipelines.topics.feature_names import NAMES, WORDS
from pipelines.topics.taxonomy import load_taxonomy
from schemas.statement import Span, Statement


def counted(*statements: tuple[str, bool]) -> WordCounts:
    counts = WordCounts()
    for words, is_on in statements:
        counts.add(frozenset(words.split()), is_on)
    counts.documents = Counter(counts.on.keys() | counts.off.keys())
    return counts


def test_a_word_of_statements_on_the_topic_speaks_for_it_and_others_against() -> None:
    whole = sum_counts([counted(("rifle bridge", True), ("school bridge", False))] * DOCUMENTS)
    weights = whole.weights()
    assert weights["rifle"] > 0 > weights["school"]
    assert weights["bridge"] == 0
    assert word_score(weights, ["rifle"]) > word_score(weights, ["rifle", "school"]) > word_score(weights, ["school"])
    assert word_score(weights, ["unknown"]) == word_score({}, ["rifle"]) == 0


def test_a_word_of_few_documents_has_no_weight() -> None:
    assert "name" not in sum_counts([counted(("name", True))] * (DOCUMENTS - 1)).weights()


def test_without_its_own_document_a_word_has_the_weight_of_the_others() -> None:
    first, others = counted(("rifle", True), ("rifle", False)), [counted(("rifle bridge", True))] * DOCUMENTS
    assert (sum_counts([first, *others]) - first).weights() == sum_counts(others).weights()


def test_a_statement_is_not_scored_by_words_of_its_own_document() -> None:
    def table(name: str, yes: list[float]) -> Table:
        rows = np.zeros((2, len(NAMES)))
        rows[:, 1] = yes
        contexts = [(frozenset({"both"}),) * len(WORDS), (frozenset({name}),) * len(WORDS)]
        return Table(name, "merida", rows, contexts, np.array(yes), np.ones(2), np.ones(2, bool), True, None)

    learned = learn_model([table(str(i), [1.0, 0.0]) for i in range(DOCUMENTS)])
    assert learned.words == {"merida": {"both": learned.words["merida"]["both"]}}
    spread = dict(zip(NAMES, learned.features.spread.tolist(), strict=True))
    assert [spread[name] for name in WORDS] == [1.0] * len(WORDS), "each word is in too few other documents"


def test_the_words_of_each_context_are_scored_in_a_column_of_their_own() -> None:
    contexts = [tuple(frozenset({word}) for word in ("rifle", "school", "none", "bridge"))]
    table = scored(np.zeros((1, len(NAMES))), {"rifle": 1.0, "school": -1.0, "bridge": 0.0}, contexts)
    assert np.sign(table[0, -len(WORDS) :]).tolist() == [1, -1, 0, 0]
    assert not table[0, : -len(WORDS)].any()


def test_the_contexts_go_from_the_statement_to_its_paragraphs() -> None:
    text = "The senator visited the bridge. Nobody came. She doubts the rifles.\n\nThe river was calm."
    survey = load_taxonomy().survey(text, "Guns on the road")
    start = text.index("the rifles")
    statement = Statement(content=(Span(start=start, end=start + 10),), kind="indirect")
    own, sentences, before, paragraphs = Article(survey, [statement]).contexts(0)
    assert own == {"rifle"} and sentences == {"doubt", "rifle"}
    assert before == {"senat", "visit", "bridg", "nobod", "came"}
    assert paragraphs == sentences | before


def test_the_model_comes_back_from_its_file_and_refuses_one_without_words() -> None:
    shipped = model()
    again = AboutModel.read(shipped.written())
    assert again.words == shipped.words
    assert set(shipped.words) == {"merida", "security-framework", "arms-trafficking"}
    rows, contexts = np.zeros((1, len(NAMES))), [(frozenset(["armas"]),) * len(WORDS)]
    assert again.chance("arms-trafficking", rows, contexts) == shipped.chance("arms-trafficking", rows, contexts)
    assert shipped.chance("a-topic-of-the-user", rows, contexts) == shipped.features.chance(rows)
    with pytest.raises(ValueError, match="learn it again"):
        AboutModel.read({key: value for key, value in shipped.written().items() if key != "words"})
