"""Features for deciding whether a statement is about a topic: its own words, the text around it, the whole article.

No feature depends on a topic by name, so they also work for topics that a user adds. Near sentences count more than far
ones. Each function gives the values of some features by name; feature_names.py lists all names.
"""

import math
import re

import numpy as np

from pipelines.topics.article import Article, Floats, StatementPlace
from pipelines.topics.feature_names import NAMES
from pipelines.topics.topic_in_article import FAR, Counts, TopicInArticle, degree, weight_of

Values = dict[str, float]
"""Values of features by name."""

_REFERS = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|there|here|eso|esa|ese|esos|esas|esto|este|esta|estos|estas|ello|"
    r"dich[oa]s?|alla|aquel\w*|\w+[aei]rl[oa]s?|same|such|mism[oa]s?|tal(?:es)?)\b"
)


def rows(article: Article, topic: str) -> Floats:
    """One row of features per statement, in the order of `article.order`. The columns are `NAMES`."""
    view = TopicInArticle(article, topic)
    everywhere = whole_article(view)
    table = np.zeros((len(article.places), len(NAMES)))
    for row, number in enumerate(article.order):
        place, own = article.places[number], view.own[number]
        refers = len(_REFERS.findall(" ".join(article.page.folded[s:e] for s, e in place.spans)))
        values = (
            everywhere | own_words(view, number, refers) | surroundings(view, place, own) | other_statements(view, row)
        )
        values |= together(view, number, refers)
        table[row] = [values.get(name, 0.0) for name in NAMES]
    return table


def own_words(view: TopicInArticle, number: int, refers: int) -> Values:
    """What a statement contains: signs, words that refer to something (`refers` of them), words found elsewhere."""
    place, own = view.article.places[number], view.own[number]
    terms_of_others, signs_of_others = view.others_own[number]
    count = max(len(place.stems), 1)
    return {
        "own terms": min(own[0], 3),
        "own weak terms": min(own[1], 3),
        "own words": min(own[2], 3),
        "own related": min(own[3], 3),
        "own context": min(own[4], 3),
        "own excluding": min(own[5], 2),
        "own terms of others": terms_of_others,
        "own signs of others": signs_of_others,
        "refers": min(refers, 3),
        "length": math.log1p(count),
        "words shared with topical sentences": len(place.stems & view.topical) / count,
        "words shared with others only": len(place.stems & view.elsewhere) / count,
        "words of its own": len(place.stems - view.topical - view.elsewhere) / count,
        "direct": float(place.direct),
        "nobody speaks": float(not place.speaker),
        "a word, not quoted": float(not place.direct and len(place.stems) <= 1),
        "holds a sign": float(own[1] + own[2] > 0),
        "holds a related word": float(own[3] > 0),
    }


def surroundings(view: TopicInArticle, place: StatementPlace, own: Counts) -> Values:
    """The signs in the sentences and paragraphs around a statement."""
    first, last, (p, q) = place.first, place.last, place.paragraphs
    weight, strong, article = view.weight, view.strong, view.article
    within = slice(first, last + 1)
    near_strong, near_any = first - view.last_strong[first], first - view.last_any[first]
    terms_beside = max(float(strong[within].sum()) - (own[0] > 0), 0.0)
    beside = float(weight[within].sum()) - weight_of(own)
    return {
        "terms beside": terms_beside,
        "signs beside": max(beside, 0.0),
        "sign beside": float(beside > 0.1),
        "terms before": view.before_strong[first],
        "terms before, wide": view.before_strong_wide[first],
        "signs before": view.before[first],
        "signs before, wide": view.before_wide[first],
        "terms after": view.after_strong[last],
        "signs after": view.after[last],
        "signs after, wide": view.after_wide[last],
        "sentences since a term": min(near_strong, FAR),
        "sentences since a sign": min(near_any, FAR),
        "term one sentence before": float(near_strong == 1),
        "term two sentences before": float(near_strong == 2),
        "sign one sentence before": float(near_any == 1),
        "terms in paragraph": min(view.strong_in[p], 3),
        "signs in paragraph": min(view.in_paragraph[p], 4),
        "term in its paragraph": float(view.strong_in[p] > 0),
        "terms in paragraph before": view.strong_in.get(p - 1, 0.0),
        "term in the paragraph before": float(view.strong_in.get(p - 1, 0) > 0),
        "signs in paragraph before": view.in_paragraph.get(p - 1, 0.0),
        "signs in paragraph after": view.in_paragraph.get(q + 1, 0.0),
        "others before": view.before_others[first],
        "others after": view.after_others[last],
        "share before": view.before_wide[first] / (view.before_wide[first] + view.before_others[first] + 0.1),
        "place": first / max(len(weight), 1),
        "asked before": float(article.asked[first - 1]) if first else 0.0,
        "drifted": float(any(article.drift[max(view.last_strong[first] + 1, 0) : first + 1])),
        "lead": float(p == 0 or article.paragraph[min(article.body, len(weight) - 1)] == p),
    }


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


def other_statements(view: TopicInArticle, row: int) -> Values:
    """The signs in the statements before and after, and in others of the same speaker; -1 if there is none."""
    order, own = view.article.order, view.own
    speaker, itself = view.article.places[order[row]].speaker, degree(own[order[row]])
    others = len(view.by_speaker[speaker]) - 1 if speaker else 0
    return {
        "statement before": degree(own[order[row - 1]]) if row else -1.0,
        "statement after": degree(own[order[row + 1]]) if row + 1 < len(order) else -1.0,
        "same speaker": (view.sums[speaker] - itself) / others if others else -1.0,
    }


def together(view: TopicInArticle, number: int, refers: int) -> Values:
    """Products of features, which a linear model cannot make by itself."""
    place, own = view.article.places[number], view.own[number]
    near = place.first - view.last_any[place.first]
    held = float(own[1] + own[2] > 0)
    referring = float(refers > 0 or own[3] > 0)
    alone = float(view.others_own[number] == (0, 0))
    titled = float(view.strong[: view.article.body].sum() > 0)
    return {
        "holds a related word, title term": float(own[3] > 0) * titled,
        "refers or is related": referring,
        "refers to a near sign": referring * float(near <= 2),
        "holds a sign, topic leads": held * view.leads,
        "holds a sign, share": held * view.share_any,
        "no other topic, topic leads": alone * view.leads,
        "no other topic, share": alone * view.share_any,
        "short, near sign": float(max(len(place.stems), 1) <= 3) * float(near <= 1),
        "no other topic, signs before": alone * view.before_wide[place.first],
        "other topics only": (1.0 - alone) * float(own[1] + own[2] + own[3] == 0),
    }
