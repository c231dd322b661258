"""Train the models that put an article on a topic by its words: python -m pipelines.learn_articles [--out DIR].

The training data are the project's own texts, the modern documents (without the held-out ones), Spanish news, English
releases, and three fifths of the unlabelled stream. An article is a yes for a topic if a statement of it is on the
topic. Articles of the stream count as no, unless the taxonomy has a term in them: these are left out, and so are
articles whose labels are unsure. The passages with traps are not used, so that they measure. The output holds only
weights of stems. `--fold N` leaves out the documents of fold N.
"""

import argparse
import gzip
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.clean.article import clean_page
from pipelines.errors import NoArticle
from pipelines.learn_about_model import TOPICS
from pipelines.learn_aboutness import COUNTS, NOT_OLDER, OLDER, documents, without_fold
from pipelines.learn_words import fit_words, stem_table
from pipelines.on_files import day_seen
from pipelines.statements.learning.folds import fold_of
from pipelines.topics import article_words
from pipelines.topics.article_words import LEAST, MODEL
from pipelines.topics.taxonomy import Taxonomy, load_taxonomy
from pipelines.topics.word_weights import WordWeights, written_by_topic

RARE = 5
"""Stems in fewer documents get no weight."""
PENALTY = 1 / 40
"""L2 penalty of the weights."""
SMALL = 0.005
"""Smaller weights are left out."""
STREAM = ("es-articles", "en-pages")

Document = dict[str, Any]


def unlabelled_articles(shared: Path) -> Iterator[Document]:
    """The part of the stream that is trained on."""
    for name in STREAM:
        with gzip.open(shared / "eval" / "stream" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if trained_on(row["id"]):
                    with suppress(NoArticle):
                        text = row.get("text") or clean_page(row["html"].encode(), "").text
                        yield {"text": text, "title": row.get("title") or ""}


def trained_on(article: str) -> bool:
    """Whether an article of the stream is used in training, by its id: those of folds 0, 2 and 4 are."""
    return fold_of(article) % 2 == 0


def learn_models(labelled: list[Document], others: list[Document], taxonomy: Taxonomy) -> dict[str, WordWeights]:
    """One model for each topic."""
    surveys = [taxonomy.survey(d["text"], d.get("title") or "") for d in (*labelled, *others)]
    models = {}
    for topic in TOPICS:
        found = [survey.signs.get(topic) for survey in surveys]
        words = [
            taxonomy.stems(survey.page, topic, signs.terms if signs else ())
            for survey, signs in zip(surveys, found, strict=True)
        ]
        since = taxonomy.by_name[topic].since
        labels = [_label(document, topic, since) for document in labelled]
        yes = np.array([label or 0.0 for label in labels] + [0.0] * len(others))
        weight = np.array(
            [0.0 if label is None else COUNTS.get(d["set"], 1.0) for label, d in zip(labels, labelled, strict=True)]
            + [0.0 if signs else 1.0 for signs in found[len(labelled) :]]
        )
        used = [i for i, its in enumerate(words) if len(its) >= LEAST and weight[i] > 0]
        table = stem_table([(words[i],) for i in used], [str(i) for i in used], RARE)
        weights = fit_words(table, np.arange(len(used)), yes[used], weight[used], PENALTY)
        models[topic] = table.model(weights, SMALL)
    return models


def _label(document: Document, topic: str, since: date | None) -> float | None:
    """1 for an article with a statement on the topic, 0 without; None where that is unsure, not labelled, or where the
    topic began later: such articles are never on it, and may be about what it followed."""
    if document["set"] in OLDER and topic in NOT_OLDER:
        return None
    day = day_seen(document.get("date"))
    if since and day and day < since:
        return None
    on = [statement for statement in document["attributions"] if topic in statement["topics"]]
    return 1.0 if any(not its.get("maybe") for its in on) else None if on else 0.0


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("BORDERWIRE_SHARED", "../shared")))
    parser.add_argument("--out", type=Path, default=MODEL.parent)
    parser.add_argument("--fold", type=int, help="leave the documents of this fold out")
    options = parser.parse_args()
    article_words.article_models = dict  # type: ignore[assignment]  # else an earlier model would choose what is learned
    labelled = [d for d in without_fold(documents(options.shared), options.fold) if d["set"] != "passages"]
    models = learn_models(labelled, list(unlabelled_articles(options.shared)), load_taxonomy())
    options.out.mkdir(parents=True, exist_ok=True)
    written = json.dumps(written_by_topic(models), ensure_ascii=False, indent=0)
    (options.out / MODEL.name).write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
