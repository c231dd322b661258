"""Write data/word_paths.npz: python -m pipelines.statements.learning.copy_paths [--out FILE].

Takes the clusters of words from spacy-lookups-data, which must be installed for this (`pip install
spacy-lookups-data==1.0.5`, 100 MB; nothing else needs it). The same package gives the same file.
"""

import argparse
import gzip
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.tagging.words import code

PACKAGE = "spacy_lookups_data"
MOST_WORDS = 80_000
"""So many words of each language, the most frequent ones."""


def lexeme_table(folder: Path, lang: str, name: str) -> dict[str, Any]:
    """A table of the package: a value by word."""
    return dict(json.loads(gzip.decompress((folder / f"{lang}_lexeme_{name}.json.gz").read_bytes())))


def most_frequent(clusters: dict[str, int], frequency: dict[str, float]) -> dict[str, int]:
    """The path of each word in lower case: that of its most frequent spelling, where it is itself in lower case if it
    occurs so. `frequency` is a logarithm."""
    best: dict[str, tuple[bool, float, int]] = {}
    often: dict[str, float] = {}
    for word, path in clusters.items():
        if path and word and word[0].isalpha():
            lower, its = word.lower(), frequency.get(word, -20.0)
            best[lower] = max(best.get(lower, (False, -99.0, 0)), (word == lower, its, path))
            often[lower] = max(often.get(lower, -99.0), its)
    ranked = sorted(best, key=lambda word: (-often[word], word))[:MOST_WORDS]
    return {word: best[word][2] for word in ranked}


def stored_arrays(paths: dict[str, int], lang: str) -> dict[str, NDArray[np.int32] | NDArray[np.uint32]]:
    """The arrays of a language. Of two words with the same hash the more frequent one stays."""
    by_code: dict[int, int] = {}
    for word, path in paths.items():
        by_code.setdefault(code(word), path)
    codes = np.array(sorted(by_code), np.int64)
    steps = np.diff(codes, prepend=0).astype(np.int32)
    return {f"{lang}_steps": steps, f"{lang}_paths": np.array([by_code[c] for c in codes.tolist()], np.uint32)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data" / "word_paths.npz")
    options = parser.parse_args()
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        sys.exit("spacy-lookups-data is not installed: pip install spacy-lookups-data==1.0.5")
    folder = Path(package.origin).with_name("data")
    kept: dict[str, Any] = {}
    for lang in ("en", "es"):
        kept |= stored_arrays(
            most_frequent(lexeme_table(folder, lang, "cluster"), lexeme_table(folder, lang, "prob")), lang
        )
    with options.out.open("wb") as file:
        np.savez_compressed(file, **kept)


if __name__ == "__main__":
    main()
