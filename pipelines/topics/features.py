"""Features for deciding whether a statement is about a topic: its own words, the text around it, the whole article.

No feature depends on a topic by name, so they also work for topics that a user adds. Near sentences count more than far
ones. Each function gives the values of some features by name, for all statements at once; feature_names.py lists all
names.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.topics.article import Article, Floats
from pipelines.topics.feature_names import NAMES
from pipelines.topics.topic_in_article import FAR, TopicInArticle

Values = dict[str, ArrayLike]
"""Values of features by name: one per statement in the order of `article.order`, or one for all of them."""

_COLUMN = {name: column for column, name in enumerate(NAMES)}


def rows(article: Article, topic: str) -> Floats:
    """One row of features per statement, in the order of `article.order`. The columns are `NAMES`."""
    table = np.zeros((len(article.order), len(NAMES)))
    if not article.order:
        return table
    view = TopicInArticle(article, topic)
    for part in (whole_article, own_words, surroundings, other_statements, together):
        for name, values in part(view).items():
            table[:, _COLUMN[name]] = values
    return table


def own_words(view: TopicInArticle) -> Values:
    """What a statement contains: signs, words that refer to something, words found elsewhere."""
    own, at = view.own.T, view.article.columns
    terms_of_others, signs_of_others = view.others_own.T
    shared = [
        (len(stems & view.topical), len(stems & view.elsewhere), len(stems - view.topical - view.elsewhere))
        for stems in at.stems
    ]
    topical, elsewhere, alone = np.array(shared).T / at.words
    return {
        "own terms": np.minimum(own[0], 3),
        "own weak terms": np.minimum(own[1], 3),
        "own words": np.minimum(own[2], 3),
        "own related": np.minimum(own[3], 3),
        "own context": np.minimum(own[4], 3),
        "own excluding": np.minimum(own[5], 2),
        "own terms of others": terms_of_others,
        "own signs of others": signs_of_others,
        "refers": np.minimum(at.refers, 3),
        "length": [math.log1p(count) for count in at.words],
        "words shared with topical sentences": topical,
        "words shared with others only": elsewhere,
        "words of its own": alone,
        "direct": at.direct,
        "nobody speaks": at.nobody,
        "a word, not quoted": ~at.direct & (at.words <= 1),
        "holds a sign": own[1] + own[2] > 0,
        "holds a related word": own[3] > 0,
    }


def surroundings(view: TopicInArticle) -> Values:
    """The signs in the sentences and paragraphs around a statement."""
    article, at = view.article, view.article.columns
    first, last, p, q = at.first, at.last, at.first_paragraph, at.last_paragraph
    weight, strong, strong_in, in_paragraph = view.weight, view.strong, view.strong_in, view.in_paragraph
    near_strong, near_any = first - view.last_strong[first], first - view.last_any[first]
    beside = np.array([weight[low : high + 1].sum() for low, high in zip(first, last, strict=True)]) - view.own_weight
    asked, drifts = np.array([False, *article.asked]), running_sum(article.drift)
    before, others = view.before_wide[first], view.before_others[first]
    return {
        "terms beside": np.maximum(
            running_sum(strong)[last + 1] - running_sum(strong)[first] - (view.own[:, 0] > 0), 0
        ),
        "signs beside": np.maximum(beside, 0.0),
        "sign beside": beside > 0.1,
        "terms before": view.before_strong[first],
        "terms before, wide": view.before_strong_wide[first],
        "signs before": view.before[first],
        "signs before, wide": before,
        "terms after": view.after_strong[last],
        "signs after": view.after[last],
        "signs after, wide": view.after_wide[last],
        "sentences since a term": np.minimum(near_strong, FAR),
        "sentences since a sign": np.minimum(near_any, FAR),
        "term one sentence before": near_strong == 1,
        "term two sentences before": near_strong == 2,
        "sign one sentence before": near_any == 1,
        "terms in paragraph": np.minimum(strong_in[p], 3),
        "signs in paragraph": np.minimum(in_paragraph[p], 4),
        "term in its paragraph": strong_in[p] > 0,
        "terms in paragraph before": strong_in[p - 1],
        "term in the paragraph before": strong_in[p - 1] > 0,
        "signs in paragraph before": in_paragraph[p - 1],
        "signs in paragraph after": in_paragraph[q + 1],
        "others before": others,
        "others after": view.after_others[last],
        "share before": before / (before + others + 0.1),
        "place": first / max(len(weight), 1),
        "asked before": asked[first],
        "drifted": drifts[first + 1] > drifts[np.maximum(view.last_strong[first] + 1, 0)],
        "lead": (p == 0) | (p == article.paragraph[min(article.body, len(weight) - 1)]),
    }


def running_sum(values: ArrayLike) -> NDArray[np.int64]:
    """The sum of the values before each place, beginning with 0. For whole numbers."""
    return np.concatenate([[0], np.cumsum(values, dtype=np.int64)])


def whole_article(view: TopicInArticle) -> Values:
    """How much of the article is about the topic."""
    weight, strong, article, signs = view.weight, view.strong, view.article, view.signs
    size, body = len(weight), article.body
    head = article.page.ends[min(body + 1, size - 1)]
    return {
        "english": float(article.english),
        "title term": float(strong[:body].sum() > 0),
        "title signs": float(weight[:body].sum()),
        "lead terms": float(strong[body : body + 3].sum()),
        "lead signs": float(weight[body : body + 3].sum()),
        "paragraphs with a term": view.share_strong,
        "paragraphs with a sign": view.share_any,
        "most paragraphs have a term": float(view.share_strong > 0.5),
        "terms in article": math.log1p(len(signs.terms)),
        "share in article": view.total / (view.total + view.total_others + 0.1),
        "density": view.total / max(size, 1),
        "topic leads": view.leads,
        "excluding in article": len(signs.excluding) / (len(signs.excluding) + len(signs.context) + 1),
        "excluding in the head": float(any(start < head for start, _ in signs.excluding)),
    }


def other_statements(view: TopicInArticle) -> Values:
    """The signs in the statements before and after, and in others of the same speaker; -1 if there is none."""
    speakers, degrees = view.article.columns.speaker, view.degrees
    sums: dict[str, float] = {}
    count: dict[str, int] = {}
    for speaker, degree in zip(speakers, degrees.tolist(), strict=True):
        sums[speaker], count[speaker] = sums.get(speaker, 0.0) + degree, count.get(speaker, 0) + 1
    return {
        "statement before": [-1.0, *degrees[:-1]],
        "statement after": [*degrees[1:], -1.0],
        "same speaker": [
            (sums[speaker] - degree) / (count[speaker] - 1) if speaker and count[speaker] > 1 else -1.0
            for speaker, degree in zip(speakers, degrees.tolist(), strict=True)
        ],
    }


def together(view: TopicInArticle) -> Values:
    """Products of features, which a linear model cannot make by itself."""
    own, at = view.own.T, view.article.columns
    near = at.first - view.last_any[at.first]
    held = own[1] + own[2] > 0
    referring = (at.refers > 0) | (own[3] > 0)
    alone = ~view.others_own.any(axis=1)
    titled = float(view.strong[: view.article.body].sum() > 0)
    return {
        "holds a related word, title term": (own[3] > 0) * titled,
        "refers or is related": referring,
        "refers to a near sign": referring & (near <= 2),
        "holds a sign, topic leads": held * view.leads,
        "holds a sign, share": held * view.share_any,
        "no other topic, topic leads": alone * view.leads,
        "no other topic, share": alone * view.share_any,
        "short, near sign": (at.words <= 3) & (near <= 1),
        "no other topic, signs before": alone * view.before_wide[at.first],
        "other topics only": ~alone & (own[1] + own[2] + own[3] == 0),
    }
