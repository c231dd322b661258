"""Short stories that change their subject: what of them is told, and whether what is off topic is left alone.

    python -m tests.eval.changing_rows

The texts in `changing/` were written for this measurement, in the marks of `learning/own_texts.py`, and nothing is
learned from them, so they are read with the shipped weights.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.on_files import statements_of
from pipelines.statements.learning.own_texts import own_documents
from tests.eval.alert_rows import Doc, alike, chars, paired

FOLDER = Path(__file__).with_name("changing")
TOPICS = {"merida", "security-framework", "arms-trafficking"}


def main() -> int:
    for figure, value in figures():
        print(f"{figure:56} {value:.4f}")
    return 0


def figures() -> Iterator[tuple[str, float]]:
    """For each language F1 of the statements told, on any topic that alerts, and the share of those off topic that are
    found and not told."""
    documents = own_documents(FOLDER)
    for lang in ("es", "en"):
        right = told = due = others = kept = 0
        for document in (one for one in documents if one["lang"] == lang):
            on, off = golds(document)
            said = predicted(document)
            right += sum(1 for _ in paired(on, said))
            told += len(said)
            due += len(on)
            others += len(off)
            kept += sum(not any(alike(one, other) for other in said) for one in off)
        yield f"changing subject {lang} told F1", 2 * right / (told + due)
        yield f"changing subject {lang} off topic left alone", kept / others


def golds(document: Doc) -> tuple[list[set[int]], list[set[int]]]:
    """The contents of the statements on a topic, and of those on none."""
    its = [(chars(gold["content"]), bool(gold["topics"])) for gold in document["attributions"] if gold["content"]]
    return [content for content, on in its if on], [content for content, on in its if not on]


def predicted(document: Doc) -> list[set[int]]:
    found = statements_of(document, explain=False)["statements"]
    return [chars(one["content"]) for one in found if TOPICS.intersection(one["topics"])]


if __name__ == "__main__":
    sys.exit(main())
