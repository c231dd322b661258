"""Classes of words that are used alike, learned from plain text: data/clusters.npz.

A word's class is the nearest of some hundred centres (k-means) of its neighbours' counts, weighed by positive pointwise
mutual information and brought to few dimensions by a singular value decomposition: Levy, Goldberg (2014): Neural Word
Embedding as Implicit Matrix Factorization. `pipelines.statements.learning.learn_clusters` writes the file.
"""

import functools
import io
from importlib import resources

import numpy as np


@functools.cache
def clusters(lang: str) -> dict[str, tuple[int, int]]:
    """For each frequent word of a language, in lower case, its class among few and among many, both from 1 on."""
    data = (resources.files("pipelines.statements") / "data" / "clusters.npz").read_bytes()
    with np.load(io.BytesIO(data)) as stored:
        words = stored[f"{lang}_words"].tobytes().decode("utf-8").split("\n")
        pairs = zip(stored[f"{lang}_few"].tolist(), stored[f"{lang}_many"].tolist(), strict=True)
        return dict(zip(words, pairs, strict=True))
