"""Does a topic that was not learned from get the same judgement? F1 on it by folds, learned with it and without it.

    python -m tests.eval.topic_left_out

Counted on the statements of the gold, as the gold cuts them and as they are found, by what aboutness alone makes of
them. The difference is what a user loses who adds a topic to the taxonomy and learns nothing anew.
"""

import sys

import numpy as np

from pipelines import learn_aboutness as learning
from pipelines.learn_about_model import TOPICS, Table, learn_features, learn_model
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
    apart = [[d for d in used if learning.fold_of_document(d) == fold] for fold in (None, *range(FOLDS))]
    given = [
        table
        for its in apart  # each fold by itself: an article followed by another one is made of two of the same fold
        for document, other in learning.paired(its)
        for table in learning.learning_tables(document, taxonomy, other)
    ]
    counts = {topic: np.zeros((2, 3)) for topic in TOPICS}
    for fold in range(FOLDS):
        others = [table for table in given if table.fold != fold]
        model = learn_model(others)
        for topic, count in counts.items():
            rest = [table for table in others if table.topic != topic]
            alone = learn_features(rest, np.zeros(sum(len(table.yes) for table in rest)))
            its = [table for table in given if table.fold == fold and table.topic == topic and table.measured.any()]
            count += [right_told_due(its, model), right_told_due(its, AboutModel(alone, alone, {}))]
        print(f"{fold + 1} of {FOLDS} folds", file=sys.stderr, flush=True)
    for topic, count in counts.items():
        learned, left_out = (2 * right / (told + due) if told + due else 0.0 for right, told, due in count)
        print(f"{topic:20} F1 learned {learned:.3f}, left out {left_out:.3f}, lost {learned - left_out:+.3f}")
    return 0


def right_told_due(given: list[Table], model: AboutModel) -> list[int]:
    """How many statements are rightly on the topic, how many are judged to be, how many should be."""
    right = told = due = 0
    for table in given:
        yes, on = table.yes[table.measured] > 0, judged(table, model)[table.measured]
        right, told, due = right + int((yes & on).sum()), told + int(on.sum()), due + int(yes.sum())
    return [right, told, due]


def judged(table: Table, model: AboutModel) -> np.ndarray:
    return (table.rows[:, 0] > 0) | (model.chance(table.topic, table.rows, table.contexts) >= ON)


if __name__ == "__main__":
    sys.exit(main())
