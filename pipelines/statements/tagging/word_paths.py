"""The path of a word in a tree of words that are used alike: data/word_paths.npz.

The tree is that of Brown et al. (1992): Class-Based n-gram Models of Natural Language. Words whose paths begin with the
same turns have similar uses; the longer the common beginning, the more similar. The trees of both languages come from
spacy-lookups-data, which was made from much more text than we have (data/NOTICE); the command
`pipelines.statements.learning.copy_paths` writes the file. It contains no words, only their hashes (`words.code`).
"""

import functools
import io
from importlib import resources

import numpy as np
from numpy.typing import NDArray

#: The first turns of a path that are used as features, beside the whole path.
SHORT, MIDDLE = 6, 10


class WordPaths:
    """Paths by the hash of the word in lower case. `codes` are ascending."""

    def __init__(self, codes: NDArray[np.int32], paths: NDArray[np.uint32]) -> None:
        self.codes, self.paths = codes, paths

    def of(self, code: int) -> tuple[int, int, int]:
        """The first `SHORT` and the first `MIDDLE` turns, and the whole path; zeros for a word that is not known.

        The lowest bit is the first turn.
        """
        at = int(np.searchsorted(self.codes, code))
        path = int(self.paths[at]) if at < len(self.codes) and self.codes[at] == code else 0
        return path & (1 << SHORT) - 1, path & (1 << MIDDLE) - 1, path


@functools.cache
def word_paths(lang: str) -> WordPaths:
    """The paths of a language, read once per process."""
    data = (resources.files("pipelines.statements") / "data" / "word_paths.npz").read_bytes()
    with np.load(io.BytesIO(data)) as stored:
        return WordPaths(np.cumsum(stored[f"{lang}_steps"], dtype=np.int32), stored[f"{lang}_paths"])
