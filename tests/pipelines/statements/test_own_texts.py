"""The project's own texts for training: every mark is well formed, and the marks say what they should."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.statements.learning.own_texts import FOLDER, TOPIC_FOLDER, TOPICS, own_documents, parsed
from pipelines.topics.taxonomy import load_taxonomy
from tests.eval import changing_rows, unseen_rows

HEAD = "# en 2025-01-02 Guns on the bridge"


def words(document: dict, key: str) -> list[list[str]]:
    return [[document["text"][start:end] for start, end in gold[key]] for gold in document["attributions"]]


def test_marks_become_spans_of_a_text_without_marks() -> None:
    body = "[a? It fell], {^Judge Ana Ruiz=Ana Ruiz} <^said>, [+ twice]. {She} <denied> [- it]. [m=Bo Li: No.]"
    document = parsed(HEAD, body, "x-01")
    assert document["text"] == "It fell, Judge Ana Ruiz said, twice. She denied it. No."
    assert (document["lang"], document["date"], document["title"]) == ("en", "2025-01-02", "Guns on the bridge")
    assert words(document, "content") == [["It fell", "twice"], ["it"], ["No."]]
    assert words(document, "cue") == [["said"], ["denied"], []]
    assert words(document, "source") == [["Judge Ana Ruiz"], ["She"], []]
    assert [gold["speaker"] for gold in document["attributions"]] == ["Ana Ruiz", "Ana Ruiz", "Bo Li"]
    assert [gold["topics"] for gold in document["attributions"]] == [["arms-trafficking"], [], ["merida"]]
    assert [gold["maybe"] for gold in document["attributions"]] == [True, False, False]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[a It fell, he left.", "not closed"),
        ("[x It fell]", "not valid"),
        ("<^said> [a It fell]", "no statement before it"),
        ("{He} <said> nothing.", "no statement after"),
        ("{He} <said>\n\n[a It fell]", "no statement after"),
        ("{He} <said> {she} [a It fell]", "second cue or source"),
    ],
)
def test_a_mark_that_is_not_valid_is_an_error_that_names_the_document(body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"^x-01: .*{reason}"):
        parsed(HEAD, body, "x-01")


def test_a_document_begins_with_language_date_and_title() -> None:
    with pytest.raises(ValueError, match="begins with"):
        parsed("# fr 2025-01-02 Armes", "", "x-01")


@given(st.text(alphabet="[]{}<>^=+-?am \nword", max_size=40))
def test_any_text_is_read_without_marks_left_or_refused(body: str) -> None:
    try:
        document = parsed(HEAD, body, "x-01")
    except ValueError:
        return
    assert not set("[]{}<>") & set(document["text"])
    assert all(gold["content"] for gold in document["attributions"])


def test_the_texts_of_the_project_are_well_formed() -> None:
    documents = [*own_documents(), *own_documents(TOPIC_FOLDER)]
    assert {document["lang"] for document in documents} == {"en", "es"}
    assert len({document["id"] for document in documents}) == len(documents)
    found = [gold for document in documents for gold in document["attributions"]]
    assert {topic for gold in found for topic in gold["topics"]} == set(TOPICS.values())
    quiet = [d for d in documents if not any(gold["topics"] for gold in d["attributions"])]
    assert quiet, "some texts are on no topic, and one is without statements"
    for document in documents:
        for gold in document["attributions"]:
            spans = [tuple(span) for key in ("content", "cue", "source") for span in gold[key]]
            assert len({*spans}) == len(spans), document["id"]
            assert all(document["text"][start:end].strip() for start, end in spans), document["id"]


@pytest.mark.parametrize(
    "folder", [FOLDER, TOPIC_FOLDER, unseen_rows.FOLDER, changing_rows.FOLDER], ids=lambda f: f.name
)
def test_no_text_is_labelled_with_a_topic_before_it_began(folder: Path) -> None:
    documents = own_documents(folder)
    since = {topic.name: topic.since for topic in load_taxonomy().topics if topic.since}
    assert documents and not [
        document["id"]
        for document in documents
        for statement in document["attributions"]
        for topic in statement["topics"]
        if topic in since and document["date"] < since[topic].isoformat()
    ]
