"""Language detection: the n-gram model of py3langid, corrected with function words for short or mixed texts."""

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

WINDOW = 800
"""Code points read at the start, and again in the middle and at the end of a text."""

# Without creoles and some close relatives: else a short English headline may be taken for Nigerian Pidgin.
_LANGUAGES = (
    "af ar be bg bn ca cs cy da de el en eo es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka kk ko la lt lv mk mr "
    "ms nb ne nl pa pl pt qu ro ru sk sl sq sr sv sw ta te th tl tr uk ur vi zh"
)

_FUNCTION_WORDS = {
    "en": "the of and to in that is was for on with as by at from his her he she it they this are were has have had "
    "not but be an who which said says will would about after their its no we you over under",
    "es": "el los las del al una que por con para según dijo pero como más fue son está han sus este esta entre sobre "
    "también ya hay sin y lo se su le un en ha no habrá es de la",
    "pt": "os um uma não em do da dos das no na com são foi ao pelo pela mais seu sua também disse é o e que de",
    "fr": "le les des et est une dans pour qui au aux du sur pas par ce cette il elle ont été selon la de que",
    "it": "il gli che di della delle dei per una non sono è con nel nella alla anche ha la e",
    "ca": "els amb i per una no és del dels les ha que al seva seu també més la de el",
    "de": "der die und das den von zu mit ist im für nicht ein eine auf dem des sich auch",
}
_HINTS = {lang: frozenset(words.split()) for lang, words in _FUNCTION_WORDS.items()}
_NATS_A_HINT = 2.5
_PRIOR = {"en": 6.0, "es": 6.0}  # languages of the feeds; matters only for texts of one to three words
# The model is not used for a text of at least CLEAR_WORDS words in which at least CLEAR_SHARE are function words of one
# language, CLEAR_LEAD times as many as of the next language.
_CLEAR_WORDS, _CLEAR_SHARE, _CLEAR_LEAD = 20, 0.25, 1.3
_WORD = re.compile(r"[^\W\d_]+")


@functools.cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # numpy comes with it, which many commands do not need

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([code for code in _LANGUAGES.split() if code in set(identifier.labels)])
    return identifier


def _sample(text: str) -> str:
    if len(text) <= 3 * WINDOW:
        return text
    middle = len(text) // 2
    return f"{text[:WINDOW]} {text[middle : middle + WINDOW]} {text[-WINDOW:]}"


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the main language of `text`; None if it has no words.

    The time is bounded, because at most three windows of the text are read. If the function words alone show clearly
    that it is English or Spanish, the model is not used.
    """
    words = _WORD.findall(_sample(text))
    if sum(map(len, words)) < 2:
        return None
    counts = Counter(word.lower() for word in words)
    hints = {code: sum(counts[word] for word in known if word in counts) for code, known in _HINTS.items()}
    if clear := _clear(hints, len(words)):
        return clear
    scores: dict[str, float] = dict(_identifier().rank(" ".join(words)))
    for code, seen in hints.items():
        scores[code] = scores.get(code, 0.0) + _PRIOR.get(code, 0.0) + _NATS_A_HINT * seen
    return max(scores, key=lambda code: scores[code])


def _clear(hints: dict[str, int], words: int) -> str | None:
    """English or Spanish, if its function words are frequent and clearly ahead of any other language; else None."""
    *_, second, best = sorted(hints, key=lambda code: hints[code])
    few = hints[best] < _CLEAR_SHARE * words or words < _CLEAR_WORDS
    return best if best in _PRIOR and not few and hints[best] >= _CLEAR_LEAD * hints[second] else None
