"""Whether an article is on a topic by its words as a whole, where it contains no term that the taxonomy has for it.

News often writes about a topic without any of its names: "Guns, cartridges and the county fair". For the topics that
were trained (pipelines/learn_articles.py), a logistic regression over the stems of the whole article decides then. A
topic that a user adds has no such weights: its articles need its terms. Words in terms of a topic, and in phrases that
only look like them (`never` in the taxonomy), are left out: without a term, they would mean something else.
"""

import functools
import json
import math
from pathlib import Path

from pipelines.topics.word_weights import WordWeights, read_by_topic

MODEL = Path(__file__).parents[1] / "data" / "article_words.json"
SURE = 0.5
"""An article without terms is on a topic from this probability on."""
VERY_SURE = 0.85
"""The same for an article that has no word for the United States."""
LEAST = 40
"""An article with fewer stems than this needs a term: a few words do not make it sure."""


def chance(model: WordWeights, stems: frozenset[str]) -> float:
    """The probability that an article with these stems is on the topic; 0 if they are fewer than `LEAST`."""
    return 1 / (1 + math.exp(-model.score((stems,)))) if len(stems) >= LEAST else 0.0


def read_models(path: Path) -> dict[str, WordWeights]:
    """The models by topic in a file written by learn_articles.py."""
    return read_by_topic(json.loads(path.read_text(encoding="utf-8")))


@functools.cache
def article_models() -> dict[str, WordWeights]:
    """The models shipped with the package, by topic, read once per process."""
    return read_models(MODEL)
