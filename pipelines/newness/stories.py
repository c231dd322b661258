"""Which articles are one story: reprints, partial reprints and updates, found by the word runs they share.

A sketch keeps of a text's runs of four words those whose hash is 0 modulo a power of two, chosen so that 64 to 128 are
left (A. Broder, "On the resemblance and containment of documents", 1997: sampling by modulus keeps containment). Two
sketches are compared at the coarser of their levels.
"""
import heapq
import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pipelines.text.stems import content_stems, stems_among
from schemas.ids import unaccented

WORD = re.compile(r"\w+")
SPACE = ord(" ")
RUN = 4
MOST = 128
#: Every so many-th hash of a sketch is a key of the index; of a short text, all are.
KEYS = 8
#: A run that stands in more articles than this is furniture and finds nothing.
COMMON = 40
#: One story: this share of the shorter text stands in the longer …
REPRINT = 0.65
#: … or this share, if it is at least so many runs: an update of a longer story, not another by the same template.
UPDATE, UPDATE_RUNS = 0.45, 150
#: Of the title's content words this share must stand in the text; otherwise the text is the page's, not the article's.
OWN_TITLE = 0.3


class Sketch(NamedTuple):
    """Sampled hashes, sorted; `level` is the power of two they were sampled by; `own` says the text suits its title."""

    level: int
    hashes: "array[int]"
    own: bool


def sketch(title: str, text: str) -> Sketch:
    """The sketch of an article; the same in every process. Takes about a microsecond a word."""
    plain = unaccented(text)
    hashes = np.unique(np.fromiter(run_hashes(WORD.findall(plain)), np.uint32))
    level = 0
    while len(hashes) > MOST:
        level += 1
        hashes = hashes[hashes & (1 << level) - 1 == 0]
    return Sketch(level, array("I", hashes.tolist()), suits(title, plain))


def run_hashes(words: Sequence[str]) -> Iterator[int]:
    """CRC-32 of each run of words, parted by spaces, in UTF-8; of all of them together where they are fewer."""
    data = " ".join(words).encode(errors="surrogatepass")
    spaces = np.flatnonzero(np.frombuffer(data, np.uint8) == SPACE).tolist()
    starts, ends = [0, *(at + 1 for at in spaces)], [*spaces, len(data)]
    return (zlib.crc32(data[a:b]) for a, b in zip(starts, ends[RUN - 1 :] or ends[-1:], strict=False))


def suits(title: str, plain: str) -> bool:
    """Whether a text, given without case and accents, speaks of what the title names; without a title it does."""
    wanted = content_stems(title)
    return not wanted or len(stems_among(wanted, plain)) >= OWN_TITLE * len(wanted)


def one_story(a: Sketch, b: Sketch) -> float:
    """The containment of the two texts, 0 to 1, where they are one story; 0 where they are not."""
    level = max(a.level, b.level)
    left, right = ({h for h in s.hashes if h % (1 << level) == 0} for s in (a, b))
    if not left or not right or not a.own or not b.own:
        return 0.0
    shared = len(left & right)
    contained = shared / min(len(left), len(right))
    update = contained >= UPDATE and shared << level >= UPDATE_RUNS
    return contained if contained >= REPRINT or update else 0.0


class StoryIndex:
    """Articles by their sketches. A story's id is the id of its first article. Memory: some 2.5 KB an article."""

    def __init__(self) -> None:
        self._articles: dict[str, tuple[Sketch, str, float]] = {}
        self._by_key: dict[int, list[str]] = {}
        self._ages: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._articles)

    def assign(self, article: str, new: Sketch, at: float) -> str:
        """The story of an article: the one it was given before, that of the likest article, or a new one.

        The answer depends only on what was put in before and in which order, so a replay gives the same.
        """
        known = self._articles.get(article)
        story = known[1] if known else self._nearest(new) or article
        self.add(article, new, story, at)
        return story

    def add(self, article: str, new: Sketch, story: str, at: float) -> None:
        """Put in an article whose story is known; the newest sketch of an article counts."""
        self._remove(article)
        self._articles[article] = (new, story, at)
        for key in keys(new):
            self._by_key.setdefault(key, []).append(article)
        heapq.heappush(self._ages, (at, article))

    def expire(self, before: float) -> None:
        """Forget the articles put in with an `at` before this."""
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
        likest, story = 0.0, None
        for article in sorted(found):
            known, its_story, _ = self._articles[article]
            if (likeness := one_story(new, known)) > likest:
                likest, story = likeness, its_story
        return story

    def _remove(self, article: str) -> None:
        old = self._articles.pop(article, None)
        for key in keys(old[0]) if old else ():
            self._by_key[key].remove(article)
            if not self._by_key[key]:
                del self._by_key[key]


def keys(of: Sketch) -> list[int]:
    """The hashes an article is found by."""
    if len(of.hashes) < 2 * KEYS:
        return list(of.hashes)
    return [h for h in of.hashes if (h >> of.level) % KEYS == 0]
