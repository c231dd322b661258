"""Learn again what makes a statement be about a topic: python -m pipelines.topics.check.learn [--out DIR] [--fold N].

Reads the modern documents, without those held aside, Spanish news and releases, and the passages that are on no topic;
only weights are written, no text. Each document is learned from twice: with the gold's own statements, and with those
that are found in it, so that bad cuts do not mislead. `--fold N` leaves the documents of fold N out, and finds
statements with the taggers in DIR where these are there; `--without TOPIC` leaves a topic out.
"""
import argparse
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.statements import extract
from pipelines.statements.learning.folds import fold_of, held_aside
from pipelines.statements.tagging import crf
from pipelines.statements.tagging import taggers as tagging
from pipelines.topics.aboutness import MODEL
from pipelines.topics.features import Article, Floats, context, rows
from pipelines.topics.taxonomy import Taxonomy, load
from pipelines.topics.trees import Trees, fit, save
from schemas.statement import Span, Speaker, Statement

MODERN = ("es-written", "es-open", "en-written", "en-open")
OLDER = ("es-news", "en-releases")
TOPICS = ("merida", "security-framework", "arms-trafficking")
NOT_OLDER = frozenset({"security-framework"})
"""Not labelled in the older documents."""
OVERLAP = 0.3
UNMATCHED = 0.3
"""Weight of a found statement that the gold does not have: told of it, a subscriber would be misled too."""
PARTS = 4
"""The second look is learned from what first looks made of documents that they had not learned from: so many parts."""

Document = dict[str, Any]


@dataclass
class Table:
    """Rows of one article and topic, in the order of its statements; `weight` 0: part of the text, not learned from."""

    document: str
    topic: str
    article: Article
    rows: Floats
    yes: Floats
    weight: Floats
    first: Floats = field(default_factory=lambda: np.zeros(0))


def documents(shared: Path) -> Iterator[Document]:
    """The documents that may be learned from, each with its `set`."""
    for folder, names in (("modern", MODERN), ("statements", OLDER), ("topics", ("passages",))):
        for name in names:
            for line in (shared / "eval" / folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
                document = json.loads(line)
                if folder == "modern" and held_aside(document["id"]):
                    continue
                if name != "passages" or not document["topics"] and not document["not_scored"]:
                    yield document | {"set": name}


def tables(document: Document, taxonomy: Taxonomy) -> Iterator[Table]:
    """What is learned from one document."""
    from pipelines.on_files import day_of

    survey = taxonomy.survey(document["text"], document.get("title") or "", when=day_of(document.get("date")))
    if not survey.signs:
        return
    golds = document.get("attributions", [])
    gold = [_statement(g) for g in golds if g["content"]]
    golds = [g for g in golds if g["content"]]
    found = extract(document["text"], lang=document["lang"])
    match = _matched(golds, found)
    for statements, of in ((gold, list(range(len(golds)))), (found, match)):
        if not statements:
            continue
        article = Article(survey, statements)
        for topic in survey.signs.keys() & set(TOPICS):
            if document["set"] in OLDER and topic in NOT_OLDER:
                continue
            yes, weight = np.zeros(len(statements)), np.zeros(len(statements))
            for row, i in enumerate(article.order):
                its = golds[of[i]] if of[i] >= 0 else None
                yes[row] = bool(its) and topic in its["topics"]
                unsure = bool(its) and bool(its.get("maybe")) and bool(yes[row])
                weight[row] = 0.0 if unsure else 1.0 if its else UNMATCHED
            yield Table(document["id"], topic, article, rows(article, topic), yes, weight)


def _statement(gold: Document) -> Statement:
    speaker = Speaker(name=gold["speaker"]) if gold.get("speaker") else None
    spans = tuple(Span(start=start, end=end) for start, end in sorted(gold["content"]))
    return Statement(content=spans, kind="indirect", speaker=speaker)


def _matched(golds: Sequence[Document], found: Sequence[Statement]) -> list[int]:
    """For each statement found the gold one that it overlaps most, -1 where none by `OVERLAP`."""
    sets = [{c for start, end in gold["content"] for c in range(start, end)} for gold in golds]
    out = []
    for statement in found:
        its = {c for span in statement.content for c in range(span.start, span.end)}
        alike = [len(its & gold) / len(its | gold) for gold in sets]
        best = int(np.argmax(alike)) if alike else -1
        out.append(best if best >= 0 and alike[best] >= OVERLAP else -1)
    return out


def learn(given: Sequence[Table]) -> dict[str, Trees]:
    """The two looks from the rows of all documents."""
    ids = sorted({table.document for table in given})
    for part in range(PARTS):
        apart = set(ids[part::PARTS])
        model = _fit([table for table in given if table.document not in apart], second=False)
        for table in given:
            if table.document in apart:
                table.first = model.chance(table.rows)
    return {"first": _fit(given, second=False), "second": _fit(given, second=True)}


def _fit(given: Iterable[Table], second: bool) -> Trees:
    given = list(given)
    every = [np.hstack([t.rows, context(t.article, t.first)]) if second else t.rows for t in given]
    weight = np.concatenate([t.weight for t in given])
    used = weight > 0
    return fit(np.concatenate(every)[used], np.concatenate([t.yes for t in given])[used] > 0, weight[used])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("BORDERWIRE_SHARED", "../shared")))
    parser.add_argument("--out", type=Path, default=MODEL.parent)
    parser.add_argument("--fold", type=int, help="leave the documents of this fold out")
    parser.add_argument("--without", metavar="TOPIC", help="leave this topic out")
    options = parser.parse_args()
    if options.fold is not None and (options.out / "tagger.npz").exists():
        pair = tuple(crf.load((options.out / name).read_bytes()) for name in ("tagger.npz", "linker.npz"))
        tagging.models = lambda: pair  # type: ignore[assignment,return-value]
    taxonomy = load()
    used = [d for d in documents(options.shared) if options.fold is None or fold_of(d["id"]) != options.fold]
    given = [table for document in used for table in tables(document, taxonomy) if table.topic != options.without]
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / MODEL.name).open("wb") as file:
        save(file, **learn(given))


if __name__ == "__main__":
    main()
