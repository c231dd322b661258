"""Weights of the folds: everything learned is learned five times, each time without a fifth of the documents.

A document is read with the weights that were not learned from it (learning/folds.py says which). They are
kept under build/folds/N, learned where they are missing, and learned again by `make eval-folds`. The fifth of the
modern documents that is held aside is read with the shipped weights: nothing is ever learned from it.
"""

import functools
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.on_files import statements_of
from pipelines.statements.learning.folds import FOLDS, fold_of, held_aside
from pipelines.statements.tagging import crf, taggers
from pipelines.topics import aboutness, article_words
from pipelines.topics.about_model import AboutModel
from pipelines.topics.word_weights import WordWeights
from tests.support.paths import ROOT

Doc = dict[str, Any]

KEPT = ROOT / "build" / "folds"


class Learned(NamedTuple):
    """Weights that one command learns. `module` takes `--fold N --out DIR` and `options`, and writes `files` there;
    `use` puts those of a folder in place, the shipped ones for None."""

    module: str
    files: tuple[str, ...]
    use: Callable[[Path | None], None]
    options: tuple[str, ...] = ()


_shipped_taggers = taggers.models


@functools.cache
def _taggers(folder: Path) -> tuple[crf.Model, crf.Model]:
    return crf.load((folder / "tagger.npz").read_bytes()), crf.load((folder / "linker.npz").read_bytes())


def _use_taggers(folder: Path | None) -> None:
    pair = _taggers(folder) if folder else None
    taggers.models = (lambda: pair) if pair else _shipped_taggers  # type: ignore[assignment,return-value]


_shipped_articles = article_words.article_models


@functools.cache
def _articles(folder: Path) -> dict[str, WordWeights]:
    return article_words.read_models(folder / article_words.MODEL.name)


def _use_articles(folder: Path | None) -> None:
    article_words.article_models = functools.partial(_articles, folder) if folder else _shipped_articles  # type: ignore[assignment]


_shipped_aboutness = aboutness.model


@functools.cache
def _aboutness(folder: Path) -> AboutModel:
    return aboutness.read(folder / aboutness.MODEL.name)


def _use_aboutness(folder: Path | None) -> None:
    aboutness.model = functools.partial(_aboutness, folder) if folder else _shipped_aboutness  # type: ignore[assignment]


#: In the order in which they must be learned: later ones are learned from what earlier ones find.
LEARNED = (
    Learned("pipelines.statements.learning.learn", ("tagger.npz", "linker.npz"), _use_taggers, ("--processes", "1")),
    Learned("pipelines.learn_articles", (article_words.MODEL.name,), _use_articles),
    Learned("pipelines.learn_aboutness", (aboutness.MODEL.name,), _use_aboutness),
)


def use(fold: int | None) -> None:
    """From now on, read with the weights that were learned without `fold`; with the shipped ones for None."""
    for learned in LEARNED:
        learned.use(None if fold is None else KEPT / str(fold))


def read(docs: Sequence[Doc], aside: bool = False, shipped: bool = False) -> dict[str, Doc]:
    """What `borderwire statements --explain` finds in each document, by id, read without having learned from it.

    `aside`: these are the documents of which a fifth is held aside, and read with the shipped weights. `shipped`: read
    all with those.
    """
    if not shipped:
        learn()
    found = {}
    for fold in (*range(FOLDS), None):
        use(None if shipped else fold)
        for doc in docs:
            if fold == (None if aside and held_aside(doc["id"]) else fold_of(doc["id"])):
                found[doc["id"]] = statements_of({k: doc[k] for k in doc.keys() - {"attributions"}}, explain=True)
    use(None)
    return found


def learn(anew: bool = False) -> None:
    """Learn the weights that are missing, or all, two folds at once; say so where other sources than today's learned
    them."""
    missing = [fold for fold in range(FOLDS) if anew or any(not _there(learned, fold) for learned in LEARNED)]
    if any(anew or not _there(LEARNED[0], fold) for fold in missing):
        # What all folds start from: else the first two folds would each learn it.
        _run(LEARNED[0].module, "--base-only")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(functools.partial(_learn_fold, anew=anew), missing))
    for learned in LEARNED:
        stamp = KEPT / "0" / f"{learned.module}.sources"
        if not stamp.exists() or stamp.read_text() != _sources():
            print(
                f"{learned.module}: the folds were learned by other sources than these; `make eval-folds` learns them"
                " again",
                file=sys.stderr,
            )


def _learn_fold(fold: int, anew: bool) -> None:
    for learned in LEARNED:
        if anew or not _there(learned, fold):
            print(f"learning {learned.module} without fold {fold}", file=sys.stderr, flush=True)
            _run(learned.module, "--fold", str(fold), "--out", KEPT / str(fold), *learned.options)
            (KEPT / str(fold) / f"{learned.module}.sources").write_text(_sources())


def _there(learned: Learned, fold: int) -> bool:
    return all((KEPT / str(fold) / name).exists() for name in learned.files)


def _run(module: str, *options: str | Path) -> None:
    """Raises CalledProcessError when it fails, after its error was printed."""
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # two folds at once have one core each
    command = [sys.executable, "-m", module, *options]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=alone)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        done.check_returncode()


def _sources() -> str:
    folders = [ROOT / "pipelines" / name for name in ("statements", "topics", "data")]
    files = sorted(path for folder in folders for kind in ("*.py", "*.yaml") for path in folder.rglob(kind))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


if __name__ == "__main__":
    learn(anew=True)
