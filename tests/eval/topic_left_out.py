"""Does a topic that was not learned from get the same judgement? F1 on it by folds, learned with it and without it.

    python -m tests.eval.topic_left_out

Counted on the statements of the gold, as the gold cuts them and as they are found, by what aboutness alone makes of
them. The difference is what a user loses who adds a topic to the taxonomy and learns nothing anew.
"""

import sys

import numpy as np

from pipelines import learn_aboutness as learning
from pipelines.statements.learning.folds import FOLDS
from pipelines.topics.about_model import AboutModel
from pipelines.topics.aboutness import ON
from pipelines.topics.taxonomy import load_taxonomy
from tests.support.paths import SHARED


def main() -> int:
    if not (SHARED / "eval").exists():
        print(f"skipped: {SHARED / 'eval'} is not there")
        return 0
    used, taxonomy = list(learning.documents(SHARED)), load_taxonomy()
    given = [
        table
        for document, other in learning.paired(used)
        for table in learning.learning_tables(document, taxonomy, other)
    ]
    for topic in learning.TOPICS:
        learned, left_out = f1(given, topic, with_it=True), f1(given, topic, with_it=False)
        print(f"{topic:20} F1 learned {learned:.3f}, left out {left_out:.3f}, lost {learned - left_out:+.3f}")
    return 0


def f1(given: list[learning.Table], topic: str, with_it: bool) -> float:
    right = told = due = 0.0
    for fold in range(FOLDS):
        model = learning.learn_model(
            [table for table in given if table.fold != fold and (with_it or table.topic != topic)]
        )
        for table in given:
            if table.fold == fold and table.topic == topic and table.measured.any():
                yes, on = table.yes[table.measured] > 0, judged(table, model)[table.measured]
                right, told, due = right + (yes & on).sum(), told + on.sum(), due + yes.sum()
    return 2 * right / (told + due) if told + due else 0.0


def judged(table: learning.Table, model: AboutModel) -> np.ndarray:
    return (table.rows[:, 0] > 0) | (model.chance(table.topic, table.rows, table.contexts) >= ON)


if __name__ == "__main__":
    sys.exit(main())
