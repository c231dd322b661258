"""The alert rows: what a subscriber would get, pooled over the annotated files, and whose each miss is.

    python -m tests.eval.alert_rows [--misses]

A gold statement on a topic that no predicted one with the topic covers is the extractor's miss when no prediction
overlaps it by `OVERLAP`, else aboutness's. A predicted one too many is aboutness's when it overlaps a gold statement
that is on another topic or on none, else the extractor's. `by aboutness alone` gives aboutness the gold's own cuts.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.pure_steps import taxonomy
from pipelines.topics.check import about
from schemas.statement import Span, Statement
from tests.eval import folds
from tests.support.paths import SHARED

FILES = ("es-news", "en-releases")
TOPICS = ("merida", "arms-trafficking")
OVERLAP = 0.3

Doc = dict[str, Any]


class Row(NamedTuple):
    """Counts of one topic: found, told, and due; and whose the misses and the false ones are."""

    right: int
    told: int
    due: int
    whose: Counter[str]

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.told + self.due) if self.told + self.due else 0.0


def main() -> int:
    documents = golds()
    predicted = predictions(documents)
    for topic in TOPICS:
        row = score(documents, predicted, topic, show="--misses" in sys.argv)
        print(
            f"alert:{topic}: F1 {row.f1:.4f}, {row.right} right of {row.told} told and {row.due} due; "
            + ", ".join(f"{number} {whose}" for whose, number in sorted(row.whose.items()))
        )
        alone = score(documents, by_aboutness_alone(documents), topic)
        print(f"    by aboutness alone, on the gold's cuts: F1 {alone.f1:.4f}")
    return 0


def golds() -> list[Doc]:
    return [doc for name in FILES for doc in load(SHARED / "eval" / "statements" / f"{name}.jsonl")]


def predictions(documents: Iterable[Doc]) -> dict[str, list[Doc]]:
    """What is found in each document with weights that were not learned from it."""
    return {name: doc["statements"] for name, doc in folds.read(list(documents)).items()}


def by_aboutness_alone(golds: Iterable[Doc]) -> dict[str, list[Doc]]:
    """The gold's own statements, their topics found anew."""
    found = {}
    for doc in golds:
        given = [
            Statement(kind="direct", content=tuple(Span(start=s, end=e) for s, e in gold["content"]))
            for gold in doc["attributions"]
            if gold["content"]
        ]
        told = about(taxonomy(None), doc["text"], doc.get("title") or "", given)
        found[doc["id"]] = [statement.model_dump() for statement in told]
    return found


def score(golds: Iterable[Doc], predicted: dict[str, list[Doc]], topic: str, show: bool = False) -> Row:
    right = told = due = 0
    whose: Counter[str] = Counter()
    for doc in golds:
        gold = [(chars(a["content"]), topic in a["topics"]) for a in doc["attributions"] if a["content"]]
        pred = [(chars(s["content"]), topic in s["topics"]) for s in predicted[doc["id"]]]
        on, off = [c for c, is_on in gold if is_on], [c for c, is_on in gold if not is_on]
        said, others = [c for c, is_on in pred if is_on], [c for c, is_on in pred if not is_on]
        pairs = dict(paired(on, said))
        right, told, due = right + len(pairs), told + len(said), due + len(on)
        misses = [
            ("missed by", "aboutness" if any(alike(on[i], c) for c in others) else "the extractor", on[i])
            for i in range(len(on))
            if i not in pairs
        ]
        misses += [
            ("false by", "aboutness" if any(alike(said[j], c) for c in off) else "the extractor", said[j])
            for j in range(len(said))
            if j not in pairs.values()
        ]
        for what, who, where in misses:
            whose[f"{what} {who}"] += 1
            if show:
                print(f"  {topic} {what} {who} {doc['id']}: {doc['text'][min(where) : max(where) + 1]!r}")
    return Row(right, told, due, whose)


def paired(gold: list[set[int]], predicted: list[set[int]]) -> Iterator[tuple[int, int]]:
    """Each used once, the best overlap first."""
    overlaps = [(overlap(g, p), i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted)]
    used: set[tuple[str, int]] = set()
    for likeness, i, j in sorted(overlaps, key=lambda o: (-o[0], o[1], o[2])):
        if likeness >= OVERLAP and not {("g", i), ("p", j)} & used:
            used |= {("g", i), ("p", j)}
            yield i, j


def alike(one: set[int], other: set[int]) -> bool:
    return overlap(one, other) >= OVERLAP


def overlap(one: set[int], other: set[int]) -> float:
    """Characters in common over characters in either."""
    return len(one & other) / len(one | other) if one | other else 0.0


def chars(spans: Iterable[Any]) -> set[int]:
    pairs = [(s["start"], s["end"]) if isinstance(s, dict) else s for s in spans]
    return {at for start, end in pairs for at in range(start, end)}


def load(path: Path) -> list[Doc]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
