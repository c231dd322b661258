"""Statements that somebody refused to make, or doubted: “evitó responder si …”, “did not deny that …”."""

import re
from bisect import bisect_left

from pipelines.statements.constructions.quotations import covered, running
from pipelines.statements.reading.tokens import Tokens, at_words, word_begins
from pipelines.statements.tagging.taggers import Raw

_SAY = {
    "es": r"(?:responder|contestar|decir|confirmar|precisar|comentar|aclarar|revelar|detallar|opinar|adelantar)",
    "en": r"(?:say|comment\s+on|confirm|answer|disclose|specify|clarify|discuss|deny)",
}
_CUES = {
    "es": re.compile(
        rf"\b(?P<cue>(?:evit|elud|rehus|rehuy|declin)\w*\s+{_SAY['es']}|se\s+(?:neg|abstuv|rehus)\w*\s+(?:a|de)\s+{_SAY['es']}"
        rf"|(?:no\s+quis\w+|prefiri\w+\s+no)\s+{_SAY['es']}|(?:puso|pusieron|pone|ponen)\s+en\s+duda|dud(?:ó|aron|a|an)"
        r"|ni\s+\w+(?:ó|aron|ieron|a|an)\s+ni\s+\w+(?:ó|aron|ieron|e|en|a|an))"
        r"\s+(?:de\s+)?(?:que|(?=(?:si|cuándo|cómo|dónde|quién|quiénes|cuánt\w+|por\s+qué|qué)\b))",
        re.IGNORECASE,
    ),
    "en": re.compile(
        rf"\b(?P<cue>(?:declined|refused|decline[sd]?|refuse[sd]?)\s+to\s+{_SAY['en']}|would\s+not\s+{_SAY['en']}"
        rf"|wouldn['’]t\s+{_SAY['en']}|(?:did|does|do|has|have)\s+(?:not|n['’]t|never)\s+(?:{_SAY['en']}|den(?:y|ied))"
        r"|neither\s+\w+\s+nor\s+\w+|(?:doubt(?:s|ed)?|question(?:s|ed)?))"
        r"\s+(?:that\s|(?=(?:whether|if|when|how|where|who|why)\b))",
        re.IGNORECASE,
    ),
}
_LETTERS = {"es": word_begins("ednprs"), "en": word_begins("dhnqrw")}
_MOST = 80
"""At most this many tokens of content."""


def withheld(tokens: Tokens, lang: str, found: list[Raw]) -> list[Raw]:
    """Statements with such cues that nothing else found. Their source is resolved later, from words near the cue."""
    out: list[Raw] = []
    taken = running(found, len(tokens))
    for match in at_words(_CUES[lang], _LETTERS[lang], tokens.text):
        first = bisect_left(tokens.start, match.start("cue"))
        begin = bisect_left(tokens.start, match.end())
        stop = begin
        while stop < len(tokens) and tokens.sentence[stop] == tokens.sentence[first] and stop - begin < _MOST:
            stop += 1
        while stop > begin and not tokens.words[stop - 1][0].isalnum():
            stop -= 1
        cue = (first, bisect_left(tokens.start, match.end("cue")))
        whole = stop - begin >= 3 and not tokens.quote[first] and begin > first
        if whole and tokens.sentence[begin] == tokens.sentence[first] and covered(first, stop, taken) < 0.3:
            out.append(Raw([(begin, stop)], cue, why="withheld or doubted"))
    return out
