"""Whether an article is on a topic by its words as a whole, where it contains no term that the taxonomy has for it.

News often writes about a topic without any of its names: "Guns, cartridges and the county fair". For the topics that
were trained (pipelines/learn_articles.py), a logistic regression over the stems of the whole article decides then. A
topic that a user adds has no such weights: its articles need its terms. Words in terms of a topic, and in phrases that
only look like them (`never` in the taxonomy), are left out: without a term, they would mean something else.
"""

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).parents[1] / "data" / "article_words.json"
SURE = 0.5
"""An article without terms is on a topic from this probability on."""
LEAST = 40
"""An article with fewer stems than this needs a term: a few words do not make it sure."""
DIGITS = 3


@dataclass(frozen=True)
class ArticleWords:
    """Log-odds = `base` + Σ weights of the article's stems / √(number of its stems), for each stem once."""

    base: float
    weights: dict[str, float]

    def chance(self, stems: frozenset[str]) -> float:
        """The probability that an article with these stems is on the topic; 0 if they are fewer than `LEAST`."""
        if len(stems) < LEAST:
            return 0.0
        score = math.fsum(self.weights[stem] for stem in stems if stem in self.weights)
        return 1 / (1 + math.exp(-(self.base + score / math.sqrt(len(stems)))))

    def written(self) -> dict[str, object]:
        """The model as data for a JSON file."""
        return {
            "base": round(self.base, DIGITS),
            "words": {stem: round(weight, DIGITS) for stem, weight in sorted(self.weights.items()) if round(weight, 2)},
        }


def read_models(path: Path) -> dict[str, ArticleWords]:
    """The models by topic in a file written by learn_articles.py."""
    given = json.loads(path.read_text(encoding="utf-8"))
    return {topic: ArticleWords(its["base"], its["words"]) for topic, its in given.items()}


@functools.cache
def article_models() -> dict[str, ArticleWords]:
    """The models shipped with the package, by topic, read once per process."""
    return read_models(MODEL)
