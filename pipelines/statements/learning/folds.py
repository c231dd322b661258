"""Which gold documents are learned from: folds by document, and the fifth of the modern ones that is held aside."""

import hashlib

FOLDS = 5


def fold_of(document_id: str) -> int:
    """The fold of a document, 0 to 4: its figures come from weights that were learned without this fold."""
    return _number(document_id) // 5 % FOLDS


def held_aside(document_id: str) -> bool:
    """Whether a document of `eval/modern` is held aside: nothing is learned or written from it, ever."""
    return _number(document_id) % 5 == 0


def _number(document_id: str) -> int:
    return int(hashlib.sha256(document_id.encode()).hexdigest(), 16)
