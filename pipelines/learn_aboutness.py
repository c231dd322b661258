"""Train the model that decides whether a statement is on a topic: python -m pipelines.learn_aboutness [--out DIR].

For each topic, the weights of words are trained first; then those of the features, once with the score of the words and
once without it.

The training data are the project's own texts, the modern documents (without the held-out ones), Spanish news, English
releases, and the passages that are on no topic. The output holds only weights of features and stems. Each document is
used twice: with the statements of the gold, and with the statements that the extractor finds, so that the model also
sees badly cut ones. `--fold N` leaves out the documents of fold N, and finds statements and topics of articles with the
models in DIR if there are any; `--without TOPIC` leaves out a topic.
"""

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.learn_about_model import DIVISIONS, TOPICS, Table, division, learn_model
from pipelines.statements import extract
from pipelines.statements.learning.folds import fold_of, held_aside
from pipelines.statements.learning.own_texts import FOLDER, TOPIC_FOLDER, own_documents
from pipelines.statements.tagging import crf
from pipelines.statements.tagging import taggers as tagging
from pipelines.topics import article_words
from pipelines.topics.aboutness import MODEL
from pipelines.topics.article import Article
from pipelines.topics.features import rows
from pipelines.topics.taxonomy import Taxonomy, load_taxonomy
from schemas.statement import Span, Speaker, Statement

MODERN = ("es-written", "es-open", "en-written", "en-open")
OLDER = ("es-news", "en-releases")
NOT_OLDER = frozenset({"security-framework"})
"""Topics that are not labelled in the older documents."""
OVERLAP = 0.3
UNMATCHED = 1.0
"""Weight of a row for a found statement that the gold does not have; it counts as a no for every topic."""
BEGINNINGS = (1, 2, 4)
BEGINNING = 0.4
"""Articles are also used cut off after `BEGINNINGS` paragraphs, alone or followed by another article, with this weight:
many articles are short or change their subject."""
OWN_BEGINNINGS = 4
"""Of the project's own texts one in so many is cut off like that. More would only take time."""
COUNTS = dict.fromkeys(MODERN, 3.0)
"""How much a row counts, by the set of its document; 1 for the others. Whoever writes both text and gold makes them
easier than news is, so the project's own texts count less than articles of the evaluation."""
CHANGING = 3.0
"""Rows of own texts that change their subject (`*-drift.txt`) count so much more: most articles keep to theirs, and
without this weight everything in an article on a topic would be on it."""
APART = 17

Document = dict[str, Any]


def documents(shared: Path) -> Iterator[Document]:
    """The documents for training, each with the name of its `set`."""
    yield from (document | {"set": "own"} for folder in (FOLDER, TOPIC_FOLDER) for document in own_documents(folder))
    for folder, names in (("modern", MODERN), ("statements", OLDER), ("topics", ("passages",))):
        for name in names:
            for line in (shared / "eval" / folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
                document = json.loads(line)
                if folder == "modern" and held_aside(document["id"]):
                    continue
                if name != "passages" or not document["topics"] and not document["not_scored"]:
                    yield document | {"set": name}


def fold_of_document(document: Document) -> int | None:
    """The fold of a document; None for own texts, which are in every fold, because nothing is measured on them."""
    return None if document["set"] == "own" else fold_of(document["id"])


def without_fold(given: Iterable[Document], fold: int | None) -> list[Document]:
    """The documents without those of a fold."""
    return [document for document in given if fold is None or fold_of_document(document) != fold]


def paired(given: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Each document with another one of its language and of its division (`DIVISIONS`), `APART` places further on."""
    kinds = [(document["lang"], division(document["id"], DIVISIONS)) for document in given]
    for kind in sorted(set(kinds)):
        its = [document for document, of in zip(given, kinds, strict=True) if of == kind]
        yield from zip(its, its[APART:] + its[:APART], strict=True)


def learning_tables(document: Document, taxonomy: Taxonomy, other: Document) -> Iterator[Table]:
    """The training tables of one document. `other` is of the same language; its text follows after cut-off versions."""
    from pipelines.on_files import day_seen

    survey = taxonomy.survey(document["text"], document.get("title") or "", when=day_seen(document.get("date")))
    if not survey.signs:
        return
    golds = document.get("attributions", [])
    golds = [g for g in golds if g["content"]]
    gold = [_statement(g) for g in golds]
    often = document["set"] != "own" or division(document["id"], OWN_BEGINNINGS) == 0
    for title, text, its in _beginnings(document, golds, other) if often else ():
        part = taxonomy.survey(text, title, when=day_seen(document.get("date")))
        yield from _tables(document, Article(part, [_statement(g) for g in its]), its, list(range(len(its))), BEGINNING)
    found = extract(document["text"], lang=document["lang"])
    match = _matched(golds, found)
    for statements, of in ((gold, list(range(len(golds)))), (found, match)):
        yield from _tables(document, Article(survey, statements), golds, of, 1.0)


def _beginnings(
    document: Document, golds: list[Document], other: Document
) -> Iterator[tuple[str, str, list[Document]]]:
    """(title, text, gold) of articles made from this one: its first paragraphs with the title, without it, and followed
    by the first paragraphs of another document, like an article that changes its subject."""
    title, text = document.get("title") or "", document["text"]
    behind, its = _first(other["text"], [g for g in other.get("attributions", []) if g["content"]], 2)
    for number in BEGINNINGS:
        part, kept = _first(text, golds, number)
        yield title, part, kept
        yield "", part, kept
        moved = [_moved(g, len(part) + 2) for g in its]
        yield title, f"{part}\n\n{behind}", [*kept, *moved]


def _moved(gold: Document, by: int) -> Document:
    return gold | {key: [[s + by, e + by] for s, e in gold[key]] for key in ("content", "cue", "source")}


def _first(text: str, golds: list[Document], number: int) -> tuple[str, list[Document]]:
    """The first `number` paragraphs of a text, and the gold statements in them."""
    ends = [m.start() for m in re.finditer(r"\n+", text)]
    part = text[: ends[number - 1]] if number <= len(ends) else text
    return part, [g for g in golds if max(end for _, end in g["content"]) <= len(part)]


def _tables(
    document: Document, article: Article, golds: list[Document], of: list[int], counts: float
) -> Iterator[Table]:
    """One table for each topic. `of`: for each statement its index in `golds`, or -1; `counts`: the weight of a row."""
    fold = fold_of_document(document)
    for topic in TOPICS if of else ():
        if topic not in article.survey.signs or document["set"] in OLDER and topic in NOT_OLDER:
            continue
        yes, weight = np.zeros(len(of)), np.zeros(len(of))
        measured = np.array([of[i] >= 0 for i in article.order]) & (counts == 1.0)
        for row, i in enumerate(article.order):
            its = golds[of[i]] if of[i] >= 0 else None
            yes[row] = its is not None and topic in its["topics"]
            unsure = bool(its and its.get("maybe") and yes[row])
            weight[row] = 0.0 if unsure else counts if its else UNMATCHED
        measured &= weight > 0
        weight *= COUNTS.get(document["set"], 1.0) * (CHANGING if "-drift-" in document["id"] else 1.0)
        yield Table(document["id"], topic, rows(article, topic), article.all_contexts, yes, weight, measured, fold)


def _statement(gold: Document) -> Statement:
    speaker = Speaker(name=gold["speaker"]) if gold.get("speaker") else None
    spans = tuple(Span(start=start, end=end) for start, end in sorted(gold["content"]))
    return Statement(content=spans, kind="indirect", speaker=speaker)


def _matched(golds: Sequence[Document], found: Sequence[Statement]) -> list[int]:
    """For each found statement the index of the gold statement with the best overlap; -1 if it is below `OVERLAP`."""
    sets = [{c for start, end in gold["content"] for c in range(start, end)} for gold in golds]
    out = []
    for statement in found:
        its = {c for span in statement.content for c in range(span.start, span.end)}
        alike = [len(its & gold) / len(its | gold) for gold in sets]
        best = int(np.argmax(alike)) if alike else -1
        out.append(best if best >= 0 and alike[best] >= OVERLAP else -1)
    return out


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
        tagging.models = lambda: pair  # type: ignore[assignment]
    if options.fold is not None and (options.out / article_words.MODEL.name).exists():
        articles = article_words.read_models(options.out / article_words.MODEL.name)
        article_words.article_models = lambda: articles  # type: ignore[assignment]
    taxonomy = load_taxonomy()
    given = [
        table
        for document, other in paired(without_fold(documents(options.shared), options.fold))
        for table in learning_tables(document, taxonomy, other)
        if table.topic != options.without
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    written = json.dumps(learn_model(given).written(), indent=0, ensure_ascii=False)
    (options.out / MODEL.name).write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
