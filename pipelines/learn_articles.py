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
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.optimize import minimize

from pipelines.clean.article import clean_page
from pipelines.errors import NoArticle
from pipelines.learn_aboutness import COUNTS, NOT_OLDER, OLDER, TOPICS, documents, without_fold
from pipelines.statements.learning.folds import fold_of
from pipelines.topics import article_words
from pipelines.topics.article_words import LEAST, MODEL, ArticleWords
from pipelines.topics.taxonomy import Taxonomy, load_taxonomy

RARE = 5
"""Stems in fewer documents get no weight."""
PENALTY = 1 / 40
"""L2 penalty of the weights."""
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


def learn_models(labelled: list[Document], others: list[Document], taxonomy: Taxonomy) -> dict[str, ArticleWords]:
    """One model for each topic."""
    surveys = [taxonomy.survey(d["text"], d.get("title") or "") for d in (*labelled, *others)]
    models = {}
    for topic in TOPICS:
        found = [survey.signs.get(topic) for survey in surveys]
        words = [
            taxonomy.stems(survey.page, topic, signs.terms if signs else ())
            for survey, signs in zip(surveys, found, strict=True)
        ]
        labels = [_label(document, topic) for document in labelled]
        yes = np.array([label or 0.0 for label in labels] + [0.0] * len(others))
        weight = np.array(
            [0.0 if label is None else COUNTS.get(d["set"], 1.0) for label, d in zip(labels, labelled, strict=True)]
            + [0.0 if signs else 1.0 for signs in found[len(labelled) :]]
        )
        used = [i for i, its in enumerate(words) if len(its) >= LEAST and weight[i] > 0]
        models[topic] = _model([words[i] for i in used], yes[used], weight[used])
    return models


def _model(words: list[frozenset[str]], yes: NDArray[np.float64], weight: NDArray[np.float64]) -> ArticleWords:
    """The model of one topic, from the stems, the label and the weight of each article."""
    seen = Counter(stem for its in words for stem in its)
    columns = {stem: column for column, stem in enumerate(sorted(s for s, count in seen.items() if count >= RARE))}
    inside = [[columns[stem] for stem in sorted(its) if stem in columns] for its in words]
    values = [np.full(len(its), 1 / np.sqrt(len(whole))) for its, whole in zip(inside, words, strict=True)]
    ends = np.cumsum([0, *map(len, inside)])
    table = scipy.sparse.csr_array((np.concatenate(values), np.concatenate(inside), ends), (len(words), len(columns)))
    base, *weights = _fit(table, yes, weight)
    return ArticleWords(base, dict(zip(columns, weights, strict=True)))


def _label(document: Document, topic: str) -> float | None:
    """1 for an article with a statement on the topic, 0 without; None where that is unsure or not labelled."""
    if document["set"] in OLDER and topic in NOT_OLDER:
        return None
    on = [statement for statement in document["attributions"] if topic in statement["topics"]]
    return 1.0 if any(not its.get("maybe") for its in on) else None if on else 0.0


def _fit(table: scipy.sparse.csr_array, yes: NDArray[np.float64], weight: NDArray[np.float64]) -> list[float]:
    """The base and the weights of the columns, by L-BFGS."""

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = table @ beta[1:] + beta[0]
        wrong = weight * (1 / (1 + np.exp(-z)) - yes)
        value = (weight * (np.logaddexp(0, z) - yes * z)).sum() + PENALTY / 2 * beta[1:] @ beta[1:]
        return value, np.append(wrong.sum(), table.T @ wrong + PENALTY * beta[1:])

    found = minimize(loss, np.zeros(table.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return [float(value) for value in found.x]


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
    written = json.dumps({topic: model.written() for topic, model in models.items()}, ensure_ascii=False, indent=0)
    (options.out / MODEL.name).write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
