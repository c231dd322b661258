"""Learn the weights of both taggers again: python -m pipelines.statements.learning.learn [--out DIR] [--fold N].

Reads PolNeAR's training part, the releases and, weighed more, the Spanish gold; only weights are written, no text. The
second tagger is trained on what first taggers, trained on the other half of the documents, make of each document.
`--fold N` leaves the Spanish documents and releases of fold N (0 to 4, see `folds.py`) out, so that these can be
measured on documents that were not learned from: `tests/eval/folds.py` does so for each N.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.statements.learning import gold
from pipelines.statements.learning.folds import fold_of
from pipelines.statements.learning.train import Sequences, train
from pipelines.statements.reading.tokens import tokenize
from pipelines.statements.tagging import candidates, crf, linking
from pipelines.statements.tagging.features import Columns, tagger_features
from pipelines.statements.tagging.taggers import tagged

SPANISH_WEIGHT = 3.0
LEAST_CHANCE = 0.12
"""Probability of a cue from which the second tagger learns of it; lower than where English asks it, since Spanish
is asked from 0.06 on."""


def weight(document: gold.Document) -> float:
    """How much a document counts."""
    return SPANISH_WEIGHT if document["lang"] == "es" else 1.0


def tagger_data(documents: list[gold.Document]) -> Sequences:
    """Paragraphs with the first tagger's features and labels."""
    features, labels, lengths, weights = [], [], [], []
    for document in documents:
        tokens = tokenize(document["text"])
        size = np.bincount(tokens.paragraph)
        features.append(tagger_features(Columns(tokens, document["lang"])))
        labels.append(gold.tagger_labels(tokens, document["attributions"]))
        lengths.append(size)
        weights.append(np.full(len(size), weight(document), np.float32))
    return Sequences(np.concatenate(features), np.concatenate(labels), np.concatenate(lengths), np.concatenate(weights))


def linker_data(documents: list[gold.Document], model_for: Callable[[int], crf.Model]) -> Sequences:
    """Windows around the candidates that `model_for(document number)` finds, with the second tagger's labels."""
    features, labels, lengths, weights = [], [], [], []
    for number, document in enumerate(documents):
        tokens = tokenize(document["text"])
        columns = Columns(tokens, document["lang"])
        probability = tagged(columns, model_for(number))
        found = candidates.candidates(tokens, probability, LEAST_CHANCE)
        if not len(found):
            continue
        w = linking.windows(columns, found)
        starts = linking.sure_starts(found, len(columns.tokens))
        features.append(linking.linker_features(columns, found, starts, w, probability))
        lengths.append(w.lengths)
        weights.append(np.full(len(found), weight(document), np.float32))
        own = gold.owners(found.first, found.stop, [gold.cue_span(tokens, a) for a in document["attributions"]])
        at = 0
        for i, length in enumerate(w.lengths.tolist()):
            low = int(w.token[at])
            at += length
            cue = (int(found.first[i]), int(found.stop[i]))
            labels.append(
                gold.linker_labels(tokens, document["attributions"][own[i]], low, low + length, cue)
                if own[i] >= 0
                else np.zeros(length, np.int64)
            )
    return Sequences(np.concatenate(features), np.concatenate(labels), np.concatenate(lengths), np.concatenate(weights))


def learn(documents: list[gold.Document], passes: int) -> tuple[crf.Model, crf.Model]:
    """Both models from gold documents."""

    def first(part: list[gold.Document]) -> crf.Model:
        return train(tagger_data(part), candidates.LABELS, candidates.FORBIDDEN, candidates.NOT_FIRST, epochs=passes)

    halves = [first([d for n, d in enumerate(documents) if n % 2 != half]) for half in (0, 1)]
    second = train(
        linker_data(documents, lambda number: halves[number % 2]),
        linking.LABELS,
        linking.FORBIDDEN,
        linking.NOT_FIRST,
        epochs=passes,
    )
    return first(documents), second


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("BORDERWIRE_SHARED", "../shared")))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--fold", type=int, help="leave the documents of this fold out")
    parser.add_argument("--english", type=int, default=0, help="learn from so many English documents only; 0: all")
    parser.add_argument("--passes", type=int, default=4)
    options = parser.parse_args()
    folder = options.shared / "eval" / "statements"
    english = gold.read_gold(folder / "en-polnear-train.jsonl")
    few = [*gold.read_gold(folder / "es-news.jsonl"), *gold.read_gold(folder / "en-releases.jsonl")]
    if options.fold is not None:
        few = [document for document in few if fold_of(document["id"]) != options.fold]
    models = learn(english[: options.english or None] + few, options.passes)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, model in zip(("tagger.npz", "linker.npz"), models, strict=True):
        with (options.out / name).open("wb") as file:
            crf.save(file, model)


if __name__ == "__main__":
    main()
