"""Texts of our own that nothing is learned from and no rule is written for: what a subscriber gets of them.

    python -m tests.eval.unseen_rows

They are in `unseen/`, in the marks of `learning/own_texts.py`. Who wrote them did not know the taxonomy, so half of those
on a topic never name it in its usual words; the articles of `modern` all have such words. They are read with the shipped
weights. Only figures are printed: who lists the errors and mends them makes the figures worthless.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.on_files import statements_of
from pipelines.statements.learning.own_texts import own_documents
from tests.eval import modern

FOLDER = Path(__file__).with_name("unseen")


def main() -> int:
    for figure, value in figures():
        print(f"{figure:64} {value:.4f}")
    return 0


def figures() -> Iterator[modern.Figure]:
    """The rows of `modern.rows` for each language."""
    documents = own_documents(FOLDER)
    given = {document["id"]: statements_of(document, explain=False) for document in documents}
    for lang in modern.SETS:
        its = [document for document in documents if document["lang"] == lang]
        yield from modern.rows(f"unseen {lang}", its, given)


if __name__ == "__main__":
    sys.exit(main())
