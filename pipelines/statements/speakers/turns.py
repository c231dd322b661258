"""The speaker of a turn in a transcript: the name in the heading, or the name that a reporter gives."""

import re

from pipelines.statements.constructions.transcript import QUESTIONS
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.speakers.entities import Entity
from pipelines.statements.speakers.people import People
from pipelines.statements.tagging.taggers import Raw


def speaker_of_turn(raw: Raw, tokens: Tokens, people: People) -> Entity | None:
    """The speaker of the turn that contains a statement. A new person is added to `people`. None if nobody is named."""
    name = raw.notes["turn"].strip(" .") or raw.notes.get("answers", "").strip(" .")
    if not name:
        return None
    if name in QUESTIONS:
        introduced = _introduced(raw, tokens, people)
        nameless = name in {"Q", "QUESTION"}
        return introduced or (None if nameless else Entity(name, frozenset({fold(name)})))
    parts = [part for part in name.split(",") if part.strip()]
    named = next((p for p in reversed(parts) if fold(p.split()[0]) in tables().first_names), name)
    words = [w for w in re.split(r"[\s.,]+", name) if w]
    kept = [w for w in re.split(r"[\s.,]+", named) if w]
    while len(kept) > 1 and (fold(kept[0]) in tables().short or fold(kept[0]) in tables().classes):
        kept = kept[1:]
    known = tables().people.get(fold(" ".join(kept)))
    entity = next(
        (e for e in people.by_last.get(fold(kept[-1]), []) if e.person and {fold(w) for w in kept} <= e.words),
        None,
    )
    if entity:
        if entity.name.isupper() and len(kept) < len(words):
            entity.name = entity.name.title()
        return entity
    if known and len(known.split()) < len(kept):
        known = None
    shown = known or (" ".join(w.title() for w in kept) if len(kept) > 1 or len(words) > 1 else name)
    if kept is words or not any(fold(w) not in tables().classes for w in kept):
        shown = known or name if " " not in name else known or name.title()
    shown = shown.title() if shown.isupper() and len(words) > 1 else shown
    made = Entity(shown, frozenset(map(fold, shown.split())), person=True)
    if len(words) > len(kept):
        made.role = " ".join(words[: len(words) - len(kept)]).lower()
    people.entities.append(made)
    for word in made.words:
        people.by_last.setdefault(word, []).append(made)
    return made


def _introduced(raw: Raw, tokens: Tokens, people: People) -> Entity | None:
    """The reporter, if the question begins with a name: “Buenos días. Gaspar Vela, de La Octava.”"""
    first = raw.content[0][0]
    k = people.before(first)
    for mention in people.mentions[k : k + 4]:
        entity = mention.entity
        if (
            mention.first < first + 18
            and entity.sure
            and len(entity.words) > 1
            and mention.stop < len(tokens)
            and (tokens.words[mention.stop] in {",", "."})
            and not entity.role
        ):
            return entity
    return None
