"""Features of statements for one topic: all statements at once, in text order."""

import pytest

from pipelines.topics.article import Article
from pipelines.topics.feature_names import NAMES
from pipelines.topics.features import rows
from pipelines.topics.taxonomy import load_taxonomy
from schemas.statement import Span, Speaker, Statement

TITLE = "Arms trafficking to Mexico grows"
TEXT = """Arms trafficking to Mexico must end, the minister said. That is a disgrace, the minister said.

Meanwhile, the bridge was closed. The river is calm, a farmer said."""


def statement(words: str, speaker: str | None) -> Statement:
    start = TEXT.index(words)
    named = Speaker(name=speaker) if speaker else None
    return Statement(content=(Span(start=start, end=start + len(words)),), speaker=named, kind="indirect")


def features(*statements: Statement) -> list[dict[str, float]]:
    article = Article(load_taxonomy().survey(TEXT, TITLE), statements)
    return [dict(zip(NAMES, row, strict=True)) for row in rows(article, "arms-trafficking").tolist()]


def test_each_statement_has_its_own_row_in_text_order() -> None:
    end, disgrace, calm = features(
        statement("The river is calm", "Farmer"),
        statement("Arms trafficking to Mexico must end", "Minister"),
        statement("That is a disgrace", "Minister"),
    )
    assert [row["own terms"] for row in (end, disgrace, calm)] == [1, 0, 0]
    assert [row["refers"] for row in (end, disgrace, calm)] == [0, 1, 0]
    assert [row["term one sentence before"] for row in (end, disgrace, calm)] == [0, 1, 0]
    assert [row["term in the paragraph before"] for row in (end, disgrace, calm)] == [1, 1, 1]
    assert [row["drifted"] for row in (end, disgrace, calm)] == [0, 0, 1]
    assert [row["statement before"] for row in (end, disgrace, calm)] == [-1, 1, 0]
    assert [row["statement after"] for row in (end, disgrace, calm)] == [0, 0, -1]
    assert [row["same speaker"] for row in (end, disgrace, calm)] == [0, 1, -1]
    assert {row["title term"] for row in (end, disgrace, calm)} == {1}


def test_words_of_a_statement_are_shared_by_its_place_in_the_text() -> None:
    (only,) = features(statement("The river is calm", None))
    assert only["words of its own"] + only["words shared with others only"] == pytest.approx(1)
    assert (only["nobody speaks"], only["direct"]) == (1, 0)


def test_without_statements_there_are_no_rows() -> None:
    assert features() == []


@pytest.mark.parametrize("lead, drifted", [("Meanwhile, ", 1), ("Nonmeanwhile, ", 0), ("Mean while, ", 0)])
def test_a_sentence_drifts_only_with_a_whole_word(lead: str, drifted: int) -> None:
    text = f"Arms trafficking to Mexico must end.\n\n{lead}the river is calm, a farmer said."
    start = text.index("the river")
    found = Statement(content=(Span(start=start, end=start + 17),), kind="indirect")
    article = Article(load_taxonomy().survey(text, TITLE), [found])
    assert rows(article, "arms-trafficking")[0, NAMES.index("drifted")] == drifted
