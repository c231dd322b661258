"""Ten texts labelled before any output was seen (fresh.yaml); how many of their statements are found is printed."""

import pytest
import yaml

from pipelines.statements import extract
from tests.support.paths import TESTS

TEXTS = yaml.safe_load((TESTS / "pipelines" / "statements" / "fresh.yaml").read_text(encoding="utf-8"))
LEAST = 0.3


def pieces(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said


def characters(text: str, said: str | list[str]) -> set[int]:
    starts = [(text.lower().index(piece.lower()), len(piece)) for piece in pieces(said)]
    return {c for at, size in starts for c in range(at, at + size)}


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_labels_stand_in_their_text(number: int):
    for said in TEXTS[number]["said"]:
        assert characters(TEXTS[number]["text"], said)


def test_most_of_what_is_said_is_found():
    due = given = found = 0
    for entry in TEXTS:
        gold = [characters(entry["text"], said) for said in entry["said"]]
        statements = extract(entry["text"], lang=entry["lang"])
        read = [{c for span in s.content for c in range(span.start, span.end)} for s in statements]
        due, given = due + len(gold), given + len(read)
        left = list(read)
        for wanted in gold:
            best = max(left, key=lambda r: len(r & wanted) / len(r | wanted), default=None)
            if best is not None and len(best & wanted) / len(best | wanted) >= LEAST:
                left.remove(best)
                found += 1
    print(f"{found} of {due} found, {given} given")
    assert 2 * found / (due + given) >= 0.7
