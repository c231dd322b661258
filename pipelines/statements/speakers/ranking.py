"""Chooses whom a source refers to: each candidate in the text gets a score, and the highest wins.

The weights were tuned by coordinate search on our own texts (learning/texts) and the training documents of the
evaluation.
"""

import functools
from dataclasses import dataclass

from pipelines.statements.reading.names import ORGANIZATIONAL, fold, tables
from pipelines.statements.speakers.entities import Entity
from pipelines.statements.speakers.references import Reference, clashes

WEIGHTS = {
    "last": 1.95,  # the last speaker
    "last, same sentence": 0.28,  # a second verb with the same subject
    "last, a paragraph further": -1.2,
    "last, a sentence further": -0.69,
    "subject": 1.79,  # subject of this or an earlier sentence
    "subject, a sentence further": -1.19,
    "named": 1.4,  # named earlier
    "a sentence further": -0.12,
    "a paragraph further": -0.41,
    "spoke": 0.7,  # spoke earlier
    "spoke, a paragraph further": -0.1,
    "both last and subject": 0.25,  # and subject of this sentence or the one before
    "gender": 0.25,
    "no person": -0.6,
    "same word": 2.4,
    "same group of titles": 1.5,
    "other title": -1.0,
    "same further word": 0.6,
    "other name": -0.8,  # the description has a name, and the candidate has none of its words
    "bare description": 0.4,  # two words: “the agency”
    "other complement": -0.3,  # four words or more, and no further word in common
    "he or she, no person": -0.8,  # in addition to “no person”
    "place": -0.25,  # a country as the speaker
    "thing": -0.1,  # named, but neither a person nor clearly an institution
    "unsure person": -0.5,  # an institution is meant, and the name may be one
    "person named in full": 0.3,
    "description: last": 0.9,
    "description: subject": 0.5,
    "description: spoke": 0.3,
    "other rank": -2.0,  # a vice president is not the president
    "acronym": 0.5,
    "some institution": 0.9,  # of which the text does not say what it is
    "later": -0.6,  # named only after the source
}
LEAST = {"pronoun": -2.0, "dropped": -0.2, "description": 1.2}
FURTHEST = 12


@dataclass(slots=True)
class Candidate:
    """An entity, and how far before the source it last spoke (`last`: paragraphs), was a subject, or was named.

    `spoke`: paragraphs since it spoke for the last time, also when others spoke since. Other distances are in sentences
    unless they say paragraphs; -1 for never. `later`: named only after the source.
    """

    entity: Entity
    last: int = -1
    last_sentences: int = 0
    spoke: int = -1
    subject: int = -1
    subject_paragraphs: int = 0
    named: int = -1
    named_paragraphs: int = 0
    later: bool = False


def best(reference: Reference, candidates: list[Candidate], least: float) -> Entity | None:
    """The candidate with the highest score, the first of equals; None unless a score is above `least`."""
    chosen, most = None, least
    for candidate in candidates:
        value = score(reference, candidate)
        if value > most:
            chosen, most = candidate.entity, value
    return chosen


def score(reference: Reference, candidate: Candidate) -> float:
    """How well a candidate fits; -9 or less if it is excluded."""
    entity = candidate.entity
    kind = "person" if entity.person else entity.kind
    if not kind and entity.name.isupper() and not entity.about:
        return -9.0
    thing = 0.0
    if kind in {"place", "thing"} and reference.kind != "thing" and not entity.about:
        acted = candidate.last >= 0 or candidate.spoke >= 0 or candidate.subject == 0
        if len(entity.words) < 2 if kind == "thing" else not acted or reference.gender:
            return -9.0
        kind, thing = "", WEIGHTS[kind]
    if kind == "person" and reference.kind == "organization" and not entity.sure and not entity.classes:
        kind, thing = "", WEIGHTS["unsure person"]
    if clashes(reference, entity.gender, kind, entity.many):
        return -9.0
    value = thing + (WEIGHTS["gender"] if reference.gender and reference.gender == entity.gender else 0.0)
    if reference.what == "description":
        return value + _described(reference, candidate, kind)
    if reference.what == "pronoun" and reference.gender and kind != "person":
        value += WEIGHTS["he or she, no person"]
    return value + _salient(candidate, kind)


def _salient(candidate: Candidate, kind: str) -> float:
    w = WEIGHTS
    parts = []
    if candidate.last >= 0:
        parts.append(
            w["last"]
            + w["last, same sentence"] * (candidate.last_sentences == 0)
            + w["last, a paragraph further"] * candidate.last
            + w["last, a sentence further"] * min(candidate.last_sentences, 6)
        )
    if candidate.subject >= 0:
        parts.append(
            w["subject"]
            + w["subject, a sentence further"] * candidate.subject
            + w["a paragraph further"] * candidate.subject_paragraphs
        )
    if candidate.named >= 0:
        parts.append(
            w["named"]
            + w["a sentence further"] * min(candidate.named, FURTHEST)
            + w["a paragraph further"] * min(candidate.named_paragraphs, FURTHEST)
        )
    if candidate.spoke >= 0:
        parts.append(w["spoke"] + w["spoke, a paragraph further"] * min(candidate.spoke, FURTHEST))
    both = w["both last and subject"] if candidate.last >= 0 and 0 <= candidate.subject <= 1 else 0.0
    return max(parts, default=-9.0) + both + (w["no person"] if kind != "person" else 0.0)


def _described(reference: Reference, candidate: Candidate, kind: str) -> float:
    w, entity = WEIGHTS, candidate.entity
    words, further = entity.about, reference.further
    titles = entity.classes if kind == "person" else entity.classes | _classes_of(entity.words)
    human = reference.kind == "person"
    value = 0.0
    if reference.head and reference.head in words:
        value += w["same word"]
    elif titles & reference.wanted:
        value += w["same group of titles"]
    elif human and entity.classes - ORGANIZATIONAL and not reference.classes & GENERIC:
        value += w["other title"]
    elif kind == "organization" and _is_acronym(entity.name) and "company" not in reference.classes:
        value += w["acronym"]
    elif reference.classes & UNSAID and (kind == "" or (kind == "organization" and not titles)):
        value += w["some institution"]
    elif not human:
        return -9.0
    value += w["same further word"] * min(len(further & words), 2)
    if reference.length <= 2:
        value += w["bare description"]
    elif reference.length > 3 and not further & (words | entity.words):
        value += w["other complement"]
    if reference.names and not reference.names & (words | entity.words):
        value += w["other name"]
    if entity.person and _ranks(reference.about, reference.classes) != _ranks(words, entity.classes):
        value += w["other rank"]
    value += w["person named in full"] if entity.person and entity.sure else 0.0
    if 0 <= candidate.last <= 2:
        value += w["description: last"]
    if candidate.subject >= 0:
        value += w["description: subject"]
    value += w["description: spoke"] * (candidate.spoke >= 0)
    far = [
        n
        for n in (candidate.named, candidate.subject, candidate.last_sentences if candidate.last >= 0 else -1)
        if n >= 0
    ]
    value += w["a sentence further"] * min(min(far, default=FURTHEST), FURTHEST)
    return value + (w["later"] if candidate.later else 0.0)


@functools.lru_cache(maxsize=4096)
def _classes_of(words: frozenset[str]) -> frozenset[str]:
    """The groups of titles of the words of a name."""
    return frozenset(kind for word in words for kind in tables().classes.get(word, ()))


#: Words before a title that make it another office.
RANKS = frozenset({"vice", "deputy", "assistant"})
#: Groups of institutions whose names often do not say what they are: “the company”, “the agency”.
UNSAID = frozenset({"company", "ministry"})
#: Groups of titles that are too general to exclude anybody: an officer may be “the man”.
GENERIC = frozenset(
    {"nominee", "candidate", "somebody", "dweller", "witness", "official", "source", "leader", "politician", "accused"}
)


def _is_acronym(name: str) -> bool:
    last = name.rstrip(")").split("(")[-1]
    return 1 < len(last) <= 8 and last.isupper() and bool(fold(last))


def _ranks(words: set[str] | frozenset[str], classes: set[str] | frozenset[str]) -> frozenset[str]:
    """The ranks among the words. “Deputy” alone is a title of a legislator and no rank."""
    return RANKS & words if "legislator" not in classes else (RANKS & words) - {"deputy"}
