"""The ledger of known statements, with search for similar ones."""

from collections.abc import Iterable, Iterator, Set
from datetime import date
from typing import NamedTuple

from pipelines.newness.ledger_store import Entries, Keys
from pipelines.newness.likeness import contradicts, same_claim, similarity
from pipelines.text.stems import words_of
from schemas.alert import Alert
from schemas.ids import fold
from schemas.persons import person_id
from schemas.statement import Cue, Kind, LedgerEntry, Sighting, Speaker

#: A statement is compared with this many entries, those that share the most word pairs with it.
CANDIDATES = 40
#: Within a story, statements with this many identical words in a row are the same, whoever the speaker is.
IDENTICAL_WORDS = 10
#: The language in which to look for translations of an entry.
OTHER = {"en": "es", "es": "en"}


class Claim(NamedTuple):
    """The parts of a statement that are compared. `denied`: the speaker denied what the text says."""

    text: str
    speaker: Speaker | None
    story: str | None = None
    lang: str | None = None
    denied: bool = False


class Match(NamedTuple):
    entry: LedgerEntry
    similarity: float


class Comparison(NamedTuple):
    """`same`: the entry that says the same, if any. `nearest`: the most similar other entry, the same or not."""

    same: Match | None
    nearest: Match | None


class Ledger:
    """Every entry of the `statements` topic, by id, story and word pairs.

    `put` replaces an entry with the same id. `entries` is where they are kept, by default in this process.
    """

    def __init__(self, entries: Entries | None = None) -> None:
        self._entries = Entries() if entries is None else entries

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: LedgerEntry) -> None:
        old = self._entries.get(entry.id)
        if old is None:
            self._entries.add(entry, *keys_of(entry))
        elif old != entry:  # a named speaker, or an earlier sighting, changes what it is found by
            self._entries.replace(entry)
            self._entries.move(entry.id, keys_of(old), keys_of(entry))

    def put_alert(self, alert: Alert) -> None:
        """Add an alert that was sent. Its statements become known even if their entries were never written."""
        new = alert.kind == "new"
        self._entries.put_alert(alert.topic, alert.id, [s.id for s in alert.statements] if new else [])
        for entry in entries_of(alert) if new else ():
            if not self._entries.has(entry.id):
                self.put(entry)

    def alerted(self, alert: Alert) -> bool:
        """Whether an alert with this id was sent on its topic."""
        return self._entries.alerted(alert.topic, alert.id)

    def untold(self, alert: Alert) -> Alert | None:
        """The alert without the statements that earlier alerts on its topic contain; None when nothing is left.

        Its id becomes that of the first statement left. An alert that was sent before has statements left when a
        better extractor finds more in the same article.
        """
        if alert.kind != "new":
            return None if self.alerted(alert) else alert
        left = tuple(s for s in alert.statements if alert.topic not in self.told_on(s.id))
        return alert.model_copy(update={"id": left[0].id, "statements": left}) if left else None

    def of_story(self, story: str | None) -> list[LedgerEntry]:
        """The entries first seen in a story."""
        return self._entries.of_story(story)

    def told_on(self, statement: str) -> Set[str]:
        """The topics on which an alert contained a statement."""
        return self._entries.told_on(statement)

    def compare(self, claim: Claim, besides: Sighting) -> Comparison:
        """Compare a claim with the ledger. An entry first seen in the article version of `besides` can be `same`, but
        not `nearest`."""
        candidates = self._entries.alike(word_pairs(claim.text, claim.lang), claim.story, CANDIDATES)
        others = [entry for entry in candidates if not first_seen_in(entry, besides)]
        alike = (Match(e, similarity(claim.text, e.text, claim.lang)) for e in others)
        return Comparison(best_match(claim, candidates), max(alike, key=by_similarity, default=None))

    def around(self, entry: LedgerEntry) -> list[LedgerEntry]:
        """Entries in the other language, perhaps of the same speaker, of the day before, the same day and the day
        after."""
        middle = day_of(entry).toordinal()
        days = [date.fromordinal(day) for day in (middle - 1, middle, middle + 1) if 1 <= day <= date.max.toordinal()]
        return self._entries.on_days(days, name_words(entry.speaker), OTHER.get(entry.lang or ""))


def keys_of(entry: LedgerEntry) -> Keys:
    return Keys(word_pairs(entry.text, entry.lang), day_of(entry), name_words(entry.speaker))


def day_of(entry: LedgerEntry) -> date:
    """The date when a statement was said, or else published, or else seen."""
    first = entry.sightings[0]
    return (entry.said.date if entry.said else None) or (first.published or first.at).date()


def name_words(speaker: Speaker | None) -> set[str]:
    if speaker is None:
        return set()
    return {
        word
        for text in (fold(speaker.name), person_id(speaker.name).replace("-", " "))
        for word in text.split()
        if len(word) > 3
    }


def by_similarity(match: Match) -> float:
    return match.similarity


def best_match(claim: Claim, entries: Iterable[LedgerEntry]) -> Match | None:
    """The most similar of the `entries` that say the same as the claim; None when none does."""
    same = (Match(e, similarity(claim.text, e.text, claim.lang)) for e in entries if same_statement(claim, e))
    return max(same, key=by_similarity, default=None)


def same_statement(claim: Claim, entry: LedgerEntry) -> bool:
    """Whether the claim says what `entry` says: by the same (or an unnamed) speaker, or as the same long quotation in
    the same story."""
    opposed = claim.denied != entry.denied
    one_story = claim.story is not None and claim.story == entry.story
    if one_story and shares_long_quote(claim.text, entry.text) and not opposed:
        return not contradicts(claim.text, entry.text, claim.lang)
    return same_speaker(claim.speaker, entry.speaker) and same_claim(claim.text, entry.text, claim.lang, opposed)


def first_seen_in(entry: LedgerEntry, sighting: Sighting) -> bool:
    """Whether an entry was first seen in exactly this version of this article."""
    first = entry.sightings[0]
    return (first.article, first.version) == (sighting.article, sighting.version)


def same_speaker(one: Speaker | None, other: Speaker | None) -> bool:
    """Whether two speakers may be one person. Two names match when they are forms of one person's name
    (schemas/data/persons.yaml), or when all words of one are in the other. A missing speaker matches anybody. A speaker
    who is unnamed, or inferred from an office, matches any named one."""
    if one is None or other is None or is_named(one) != is_named(other):
        return True
    if person_id(one.name) == person_id(other.name):
        return True
    a, b = set(fold(one.name).split()), set(fold(other.name).split())
    return a <= b or b <= a


def is_named(speaker: Speaker | None) -> bool:
    """Whether the text gives a name, and not just a description such as "un funcionario de la Casa Blanca"."""
    if speaker is not None and speaker.known == "inferred":
        return False
    words = [word for word in (speaker.name.split() if speaker else []) if len(word) > 3 or not word.islower()]
    return bool(words) and all(not word[0].islower() for word in words)


def shares_long_quote(one: str, other: str) -> bool:
    """Whether `IDENTICAL_WORDS` words in a row are the same in both."""
    a, b = fold(one).split(), fold(other).split()
    runs = {tuple(a[i : i + IDENTICAL_WORDS]) for i in range(len(a) - IDENTICAL_WORDS + 1)}
    return any(tuple(b[i : i + IDENTICAL_WORDS]) in runs for i in range(len(b) - IDENTICAL_WORDS + 1))


def word_pairs(text: str, lang: str | None) -> set[str]:
    """All pairs of neighbouring content words; if there is only one content word, that word."""
    words = words_of(text, lang).content
    return {f"{a} {b}" for a, b in zip(words, words[1:], strict=False)} or set(words)


def entries_of(alert: Alert) -> Iterator[LedgerEntry]:
    """Ledger entries rebuilt from the data in an alert."""
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
            cue=statement.cue,
            kind=statement.kind,
            lang=alert.lang,
            topics=(alert.topic,),
            sightings=(sighting,),
            alert=alert.id,
            denied=is_denied(statement.cue, statement.kind),
            recorded=alert.alerted,
            why="alerted",
        )


def is_denied(cue: Cue | None, kind: Kind) -> bool:
    """Whether the cue denies the statement: "negó que …", "no dijo que …". Never for a direct quotation."""
    return cue is not None and kind in ("indirect", "mixed") and (cue.sense == "denied") != cue.negated
