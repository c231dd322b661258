"""Some verbs report speech only before a clause (“aseguró que …”), not before a thing (“aseguraron 61 fusiles”)."""

from collections.abc import Iterable, Mapping

from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.lexicon import Word, lexicon
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.reading.verbs import infinitive
from pipelines.statements.tagging.taggers import Raw

_OPENS_A_CLAUSE = words_in("que si cómo : that whether if")
#: The clause must begin within this many tokens after the cue.
_NEAR = 14


def without_acts(tokens: Tokens, raws: Iterable[Raw], lang: str) -> list[Raw]:
    """The statements without those whose verb is marked `clause` in the lexicon but is followed by a thing."""
    words = lexicon(lang).words
    return [raw for raw in raws if not _is_act(tokens, raw, words)]


def _is_act(tokens: Tokens, raw: Raw, words: Mapping[str, Word]) -> bool:
    if raw.cue is None or raw.kind:
        return False
    verb = words.get(tokens.words[raw.cue[1] - 1].lower())
    first, stop = min(raw.content)
    if verb is None or not verb.clause or first < raw.cue[1] or any(tokens.mark[first:stop]):
        return False
    behind = [word.lower() for word in tokens.words[raw.cue[1] : min(stop, raw.cue[1] + _NEAR)]]
    return not (_OPENS_A_CLAUSE & set(behind)) and not infinitive(tokens.words[first])
