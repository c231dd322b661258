"""Whether an article is on a topic by its words as a whole, where it contains no term that the taxonomy has for it.

News often writes about a topic without any of its names: "Guns, cartridges and the county fair". For the topics that
were trained (pipelines/learn_articles.py), a logistic regression over the stems of the whole article decides then. A
topic that a user adds has no such weights: its articles need its terms. Words in terms of a topic, and in phrases that
only look like them (`never` in the taxonomy), are left out: without a term, they would mean something else.
"""

import functools
import json
import math
from collections.abc import Sequence
from pathlib import Path

from pipelines.topics.phrases import Span
from pipelines.topics.searched_text import SearchedText, elsewhere, outside
from pipelines.topics.topic_file import Topic
from pipelines.topics.word_weights import WordWeights, read_by_topic

MODEL = Path(__file__).parents[1] / "data" / "article_words.json"
SURE = 0.5
"""An article without terms is on a topic from this probability on."""
VERY_SURE = 0.85
"""The same for an article that has no word for the United States."""
OPTIONAL = 1
"""The entry of `also`, counted from 0, that an article may lack if its words leave hardly any doubt. It stands for the
United States, which Mexican papers call by many names. The first one, which stands for Mexico, is always needed:
otherwise articles about weapons in the United States would be taken."""
LEAST = 40
"""An article with fewer stems than this needs a term: a few words do not make it sure."""


def chance(model: WordWeights, stems: frozenset[str]) -> float:
    """The probability that an article with these stems is on the topic; 0 if they are fewer than `LEAST`."""
    return 1 / (1 + math.exp(-model.score((stems,)))) if len(stems) >= LEAST else 0.0


def needed(topic: Topic, page: SearchedText, model: WordWeights) -> float | None:
    """The probability from which on a text without terms is on a topic: `SURE` if it has all that the topic asks
    for with `also`, `VERY_SURE` if it lacks only the `OPTIONAL` one of these; None if it lacks more, or is about
    something that excludes the topic."""
    also = topic.also
    if not also or not all(page.find((phrase,)) for phrase in (*also[:OPTIONAL], *also[OPTIONAL + 1 :])):
        return None
    found = [page.find((phrase,)) for phrase in also]
    if not all(found) and chance(model, page.stems) < VERY_SURE:
        return None  # with the lines above, most articles end here, before they are searched for more
    lacks = _lacking(found, page.find(topic.never))
    if lacks - {OPTIONAL} or elsewhere(page, page.find(topic.excluding), page.find(topic.context)):
        return None
    return VERY_SURE if lacks else SURE


def _lacking(found: Sequence[Sequence[Span]], never: Sequence[Span]) -> set[int]:
    """The numbers of the lists that have no span outside `never`, the second one also none outside the first: “Baja
    California” is not California."""
    there = [outside(spans, never) for spans in found]
    if len(there) > 1:
        there[1] = outside(there[1], there[0])
    return {number for number, spans in enumerate(there) if not spans}


def read_models(path: Path) -> dict[str, WordWeights]:
    """The models by topic in a file written by learn_articles.py."""
    return read_by_topic(json.loads(path.read_text(encoding="utf-8")))


@functools.cache
def article_models() -> dict[str, WordWeights]:
    """The models shipped with the package, by topic, read once per process."""
    return read_models(MODEL)
