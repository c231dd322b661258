"""Learn word clusters from plain text: python -m pipelines.statements.learning.learn_clusters [--out FILE].

Reads the articles of ../shared/eval/stream and the training part of PolNeAR. Writes only words and numbers. The same
texts give exactly the same file.
"""

import argparse
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.learning import gold
from pipelines.statements.reading.tokens import tokenize

LEAST = 8
"""Words seen less often than this get no cluster."""
MOST_WORDS = 16_000
CONTEXTS = 1500
"""This many of the most frequent words are counted as neighbours, before and after."""
DIMENSIONS = 60
FEW, MANY = 64, 400
ROUNDS = 25

Floats = NDArray[np.float32]


def spanish(evaluation: Path) -> Iterator[str]:
    """Spanish texts."""
    with gzip.open(evaluation / "stream" / "es-articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def english(evaluation: Path) -> Iterator[str]:
    """English texts."""
    for document in gold.read_gold(evaluation / "statements" / "en-polnear-train.jsonl"):
        yield document["text"]
    with gzip.open(evaluation / "stream" / "en-pages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield _plain(json.loads(line)["html"])


def _plain(html: str) -> str:
    out = []
    for part in html.split("<"):
        out.append(part.partition(">")[2])
    return " ".join(out)


def classes(texts: list[list[str]]) -> tuple[list[str], NDArray[np.uint16], NDArray[np.uint16]]:
    """(words, their clusters out of FEW, their clusters out of MANY)."""
    counts = Counter(word for text in texts for word in text)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    words = [word for word in ranked if counts[word] >= LEAST and word[0].isalpha()][:MOST_WORDS]
    number = {word: i for i, word in enumerate(words)}
    frequent = ranked[:CONTEXTS]
    context = {word: i for i, word in enumerate(frequent)}
    matrix = np.zeros((len(words), 2 * CONTEXTS), np.float32)
    for text in texts:
        rows = np.array([number.get(word, -1) for word in text])
        columns = np.array([context.get(word, -1) for word in text])
        for side, row, column in ((0, rows[1:], columns[:-1]), (CONTEXTS, rows[:-1], columns[1:])):
            known = (row >= 0) & (column >= 0)
            np.add.at(matrix, (row[known], column[known] + side), 1)
    matrix *= matrix.sum() / np.outer(matrix.sum(axis=1), np.maximum(matrix.sum(axis=0), 1)).clip(1e-6)
    np.log(np.maximum(matrix, 1), out=matrix)
    values, vectors = np.linalg.eigh((matrix.T @ matrix).astype(np.float64))
    points = matrix @ vectors[:, -DIMENSIONS:].astype(np.float32)
    points /= np.sqrt(np.sqrt(np.maximum(values[-DIMENSIONS:], 1e-9))).astype(np.float32)
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
    weight = np.sqrt([counts[word] for word in words]).astype(np.float32)
    return words, kmeans(points, weight, FEW), kmeans(points, weight, MANY)


def kmeans(points: Floats, weight: Floats, size: int) -> NDArray[np.uint16]:
    """The cluster of each point, from 1. The first `size` points are the initial centres; there are ROUNDS rounds."""
    centres = points[:size].copy()
    nearest = np.zeros(len(points), np.int64)
    for _ in range(ROUNDS):
        nearest = (points @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, points * weight[:, None])
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(norms > 0, sums / np.maximum(norms, 1e-6), centres)
    return (nearest + 1).astype(np.uint16)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("BORDERWIRE_SHARED", "../shared")))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data" / "clusters.npz")
    options = parser.parse_args()
    kept: dict[str, NDArray[np.uint8] | NDArray[np.uint16]] = {}
    for lang, texts in (("en", english), ("es", spanish)):
        lowered = [[word.lower() for word in tokenize(text).words] for text in texts(options.shared / "eval")]
        words, few, many = classes([text for text in lowered if text])
        kept[f"{lang}_words"] = np.frombuffer("\n".join(words).encode("utf-8"), np.uint8)
        kept[f"{lang}_few"], kept[f"{lang}_many"] = few, many
    with options.out.open("wb") as file:
        np.savez_compressed(file, **kept)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
