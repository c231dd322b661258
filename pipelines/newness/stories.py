"""Groups articles into stories: reprints, partial reprints and updates, found by shared runs of words.

A sketch of a text keeps the hashes of its runs of four words that are 0 modulo a power of two, chosen so that about 64
to 128 of a long text are left (A. Broder, "On the resemblance and containment of documents", 1997: sampling by modulus
preserves containment). Two sketches are compared at the larger of their two powers.
"""

import heapq
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pipelines.text.stems import content_stems, stems_among
from schemas.ids import unaccented

WORD = re.compile(r"\w+")
#: "Reynosa, Tamaulipas, a 3 de noviembre.-", "TAMPA, Fla. --"
DATELINE = re.compile(r"\s{0,20}+([^\W\d_a-z][^\n]{2,80}?)\s{0,9}(?:\.\s?-+|[-–—]{1,2})\s")
FIGURE = re.compile(r"\b\d+\b")
CAPITAL = re.compile(r"\b[^\W\d_a-zà-ÿ]\w{2,}")
SMALL = re.compile(r"\b[a-zà-ÿ]\w{2,}")
SPACE = ord(" ")
RUN = 4
#: Words in a passage. An update repeats a passage of the earlier text; another report of the same event does not.
PASSAGE = 40
MOST = 128
#: Hashes that are multiples of this are keys of the index, so that a part of a long text shares keys with the whole.
#: For a text with fewer than `FEW` hashes, all are keys. (With every 16th hash, 4 % of the parts of 50 words shared
#: none with the whole.)
KEYS, FEW = 4, 32
#: A run in more articles than this is boilerplate and is ignored in searches.
COMMON = 40
#: Two texts are one story when this share of the shorter is in the longer …
REPRINT = 0.65
#: … or this share, if it is at least this many runs and includes a passage. This finds updates of longer stories, but
#: not other texts made from the same template.
UPDATE, UPDATE_RUNS = 0.45, 150
#: If less than this share of the title's content words is in the text, the text is not that of the article.
OWN_TITLE = 0.3
#: Word hashes are kept only for texts with at most this many distinct words. In others, no word counts as missing.
WORDS = 1000
#: Texts that share less than this fraction of their figures (of the text with fewer, at least `FIGURES`) report
#: different facts …
SAME_FIGURES, FIGURES = 0.5, 3
#: … unless at least this share of the shorter is in the longer: then one is a part or an update of the other.
WHOLE = 0.95


class Sketch(NamedTuple):
    """Sampled hashes, sorted. They are multiples of 2 ** `level`. `own`: the text fits its title.

    `passages` are hashes of runs of `PASSAGE` words, sampled in the same way. `figures` are hashes of the figures in
    the text, `named` of figures and names in title and dateline, `words` of all words (empty when more than `WORDS`).
    """

    level: int
    hashes: "array[int]"
    own: bool
    passages: "array[int]"
    figures: "array[int]"
    named: "array[int]"
    words: "array[int]"


def sketch(title: str, text: str) -> Sketch:
    """The sketch of an article, the same in every process. Takes about a microsecond per word."""
    plain = unaccented(text)
    hashes = np.unique(np.fromiter(run_hashes(WORD.findall(plain)), np.uint32))
    level = 0
    while len(hashes) > MOST:
        level += 1
        hashes = hashes[hashes & (1 << level) - 1 == 0]
    passages = {h for h in run_hashes(WORD.findall(plain), PASSAGE) if h % (1 << level) == 0}
    words = set(WORD.findall(f"{unaccented(title)} {plain}"))
    return Sketch(
        level,
        array("I", hashes.tolist()),
        suits(title, plain),
        array("I", sorted(passages)),
        short_hashes(FIGURE.findall(plain)),
        short_hashes(map(unaccented, named_in(title, text))),
        short_hashes(words if len(words) <= WORDS else ()),
    )


def short_hashes(words: Iterable[str]) -> "array[int]":
    return array("I", sorted({zlib.crc32(word.encode(errors="surrogatepass")) for word in words}))


def named_in(title: str, text: str) -> set[str]:
    """Figures and names in the title and the dateline. A name is a word that is always capitalized in the text."""
    small = set(SMALL.findall(text))
    found = DATELINE.match(text)
    lead = found[1] if found else ""
    names = {word for word in CAPITAL.findall(title) if word in text} | set(CAPITAL.findall(lead))
    return {*FIGURE.findall(f"{title} {lead}"), *(name for name in names if name.lower() not in small)}


def run_hashes(words: Sequence[str], length: int = RUN) -> Iterator[int]:
    """CRC-32 of each run of `length` words, joined by spaces, in UTF-8; of the whole text if it has fewer words."""
    data = " ".join(words).encode(errors="surrogatepass")
    spaces = np.flatnonzero(np.frombuffer(data, np.uint8) == SPACE).tolist()
    starts, ends = [0, *(at + 1 for at in spaces)], [*spaces, len(data)]
    return (zlib.crc32(data[a:b]) for a, b in zip(starts, ends[length - 1 :] or ends[-1:], strict=False))


def suits(title: str, plain: str) -> bool:
    """Whether a text (lower case, no accents) has enough content words of the title. True if there are none."""
    wanted = content_stems(title)
    return not wanted or len(stems_among(wanted, plain)) >= OWN_TITLE * len(wanted)


def one_story(a: Sketch, b: Sketch) -> float:
    """The containment of two texts, 0 to 1, if they are one story; otherwise 0."""
    level = max(a.level, b.level)
    left, right = ({h for h in s.hashes if h % (1 << level) == 0} for s in (a, b))
    if not left or not right or not a.own or not b.own:
        return 0.0
    shared = len(left & right)
    contained = shared / min(len(left), len(right))
    passage = any(h % (1 << level) == 0 for h in set(a.passages) & set(b.passages))
    update = contained >= UPDATE and shared << level >= UPDATE_RUNS and passage
    if contained < WHOLE and other_facts(a, b):
        return 0.0
    return contained if contained >= REPRINT or update else 0.0


def other_facts(a: Sketch, b: Sketch) -> bool:
    """Whether two texts that share many words report different events, like bulletins made from one template.

    True when few of their figures are the same, or when the head of each names something that is missing in the other.
    """
    fewer = min(len(a.figures), len(b.figures))
    if fewer >= FIGURES and len({*a.figures} & {*b.figures}) < SAME_FIGURES * fewer:
        return True
    return bool(a.words and b.words and {*a.named} - {*b.words} and {*b.named} - {*a.words})


class StoryIndex:
    """An index of articles by sketch. A story's id is the id of its first article. Memory: about 9 KB per article."""

    def __init__(self) -> None:
        self._articles: dict[str, tuple[Sketch, str, float]] = {}
        self._by_key: dict[int, list[str]] = {}
        self._ages: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._articles)

    def assign(self, article: str, new: Sketch, at: float) -> str:
        """The story of an article: the one it already has, that of the most similar article, or a new one.

        The answer depends only on the articles added before and their order, so a replay gives the same.
        """
        known = self._articles.get(article)
        story = known[1] if known else self._nearest(new) or article
        self.add(article, new, story, at)
        return story

    def add(self, article: str, new: Sketch, story: str, at: float) -> None:
        """Add an article with its story. It replaces an earlier version of the same article."""
        self._remove(article)
        self._articles[article] = (new, story, at)
        for key in keys(new):
            self._by_key.setdefault(key, []).append(article)
        heapq.heappush(self._ages, (at, article))

    def expire(self, before: float) -> None:
        """Remove the articles whose `at` is before this time."""
        while self._ages and self._ages[0][0] < before:
            at, article = heapq.heappop(self._ages)
            if article in self._articles and self._articles[article][2] == at:
                self._remove(article)

    def _nearest(self, new: Sketch) -> str | None:
        found: set[str] = set()
        for key in keys(new):
            articles = self._by_key.get(key, ())
            if len(articles) <= COMMON:
                found.update(articles)
        most, story = 0.0, None
        for article in sorted(found):
            known, its_story, _ = self._articles[article]
            if (likeness := one_story(new, known)) > most:
                most, story = likeness, its_story
        return story

    def _remove(self, article: str) -> None:
        old = self._articles.pop(article, None)
        for key in keys(old[0]) if old else ():
            self._by_key[key].remove(article)
            if not self._by_key[key]:
                del self._by_key[key]


def keys(of: Sketch) -> list[int]:
    """The hashes used as index keys for an article."""
    return list(of.hashes) if len(of.hashes) < FEW else [h for h in of.hashes if h % KEYS == 0]
