"""Train both taggers: python -m pipelines.statements.learning.learn [--out DIR] [--fold N] [--base DIR].

Training has three stages: the training part of PolNeAR; the project's own texts; the Spanish news, the releases and the
modern documents. The later two see a part of the earlier documents again. The output holds only weights, no text. The
second tagger is trained on the output of first taggers that were trained on the other half of the documents. The first
two stages take most of the time and are the same for all folds: their models are kept under `--base DIR` and reused
until the texts change or the files that define words and features.
`--fold N` leaves out the documents of fold N (0 to 4, see `folds.py`), so that they can be used to measure the weights.
The modern documents that are held out are not used.
"""

import argparse
import hashlib
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from pipelines.statements.learning import gold
from pipelines.statements.learning.folds import fold_of, held_aside
from pipelines.statements.learning.own_texts import own_documents
from pipelines.statements.learning.train import Sequences, train
from pipelines.statements.reading.tokens import tokenize
from pipelines.statements.tagging import candidates, crf, linking
from pipelines.statements.tagging.features import Columns, tagger_features
from pipelines.statements.tagging.taggers import tagged

WEIGHTS = {"en-releases": 2.0, "es-news": 2.0}
"""The weight of a document, by its file. One of PolNeAR has weight 1."""
MODERN_WEIGHT = 3.0
OWN_WEIGHT = 2.0
"""The weight of the project's own texts. They are used in every fold, because nothing is measured on them."""
AGAIN = 10
"""One in this many documents of PolNeAR is used again in the second and third stage of the training."""
OWN_LAST = 6
"""One in this many own texts is used again in the third stage."""
MODERN = ("es-written", "en-written", "es-open", "en-open")
LEAST_CHANCE = 0.12
"""The second tagger is trained on candidates from this probability on. It is between the limits used for English (0.2)
and for Spanish (0.06)."""


Models = dict[str, crf.Model]
"""By name: tagger; linker; half0 and half1, which are first taggers trained on the other half of the documents each."""


def half(document: gold.Document) -> int:
    """Which half a document is in, 0 or 1: the same one in each stage."""
    return zlib.crc32(document["id"].encode()) % 2


def polnear(evaluation: Path) -> list[gold.Document]:
    """The training part of PolNeAR."""
    return [d | {"weight": 1.0} for d in gold.read_gold(evaluation / "statements" / "en-polnear-train.jsonl")]


def own() -> list[gold.Document]:
    """The project's own texts."""
    return [d | {"weight": OWN_WEIGHT} for d in own_documents()]


def recent(evaluation: Path, fold: int | None) -> list[gold.Document]:
    """Spanish news, releases and modern documents with their weights; without those of `fold`."""

    def read(path: Path, weight: float) -> list[gold.Document]:
        return [d | {"weight": weight} for d in gold.read_gold(path) if fold is None or fold_of(d["id"]) != fold]

    found = [d for name, w in WEIGHTS.items() for d in read(evaluation / "statements" / f"{name}.jsonl", w)]
    for name in MODERN:
        modern = read(evaluation / "modern" / f"{name}.jsonl", MODERN_WEIGHT)
        found += [d for d in modern if not held_aside(d["id"]) and not d.get("partial")]
    return found


def tagger_data(documents: list[gold.Document]) -> Sequences:
    """All paragraphs with features and labels for the first tagger."""
    features, labels, lengths, weights = [], [], [], []
    for document in documents:
        tokens = tokenize(document["text"])
        size = np.bincount(tokens.paragraph)
        features.append(tagger_features(Columns(tokens, document["lang"])))
        labels.append(gold.tagger_labels(tokens, document["attributions"]))
        lengths.append(size)
        weights.append(np.full(len(size), document["weight"], np.float32))
    return Sequences(np.concatenate(features), np.concatenate(labels), np.concatenate(lengths), np.concatenate(weights))


def linker_data(documents: list[gold.Document], model_for: Callable[[gold.Document], crf.Model]) -> Sequences:
    """Windows around the candidates found by `model_for(document)`, with labels for the second tagger."""
    features, labels, lengths, weights = [], [], [], []
    for document in documents:
        tokens = tokenize(document["text"])
        columns = Columns(tokens, document["lang"])
        probability = tagged(columns, model_for(document))
        found = candidates.candidates(tokens, probability, LEAST_CHANCE)
        if not len(found):
            continue
        w = linking.windows(columns, found)
        starts = linking.sure_starts(found, len(columns.tokens))
        features.append(linking.linker_features(columns, found, starts, w, probability))
        lengths.append(w.lengths)
        weights.append(np.full(len(found), document["weight"], np.float32))
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


def learn(documents: list[gold.Document], passes: int, start: Models | None = None, processes: int = 1) -> Models:
    """Train the models on gold documents, starting from those in `start` if given, in so many processes at once."""
    given = start or {}
    with ProcessPoolExecutor(processes) as pool:
        firsts = {
            name: pool.submit(_first, part, passes, given.get(name))
            for name, part in (
                ("half0", [d for d in documents if half(d) == 1]),
                ("half1", [d for d in documents if half(d) == 0]),
                ("tagger", documents),
            )
        }
        halves = {name: firsts[name].result() for name in ("half0", "half1")}
        linker = pool.submit(_second, documents, halves, passes, given.get("linker"))
        return {**halves, "linker": linker.result(), "tagger": firsts["tagger"].result()}


def _first(documents: list[gold.Document], passes: int, start: crf.Model | None) -> crf.Model:
    """The first tagger."""
    data, limits = tagger_data(documents), (candidates.LABELS, candidates.FORBIDDEN, candidates.NOT_FIRST)
    return train(data, *limits, epochs=passes, start=start)


def _second(documents: list[gold.Document], halves: Models, passes: int, start: crf.Model | None) -> crf.Model:
    """The second tagger. Each document is tagged by the first tagger of the half that it is not in."""
    data = linker_data(documents, lambda document: halves[f"half{half(document)}"])
    return train(data, linking.LABELS, linking.FORBIDDEN, linking.NOT_FIRST, epochs=passes, start=start)


def kept_models(folder: Path, training: Callable[[], Models]) -> Models:
    """The models in `folder`. If they are missing, `training` gives them, and they are stored there."""
    names = ("half0", "half1", "tagger", "linker")
    if not all((folder / f"{name}.npz").exists() for name in names):
        write_models(folder, training())
    return {name: crf.load((folder / f"{name}.npz").read_bytes()) for name in names}


def write_models(folder: Path, models: Models) -> None:
    """Write each model into its own file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in models.items():
        with (folder / f"{name}.npz").open("wb") as file:
            crf.save(file, model)


def _sources(*rooms: str) -> str:
    """A hash of the files on which models depend: words, features, sentence splitting, and those in further `rooms`."""
    package = Path(__file__).parents[1]
    rooms = ("reading", "tagging", "data", *rooms)
    files = sorted(p for room in rooms for p in (package / room).iterdir() if p.is_file())
    used = {".py", ".yaml", ".txt"}
    read = [p.read_bytes() for p in files if p.suffix in used or p.name in {"clusters.npz", "word_paths.npz"}]
    return hashlib.sha256(b"".join(read)).hexdigest()[:12]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("BORDERWIRE_SHARED", "../shared")))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data")
    parser.add_argument("--fold", type=int, help="leave the documents of this fold out, 0 to 4")
    parser.add_argument(
        "--base", type=Path, default=Path("build/base"), help="where the models of the first two stages are kept"
    )
    parser.add_argument("--base-only", action="store_true", help="train the first two stages, if they are missing")
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2, help="how many models are trained at once")
    options = parser.parse_args()
    evaluation, passes, processes = options.shared / "eval", options.passes, options.processes
    english, texts = polnear(evaluation), own()
    first = kept_models(options.base / _sources(), lambda: learn(english, passes, processes=processes))
    second = kept_models(
        options.base / _sources("learning", "learning/texts"),
        lambda: learn(english[::AGAIN] + texts, passes, first, processes),
    )
    if options.base_only:
        return
    models = learn(english[::AGAIN] + texts[::OWN_LAST] + recent(evaluation, options.fold), passes, second, processes)
    write_models(options.out, {name: models[name] for name in ("tagger", "linker")})


if __name__ == "__main__":
    main()
