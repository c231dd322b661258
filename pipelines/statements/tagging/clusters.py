"""Clusters of words with similar use, learned from plain text: data/clusters.npz.

Each word has a vector of counts of its neighbour words, weighted by positive pointwise mutual information and reduced
to few dimensions by a singular value decomposition (Levy, Goldberg (2014): Neural Word Embedding as Implicit Matrix
Factorization). Its cluster is the nearest k-means centre. `pipelines.statements.learning.learn_clusters` writes the
file.
"""

import functools
import io
from importlib import resources

import numpy as np


@functools.cache
def clusters(lang: str) -> dict[str, tuple[int, int]]:
    """For each frequent word, in lower case, its cluster in the coarse and in the fine clustering, both from 1."""
    data = (resources.files("pipelines.statements") / "data" / "clusters.npz").read_bytes()
    with np.load(io.BytesIO(data)) as stored:
        words = stored[f"{lang}_words"].tobytes().decode("utf-8").split("\n")
        pairs = zip(stored[f"{lang}_few"].tolist(), stored[f"{lang}_many"].tolist(), strict=True)
        return dict(zip(words, pairs, strict=True))
