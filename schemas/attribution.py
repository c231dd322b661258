"""Tells a statement to people with its verb: who did what (said, denied, doubted, promised …), then the words.

Every place that shows a statement to a person uses this module, so that none shows the words of a denial as a claim.
"""

from collections.abc import Mapping
from typing import Protocol

from schemas.printable import printable
from schemas.statement import Cue, Kind, Speaker

#: Sense of a cue → what the speaker did, in English and Spanish. A denial of another's claim is `denied this`, and the
#: words after it are what was denied. `doubted` and `declined` are senses that `sense_told` finds within `denied`.
VERBS: Mapping[str, tuple[str, str]] = {
    "said": ("said", "dijo"),
    "denied": ("denied", "negó"),
    "doubted": ("doubted", "puso en duda"),
    "declined": ("declined to say", "no quiso decir"),
    "accused": ("accused", "acusó"),
    "demanded": ("demanded", "exigió"),
    "promised": ("promised", "prometió"),
    "asked": ("asked", "preguntó"),
    "announced": ("announced", "anunció"),
    "thinks": ("thinks", "opina"),
}
#: The same when the cue is negated ("no dijo que"), and when it is only supposed ("habría dicho").
NEGATED: Mapping[str, tuple[str, str]] = {
    "said": ("did not say", "no dijo"),
    "denied": ("did not deny", "no negó"),
    "doubted": ("did not doubt", "no puso en duda"),
    "declined": ("did not decline to say", "no rehusó decir"),
    "accused": ("did not accuse", "no acusó"),
    "demanded": ("did not demand", "no exigió"),
    "promised": ("did not promise", "no prometió"),
    "asked": ("did not ask", "no preguntó"),
    "announced": ("did not announce", "no anunció"),
    "thinks": ("does not think", "no opina"),
}
SUPPOSED = ("reportedly {}", "supuestamente {}")
#: Added where the words that follow are what was denied, doubted or not said, and not the speaker's own.
THIS = ("this", "esto")
UNNAMED = ("An unnamed source", "Una fuente sin nombre")
#: Where the name of the speaker was inferred from the office.
ONLY_AS = ("named in the article only as {}", "a quien el artículo solo nombra como {}")
#: Beginnings of words in a cue of the sense `denied`, which also covers doubting and declining to say.
_DOUBTS = ("doubt", "question", "dud", "cuestion")
_DECLINES = ("declin", "refus", "avoid", "dodg", "sidestep", "evit", "elud", "evad", "rehus")
_QUOTES = {"“": "”", '"': '"', "«": "»"}


class Spoken(Protocol):
    """What has a cue and a kind: a statement, as extracted, in an alert or in the ledger."""

    @property
    def cue(self) -> Cue | None: ...
    @property
    def kind(self) -> Kind: ...


class SpokenWords(Spoken, Protocol):
    """The same with its words: a statement of an alert, an entry of the ledger."""

    @property
    def text(self) -> str: ...


def attributed(statement: SpokenWords, speaker: Speaker | None, lang: str | None, role: bool = False) -> str:
    """The statement in one sentence, such as `Ana Ruiz denied this: Mexico asked for it`. Control characters are left
    out. `lang` is the language of the verb, "es" or else English. With `role`, the office follows the name."""
    return f"{who(speaker, lang, role)} {verb(statement, lang)}: {quoted_words(statement)}"


def who(speaker: Speaker | None, lang: str | None, role: bool = False) -> str:
    """The speaker's name, and with `role` the office: `Ana Ruiz, foreign minister,`. Where the article gives only the
    office, and the name was inferred from it: `Ana Ruiz, named in the article only as foreign minister,`."""
    if speaker is None:
        return UNNAMED[_column(lang)]
    name = printable(speaker.name)
    if not role or not speaker.role:
        return name
    office = printable(speaker.role)
    return f"{name}, {ONLY_AS[_column(lang)].format(office) if speaker.known == 'inferred' else office},"


def verb(statement: Spoken, lang: str | None) -> str:
    """What the speaker did, such as `denied this`, `no dijo esto`, `reportedly said`, `promised`."""
    column, cue = _column(lang), statement.cue
    sense = sense_told(statement)
    negated = cue is not None and cue.negated
    found = (NEGATED if negated else VERBS)[sense][column]
    if cue is not None and cue.conditional:
        found = SUPPOSED[column].format(found)
    turned = negated or sense in ("denied", "doubted", "declined") and statement.kind in ("indirect", "mixed")
    return f"{found} {THIS[column]}" if turned else found


def verb_facts(statement: Spoken) -> tuple[str, bool, bool]:
    """What the verb says, for programs: its sense (a key of VERBS), whether it is negated, whether only supposed."""
    cue = statement.cue
    return sense_told(statement), cue is not None and cue.negated, cue is not None and cue.conditional


def sense_told(statement: Spoken) -> str:
    """What kind of speech it is, as a key of VERBS: the cue's sense, with doubting and declining apart from denying.
    Without a cue it is what the alert says, `denied` for an entry of the ledger that says so, else `said`."""
    cue = statement.cue
    if cue is None and (told := getattr(statement, "sense", None)) in VERBS:
        return str(told)
    if cue is None:
        return "denied" if getattr(statement, "denied", False) else "said"
    sense = cue.sense or "said"
    if sense != "denied":
        return sense if sense in VERBS else "said"
    parts = cue.text.lower().split()
    if any(part.startswith(_DOUBTS) for part in parts):
        return "doubted"
    return "declined" if any(part.startswith(_DECLINES) for part in parts) else "denied"


def quoted_words(statement: SpokenWords) -> str:
    """The words of the statement, in quotation marks when it is a direct quotation."""
    text = printable(statement.text).strip()
    quoted = text[:1] in _QUOTES and text.endswith(_QUOTES[text[0]])
    return f"“{text}”" if statement.kind == "direct" and not quoted else text


def _column(lang: str | None) -> int:
    return 1 if lang == "es" else 0
