"""The seed story through the commands: the page cleaned, each required statement found, the two alert lists right."""

import json

import pytest

from deploy.cli.parser import main
from schemas.ids import fold
from tests.support.paths import SHARED

SEED = SHARED / "seed"
PAGE = SEED / "afp-merida-revamp.txt"
pytestmark = pytest.mark.skipif(not SEED.exists(), reason="needs the shared seed story (BORDERWIRE_SHARED)")
EXPECTED = json.loads((SEED / "expected.json").read_text(encoding="utf-8")) if SEED.exists() else {"statements": []}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """(clean article, what `borderwire statements` prints of it)."""
    path = tmp_path_factory.mktemp("seed") / "in.jsonl"
    (article,) = lines_of("clean", str(PAGE), "--url", "https://example.org/seed")
    path.write_text(json.dumps({"id": "seed", "text": article["text"], "title": article["title"]}), encoding="utf-8")
    (found,) = lines_of("statements", str(path))
    return article, found


def lines_of(*command):
    with pytest.MonkeyPatch.context() as patch:
        printed = []
        patch.setattr("builtins.print", lambda text, **_: printed.append(text))
        assert main(command) == 0
    return [json.loads(line) for line in printed]


def spoken(article, statement):
    return fold(" ".join(article["text"][part["start"] : part["end"]] for part in statement["content"]))


def suits(article, statement, wanted) -> bool:
    """Whether a statement is the one wanted: the words asked for, and little else."""
    said, words = spoken(article, statement), fold(wanted["content"])
    return words in said or said in words and len(said) > 0.8 * len(words)


def test_the_article_is_cleaned(told):
    article, found = told
    wanted = EXPECTED["article"]
    assert (article["title"], article["lang"], article["published"]) == (wanted["title"], wanted["lang"], None)
    assert article["text"].startswith(wanted["first_words"])
    assert article["text"].endswith(wanted["last_words"])
    assert not [words for words in wanted["must_not_contain"] if words in article["text"]]
    assert set(wanted["topics"]) <= set(found["topics"])


@pytest.mark.parametrize(
    "wanted", [s for s in EXPECTED["statements"] if s["need"] == "required"], ids=lambda s: s["content"][:40]
)
def test_each_required_statement_is_found(told, wanted):
    article, found = told
    (statement,) = [s for s in found["statements"] if suits(article, s, wanted)]
    assert fold(statement["speaker"]["name"]) == fold(wanted["speaker"])
    assert statement["kind"] == wanted["kind"]
    assert fold(wanted["cue"]) in fold(statement["cue"]["text"])
    if "role" in wanted:
        assert fold(statement["speaker"]["role"]) == fold(wanted["role"])
    if "source" in wanted:
        assert statement["source"]["text"] == wanted["source"]
    alerting = {"merida", "arms-trafficking"}
    assert set(wanted["topics"]) <= set(statement["topics"])
    assert alerting.intersection(statement["topics"]) <= {*wanted["topics"], *wanted.get("topics_allowed", ())}


def test_at_most_two_statements_are_not_listed(told):
    article, found = told
    others = [s for s in found["statements"] if not any(suits(article, s, w) for w in EXPECTED["statements"])]
    assert len(others) <= 2, [spoken(article, s) for s in others]


def test_the_two_alert_lists(told):
    _, found = told
    for topic, speakers in EXPECTED["alerts"].items():
        on = {fold(s["speaker"]["name"]) for s in found["statements"] if topic.removeprefix("alerts.") in s["topics"]}
        optional = {fold(s["speaker"]) for s in EXPECTED["statements"] if s["need"] == "optional" and s["topics"]}
        short = topic.removeprefix("alerts.")
        optional |= {fold(s["speaker"]) for s in EXPECTED["statements"] if short in s.get("topics_allowed", ())}
        assert {fold(name) for name in speakers} <= on <= {fold(name) for name in speakers} | optional
