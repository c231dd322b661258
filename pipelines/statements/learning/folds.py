"""How gold documents are split: five folds, and one fifth of the modern documents that is held out."""

import hashlib

FOLDS = 5


def fold_of(document_id: str) -> int:
    """The fold of a document, 0 to 4. It is evaluated with weights that were trained without this fold."""
    return _number(document_id) // 5 % FOLDS


def held_aside(document_id: str) -> bool:
    """Whether a document of `eval/modern` is held out. Such documents are never used for training."""
    return _number(document_id) % 5 == 0


def _number(document_id: str) -> int:
    return int(hashlib.sha256(document_id.encode()).hexdigest(), 16)
