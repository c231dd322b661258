"""What looks like a report but is none: acts, and what nobody knows.

Some verbs report speech only before a clause (“aseguró que …”), not before a thing (“aseguraron 61 fusiles”). That
nobody could tell something is narration; that nobody would say it is a refusal.
"""

from collections.abc import Iterable, Mapping

from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.lexicon import Word, lexicon
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.reading.verbs import infinitive
from pipelines.statements.tagging.taggers import Raw

_OPENS_A_CLAUSE = words_in("que si cómo : that whether if")
#: The clause must begin within this many tokens after the cue.
_NEAR = 14
_NOBODY = frozenset(("nobody", "no-one", "none", "nadie", "ninguno", "ninguna"))
_KNOWING = words_in("could can knew knows know pudo puede podía pueden podían pudieron supo sabe sabía saben supieron")


def without_acts(tokens: Tokens, raws: Iterable[Raw], lang: str) -> list[Raw]:
    """The statements without those whose verb is marked `clause` in the lexicon but is followed by a thing, and without
    what nobody knows."""
    words = lexicon(lang).words
    return [raw for raw in raws if not _is_act(tokens, raw, words) and not _unknown(tokens, raw)]


def _unknown(tokens: Tokens, raw: Raw) -> bool:
    """Whether the source is nobody, and the verb is one of knowing: “Nobody at the hall could tell how long …”."""
    if raw.source is None or raw.cue is None or raw.kind:
        return False
    opens = [word.lower() for word in tokens.words[raw.source[0] : raw.source[0] + 2]]
    if opens[0] not in _NOBODY and opens != ["no", "one"]:
        return False
    low = max(raw.source[1], raw.cue[0] - 2) if raw.source[1] <= raw.cue[0] else raw.cue[0]
    return bool(_KNOWING & {word.lower() for word in tokens.words[low : raw.cue[1]]})


def _is_act(tokens: Tokens, raw: Raw, words: Mapping[str, Word]) -> bool:
    if raw.cue is None or raw.kind:
        return False
    verb = words.get(tokens.words[raw.cue[1] - 1].lower())
    first, stop = min(raw.content)
    if verb is None or not verb.clause or first < raw.cue[1] or any(tokens.mark[first:stop]):
        return False
    behind = [word.lower() for word in tokens.words[raw.cue[1] : min(stop, raw.cue[1] + _NEAR)]]
    return not (_OPENS_A_CLAUSE & set(behind)) and not infinitive(tokens.words[first])
