"""The ledger in memory: which statements are known, found by likeness. Pure: it is fed records and asked questions."""
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelines.likeness import same_claim, similarity
from schemas.alert import Alert
from schemas.ids import fold
from schemas.statement import LedgerEntry, Sighting, Speaker

#: How many entries that share the most word pairs with a statement are compared with it.
CANDIDATES = 40
#: A quotation of this many identical words in one story is one statement, whatever the speaker label.
IDENTICAL_WORDS = 10


class Match(NamedTuple):
    entry: LedgerEntry
    similarity: float


class Ledger:
    """Every entry of the `statements` topic, by id, story and word pairs.

    `put` may be called again with an entry that is there: the newer replaces the older. Memory: some 3 KB an entry.
    """

    def __init__(self) -> None:
        self.entries: dict[str, LedgerEntry] = {}
        self.alert_ids: set[tuple[str, str]] = set()
        self._by_pair: dict[str, set[str]] = defaultdict(set)
        self._by_story: dict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self.entries)

    def put(self, entry: LedgerEntry) -> None:
        if entry.id not in self.entries:
            for pair in word_pairs(entry.text):
                self._by_pair[pair].add(entry.id)
            if entry.story:
                self._by_story[entry.story].add(entry.id)
        self.entries[entry.id] = entry

    def put_alert(self, alert: Alert) -> None:
        """Note an alert that was sent; what it told of is known even where its ledger entry was never written."""
        self.alert_ids.add((alert.topic, alert.id))
        for entry in entries_of(alert):
            if entry.id not in self.entries:
                self.put(entry)

    def find(self, text: str, speaker: Speaker | None, story: str | None) -> Match | None:
        """The entry that says the same: same claim by the same (or an unnamed) speaker, or the same long quotation."""
        return best_match(text, speaker, story, self._candidates(text, story))

    def _candidates(self, text: str, story: str | None) -> Iterator[LedgerEntry]:
        shared: Counter[str] = Counter()
        for pair in word_pairs(text):
            shared.update(self._by_pair.get(pair, ()))
        nearest = {entry_id for entry_id, _ in shared.most_common(CANDIDATES)}
        for entry_id in sorted(nearest | self._by_story.get(story or "", set())):
            yield self.entries[entry_id]


def best_match(text: str, speaker: Speaker | None, story: str | None, entries: Iterable[LedgerEntry]) -> Match | None:
    """Of `entries`, the likest that says the same as `text` by `speaker`; None when none does."""
    best: Match | None = None
    for entry in entries:
        if same_statement(text, speaker, story, entry):
            match = Match(entry, similarity(text, entry.text))
            if best is None or match.similarity > best.similarity:
                best = match
    return best


def same_statement(text: str, speaker: Speaker | None, story: str | None, entry: LedgerEntry) -> bool:
    """Whether `text` by `speaker` is what `entry` holds already."""
    if story is not None and story == entry.story and shares_long_quote(text, entry.text):
        return True
    return same_speaker(speaker, entry.speaker) and same_claim(text, entry.text)


def same_speaker(one: Speaker | None, other: Speaker | None) -> bool:
    """Names agree when the shorter's words all stand in the longer; an unnamed speaker may be anybody."""
    if one is None or other is None:
        return True
    a, b = set(fold(one.name).split()), set(fold(other.name).split())
    return a <= b or b <= a


def shares_long_quote(one: str, other: str) -> bool:
    """Whether `IDENTICAL_WORDS` words in a row are the same in both."""
    a, b = fold(one).split(), fold(other).split()
    runs = {tuple(a[i : i + IDENTICAL_WORDS]) for i in range(len(a) - IDENTICAL_WORDS + 1)}
    return any(tuple(b[i : i + IDENTICAL_WORDS]) in runs for i in range(len(b) - IDENTICAL_WORDS + 1))


def word_pairs(text: str) -> set[str]:
    words = re.findall(r"\w+", fold(text))
    return {f"{a} {b}" for a, b in zip(words, words[1:], strict=False)} or set(words)


def entries_of(alert: Alert) -> Iterator[LedgerEntry]:
    """The ledger entries that belong to an alert, as far as the alert itself tells."""
    article = alert.article
    sighting = Sighting(
        article=article.id,
        version=article.version,
        outlet=article.outlet,
        url=article.url,
        at=article.seen,
        published=article.published,
    )
    for statement in alert.statements:
        yield LedgerEntry(
            id=statement.id,
            story=alert.story,
            text=statement.text,
            speaker=alert.speaker,
            said=statement.said,
            kind=statement.kind,
            lang=alert.lang,
            topics=(alert.topic,),
            sightings=(sighting,),
            alert=alert.id,
            why="alerted",
        )
