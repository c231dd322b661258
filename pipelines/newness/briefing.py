"""What was new in a span of time, from the ledger alone: by topic and story, who contradicted and who repeated whom.

No I/O and no clock: the same entries give the same briefing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.newness.ledger import is_named, same_speaker, word_pairs
from pipelines.newness.likeness import same_claim, similarity
from pipelines.text.stems import words_of
from schemas.statement import LedgerEntry, Speaker

#: How long before the span statements are compared with those in it, and outlets count as sources that may be silent.
BACK = timedelta(days=30)
#: Two statements with other figures are about the same thing if their words are this similar.
SAME_THING = 0.8
#: The most relations that are named for one statement: the latest ones.
MOST_RELATIONS = 3

#: Whether an entry is one of those that a briefing tells.
IsNew = Callable[[LedgerEntry], bool]
Relation = Literal["contradicts", "other-figure", "repeats"]


@dataclass(frozen=True)
class Related:
    """What a statement does to an earlier one of somebody else, or of the same speaker (a change of position)."""

    relation: Relation
    entry: LedgerEntry


@dataclass(frozen=True)
class NewStatement:
    """A new statement. `first`: the speaker had said nothing on the topic before. `twins`: the same statement in the
    other language, as far as the ledger links them."""

    entry: LedgerEntry
    first: bool
    related: tuple[Related, ...]
    twins: tuple[LedgerEntry, ...]

    @property
    def outlets(self) -> tuple[str, ...]:
        entries = (self.entry, *self.twins)
        return tuple(dict.fromkeys(sighting.outlet for entry in entries for sighting in entry.sightings))


@dataclass(frozen=True)
class Briefing:
    """`topics`: topic → its stories, each a list of statements in order of time. `silent`: outlets that had statements
    in the 30 days before, and none in the span."""

    since: datetime
    until: datetime
    topics: Mapping[str, tuple[tuple[NewStatement, ...], ...]]
    silent: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of statements in the briefing, each counted once."""
        return len({told.entry.id for stories in self.topics.values() for story in stories for told in story})


def briefing_of(
    entries: Iterable[LedgerEntry],
    since: datetime,
    until: datetime,
    topics: Sequence[str] = (),
    lang: str | None = None,
    by_record: bool = False,
) -> Briefing:
    """What was first published from `since` to before `until`, on these topics (all if empty).

    With `by_record` it is what was first recorded then and was due for an alert. So briefings that follow each other
    tell each statement once, also one that was published before the last briefing and read after it.
    A statement with a twin in the other language is listed once: in `lang` if one of them is, else as it came first.
    """
    when = first_recorded if by_record else first_published

    def is_new(entry: LedgerEntry) -> bool:
        return when(entry) >= since and not (by_record and entry.held_back)

    ever = sorted((entry for entry in entries if when(entry) < until), key=in_time)
    new = filter(is_new, ever)
    wanted = list(topics) or sorted({topic for entry in new for topic in entry.topics})
    told = {topic: stories([e for e in ever if topic in e.topics], since, is_new, lang) for topic in wanted}
    return Briefing(since, until, {topic: found for topic, found in told.items() if found}, silent_outlets(ever, since))


def first_published(entry: LedgerEntry) -> datetime:
    """When a statement was first published; if that is not known, when it was first seen."""
    first = entry.sightings[0]
    return first.published or first.at


def first_recorded(entry: LedgerEntry) -> datetime:
    """When a statement was first recorded; in records of older versions, when it was first seen."""
    return entry.recorded or entry.sightings[0].at


def in_time(entry: LedgerEntry) -> tuple[datetime, str]:
    return first_published(entry), entry.id


def stories(
    on: Sequence[LedgerEntry], since: datetime, is_new: IsNew, lang: str | None
) -> tuple[tuple[NewStatement, ...], ...]:
    """The new statements among those on a topic, by story; the story with most outlets first. `on` is in order of
    time."""
    new = list(filter(is_new, on))
    twins = twins_of(new, lang)
    hidden = {twin.id for found in twins.values() for twin in found}
    first = firsts(on)
    earlier = Earlier(entry for entry in on if first_published(entry) >= since - BACK)
    groups: dict[str, list[NewStatement]] = defaultdict(list)
    for entry in new:
        if entry.id not in hidden:
            found = tuple(earlier.related(entry))[-MOST_RELATIONS:]
            told = NewStatement(entry, entry.id in first, found, twins.get(entry.id, ()))
            groups[entry.story or entry.id].append(told)
    return tuple(map(tuple, sorted(groups.values(), key=widest)))


def widest(story: Sequence[NewStatement]) -> tuple[int, datetime]:
    return -len({outlet for told in story for outlet in told.outlets}), first_published(story[0].entry)


def firsts(on: Sequence[LedgerEntry]) -> set[str]:
    """Ids of the statements before which their speaker, who is named, said nothing on the topic. `on` is in order of
    time."""
    found: set[str] = set()
    began: dict[str, tuple[datetime, Speaker]] = {}
    for entry in on:
        speaker, at = entry.speaker, first_published(entry)
        if speaker is None or not is_named(speaker):
            continue
        known = began.get(speaker.name)
        if known is None:
            same = [since for since, other in began.values() if same_speaker(other, speaker)]
            known = began[speaker.name] = min(same, default=at), speaker
        if known[0] == at:
            found.add(entry.id)
    return found


def twins_of(entries: Sequence[LedgerEntry], lang: str | None) -> dict[str, tuple[LedgerEntry, ...]]:
    """Id of a listed statement → the statements in the other language that are listed with it."""
    by_id = {entry.id: entry for entry in entries}
    found: dict[str, tuple[LedgerEntry, ...]] = {}
    taken: set[str] = set()
    for entry in entries:
        pair = [entry, *(by_id[other] for other in entry.possible if other in by_id)]
        pair = [one for one in pair if one.id not in taken]
        if len(pair) < 2:
            continue
        shown = min(pair, key=lambda one: (one.lang != lang if lang else False, first_published(one), one.id))
        taken |= {one.id for one in pair}
        found[shown.id] = tuple(one for one in pair if one is not shown)
    return found


class Earlier:
    """Statements on one topic, found by the pairs of words that they share."""

    def __init__(self, entries: Iterable[LedgerEntry]) -> None:
        self._by_pair: dict[str, list[LedgerEntry]] = defaultdict(list)
        for entry in entries:
            for pair in word_pairs(entry.text, entry.lang):
                self._by_pair[pair].append(entry)

    def related(self, entry: LedgerEntry) -> Iterator[Related]:
        """The earlier statements that this one repeats or contradicts, in order of time."""
        pairs = word_pairs(entry.text, entry.lang)
        near = {other.id: other for pair in pairs for other in self._by_pair[pair]}
        for other in sorted(near.values(), key=in_time):
            if other.id == entry.id or other.lang != entry.lang or first_published(other) >= first_published(entry):
                continue
            if found := relation(entry, other):
                yield Related(found, other)


def relation(entry: LedgerEntry, other: LedgerEntry) -> Relation | None:
    """What a statement does to an earlier one in the same language: the same claim, its opposite, or another figure."""
    opposed = entry.denied != other.denied
    if same_claim(entry.text, other.text, entry.lang, opposed=not opposed):
        return "contradicts"
    if same_claim(entry.text, other.text, entry.lang, opposed=opposed):
        same = entry.speaker is None or other.speaker is None or same_speaker(entry.speaker, other.speaker)
        return None if same else "repeats"
    a, b = words_of(entry.text, entry.lang), words_of(other.text, other.lang)
    differ = not (a.figures <= b.figures or b.figures <= a.figures)
    return "other-figure" if differ and similarity(entry.text, other.text, entry.lang) >= SAME_THING else None


def silent_outlets(entries: Iterable[LedgerEntry], since: datetime) -> tuple[str, ...]:
    """Outlets with a sighting in the time `BACK` before `since`, and none after it."""
    latest: dict[str, datetime] = {}
    for entry in entries:
        for sighting in entry.sightings:
            at = sighting.published or sighting.at
            latest[sighting.outlet] = max(at, latest.get(sighting.outlet, at))
    return tuple(sorted(outlet for outlet, at in latest.items() if since - BACK <= at < since))
