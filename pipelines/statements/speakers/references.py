"""Classifies the words of a source: first person, pronoun, relative pronoun, group, or name or description."""

from dataclasses import dataclass, field

from pipelines.statements.reading.closed_words import DEFINITE, words_in
from pipelines.statements.reading.names import ORGANIZATIONAL, fold, tables

HE, SHE = words_in("he his him himself él"), words_in("she her herself ella")
THEY = words_in("they their them themselves ellos ellas")
FIRST = words_in("i we my our me us yo nosotros nosotras mí nuestro nuestra nuestros nuestras ourselves")
OWN = frozenset(
    {"su", "sus", "éste", "ésta", "este", "esta", "aquél", "aquélla", "it", "its", "el mismo", "quien esto"}
)
RELATIVE = words_in("who that which whom whose quien quienes que cual cuyo") | {"el cual", "la cual", "el que"}
_BOTH = {"both": 2, "ambos": 2, "ambas": 2, "two": 2, "dos": 2, "three": 3, "tres": 3}
_INDEFINITE = words_in(
    "a an un una some many several unos unas algunos algunas varios muchos one another otro otra most few"
)
_PARTED = words_in("of for in at from with to who that whose de del que en para a quien and y on by por con")
_SINGULAR_S = words_in("congress press boss witness analysis analisis")
_WHOLE = words_in("both ambos ambas the los las these estos estas our")
#: Words for the sides in talks.
_SIDES = words_in(
    "parties partes delegations delegaciones sides governments gobiernos countries paises nations naciones"
)


@dataclass(slots=True)
class Reference:
    """`what` is first, pronoun, relative, group, description or dropped; `kind` is person, organization, thing or "".

    `size` is the number of members (both: 2), 0 if unknown. `head` is the main noun of the description, `classes` its
    groups in titles.yaml, and `about` all words of the description, `names` the
    capitalized ones after the first, `length` the number of its words. `wanted` are the classes that fit the kind,
    `further` the longer words without the head.
    """

    what: str
    gender: str | None = None
    many: bool = False
    kind: str = ""
    size: int = 0
    head: str = ""
    definite: bool = False
    classes: frozenset[str] = frozenset()
    about: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)
    length: int = 0
    wanted: frozenset[str] = frozenset()
    further: frozenset[str] = frozenset()


def reference(words: list[str], lang: str) -> Reference:
    """Classify a source. `words` are its tokens without punctuation."""
    text = " ".join(word.lower() for word in words)
    if text in FIRST or (words and words[0].lower() in {"we", "nosotros"}):
        return Reference("first", many=text not in {"i", "my", "me", "yo", "mí"})
    if text in HE or text in SHE:
        return Reference("pronoun", "m" if text in HE else "f", kind="person")
    if text in OWN:
        return Reference("pronoun", {"éste": "m", "aquél": "m", "ésta": "f", "aquélla": "f"}.get(text))
    if text in THEY or text in _BOTH or text in {"the two", "los dos", "las dos", "the three", "the pair"}:
        return Reference("group", many=True, size=next((_BOTH[w] for w in text.split() if w in _BOTH), 0))
    if text in RELATIVE:
        return Reference("relative")
    return described(words, lang)


def described(words: list[str], lang: str) -> Reference:
    """Analyse a description: its head noun, number, gender and kind."""
    t = tables()
    folded = [fold(word) for word in words[:8]]
    lowered = [word.lower() for word in words[:4]]
    head = head_noun(folded, lang)
    size = next((_BOTH[w] for w in lowered[:2] if w in _BOTH), 0)
    classes = t.classes.get(head, frozenset())
    human = classes - ORGANIZATIONAL
    kind = "person" if human else "thing" if classes == {"study"} else "organization" if classes else ""
    many = (
        bool(size)
        or folded[0] in {"los", "las", "estos", "estas", "these", "those", "our"}
        or is_plural(head or folded[-1])
    )
    definite = lowered[0] in DEFINITE or lowered[0] in {"los", "las", "sus", "su", "our", "this", "these"} or size > 0
    definite = definite or (lowered[0] not in _INDEFINITE and bool(head) and folded[0] == head and not many)
    gender = t.gender.get(head)
    if kind == "person":
        gender = {"el": "m", "la": "f", "los": "m", "un": "m", "una": "f"}.get(folded[0], gender)
    if (size and lowered[0] in _WHOLE) or (many and definite and set(folded) & _SIDES):
        kind = "" if set(folded) & _SIDES else kind
        return Reference("group", None, True, kind, size, head, True, classes, frozenset(folded))
    names = frozenset(fold(word) for word in words[1:8] if word[0].isupper() and fold(word) not in t.classes)
    about = frozenset(folded)
    wanted = human if kind == "person" else classes & ORGANIZATIONAL
    further = frozenset(word for word in about if len(word) > 3 and word != head)
    of_words = (about, names, len(words), wanted, further)
    return Reference("description", gender, many, kind, size, head, definite, classes, *of_words)


def head_noun(folded: list[str], lang: str) -> str:
    """The main noun: the first known title in Spanish; in English the last one before “of” or a similar word."""
    t = tables()
    end = next((k for k, word in enumerate(folded) if k and word in _PARTED), len(folded))
    known = [word for word in folded[:end] if word in t.classes]
    if known:
        return known[0] if lang == "es" else known[-1]
    return next((word for word in folded[end:] if word in t.classes), "")


def is_plural(word: str) -> bool:
    """Whether a folded noun is plural."""
    return word.endswith("s") and not word.endswith("ss") and word not in _SINGULAR_S


def clashes(ref: Reference, gender: str | None, kind: str, many: bool) -> bool:
    """Whether a candidate is excluded because number, gender or kind differ."""
    if many != ref.many and (ref.what != "pronoun" or ref.gender):
        return True
    if ref.gender and gender and gender != ref.gender and kind == "person":
        return True
    return bool(ref.kind and kind and ref.kind != kind)
