"""The words that report speech, in both languages: reads, checks and conjugates data/cues.*.yaml and grammar.yaml."""

import functools
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

Sense = Literal["said", "denied", "accused", "demanded", "promised", "asked", "announced", "thinks"]
Form = Literal["base", "present", "past", "gerund", "participle", "future", "noun", "phrase"]

SENSES: tuple[Sense, ...] = ("said", "denied", "accused", "demanded", "promised", "asked", "announced", "thinks")
FORMS: tuple[Form, ...] = ("base", "present", "past", "gerund", "participle", "future", "noun", "phrase")


class Verb(BaseModel):
    """A reporting verb: infinitive, irregular forms, and the English verb with the same use (`like`).

    weak: it rarely reports speech. clause: it reports speech only before a clause; before a thing it is an act.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    verb: str
    forms: tuple[str, ...] = ()
    like: str | None = None
    weak: bool = False
    clause: bool = False


class CueFile(BaseModel):
    """The schema of a cues.*.yaml file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    lang: Literal["en", "es"]
    verbs: dict[Sense, tuple[Verb | tuple[str, ...], ...]]
    nouns: dict[Sense, tuple[str, ...]]
    phrases: dict[Sense, tuple[str, ...]]
    weak: tuple[str, ...] = ()

    def entries(self) -> list[tuple[Sense, Verb]]:
        """Every verb with its sense, including those in plain lists."""
        return [
            (sense, verb)
            for sense, items in self.verbs.items()
            for item in items
            for verb in ([item] if isinstance(item, Verb) else [Verb(verb=v) for v in item])
        ]


class Word(BaseModel):
    """One form of a cue word."""

    model_config = ConfigDict(frozen=True)
    lemma: str
    like: str
    sense: Sense
    form: Form
    weak: bool = False
    clause: bool = False


class Lexicon(BaseModel):
    """Cue words by lower-case form, phrases by their words, and for each function word the similar English one."""

    model_config = ConfigDict(frozen=True)
    lang: str
    words: dict[str, Word]
    phrases: dict[tuple[str, ...], Sense]
    grammar: dict[str, str]


def parse_yaml(text: str) -> Any:
    """Parse YAML, with the fast C parser if it is available."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def read_data(name: str) -> str:
    """The text of a data file of this package."""
    return (resources.files("pipelines.statements") / "data" / name).read_text(encoding="utf-8")


@functools.cache
def lexicon(lang: str) -> Lexicon:
    """The lexicon of `en` or `es`. Raises pydantic.ValidationError when a data file does not match its schema."""
    cues = CueFile.model_validate(parse_yaml(read_data(f"cues.{lang}.yaml")))
    weak = set(cues.weak)
    grammar = _grammar(lang)
    words: dict[str, Word] = {}
    for sense, verb in cues.entries():
        conjugated = english_forms(verb) if lang == "en" else spanish_forms(verb)
        for form, text in conjugated:
            if lang == "es" and text in grammar:
                continue
            words.setdefault(
                text,
                Word(
                    lemma=verb.verb,
                    like=verb.like or verb.verb,
                    sense=sense,
                    form=form,
                    weak=verb.weak or verb.verb in weak,
                    clause=verb.clause,
                ),
            )
    for noun_sense, nouns in cues.nouns.items():
        for noun in nouns:
            for text in (noun, plural(noun, lang)):
                words.setdefault(
                    text, Word(lemma=noun, like=f"{noun_sense}-noun", sense=noun_sense, form="noun", weak=noun in weak)
                )
    phrases = {tuple(text.split()): sense for sense, texts in cues.phrases.items() for text in texts}
    return Lexicon(lang=lang, words=words, phrases=phrases, grammar=grammar)


def _grammar(lang: str) -> dict[str, str]:
    data = parse_yaml(read_data("grammar.yaml"))
    if lang == "en":
        return {word: word for word in data["en"].split()}
    return {word: english for english, words in data["es"].items() for word in words}


def plural(noun: str, lang: str) -> str:
    """The regular plural of a noun."""
    if noun.endswith("s"):
        return noun
    if lang == "es":
        if noun.endswith("ión"):
            return noun[:-2] + "ones"
        return noun + ("s" if noun[-1] in "aeiouáéó" else "es")
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def english_forms(verb: Verb) -> list[tuple[Form, str]]:
    """The forms of an English verb: base form and the given irregular forms, or else the regular ones."""
    base = verb.verb
    forms: list[tuple[Form, str]] = [("base", base)]
    if verb.forms:
        for form in verb.forms:
            forms.append(("gerund" if form.endswith("ing") else "present" if form == verb.forms[0] else "past", form))
        return forms
    stem = base[:-1] if base.endswith("e") else base
    soft = base.endswith("y") and base[-2] not in "aeiou"
    third = base[:-1] + "ies" if soft else base + ("es" if base.endswith(("s", "x", "ch", "sh", "z")) else "s")
    past = base[:-1] + "ied" if soft else stem + "ed"
    return [*forms, ("present", third), ("past", past), ("gerund", stem + "ing")]


_ENDINGS: dict[str, tuple[tuple[Form, tuple[str, ...]], ...]] = {
    "ar": (
        ("past", ("ó", "aron", "é", "amos", "aba", "aban")),
        ("present", ("a", "an", "o", "e", "en")),
        ("gerund", ("ando",)),
        ("participle", ("ado",)),
        ("past", ("ara", "aran")),
    ),
    "er": (
        ("past", ("ió", "ieron", "í", "imos", "ía", "ían")),
        ("present", ("e", "en", "o", "emos", "a", "an")),
        ("gerund", ("iendo",)),
        ("participle", ("ido",)),
        ("past", ("iera", "ieran")),
    ),
}
_ENDINGS["ir"] = _ENDINGS["er"]
_HARD = {"car": "qu", "gar": "gu", "zar": "c"}


def spanish_forms(verb: Verb) -> list[tuple[Form, str]]:
    """The forms of a Spanish verb in the persons used in news, and the given irregular forms."""
    base = verb.verb
    stem, ending = base[:-2], base[-2:].replace("í", "i")
    forms: list[tuple[Form, str]] = [(_spanish_form(text), text) for text in verb.forms]
    forms.append(("base", base))
    forms += [("base", base + tail) for tail in ("se", "le", "les", "lo")]
    for form, tails in _ENDINGS[ending]:
        for tail in tails:
            soft = tail[0] in "eé" and ending == "ar"
            changed = stem[:-1] + _HARD[base[-3:]] if soft and base[-3:] in _HARD else stem
            forms.append((form, changed + tail))
            if form == "gerund":
                forms += [
                    (form, changed + tail[:-4] + {"a": "á", "e": "é"}[tail[-4]] + "ndo" + clitic)
                    for clitic in ("se", "le", "les", "lo")
                ]
    forms += [("future", base + tail) for tail in ("á", "án", "ía", "ían")]
    return forms


def _spanish_form(text: str) -> Form:
    if text.endswith(("ando", "endo")):
        return "gerund"
    if text.endswith(("ado", "ido", "cho", "sto", "ito", "elto")):
        return "participle"
    if text.endswith(("rá", "rán", "ría", "rían")):
        return "future"
    return (
        "past"
        if text.endswith(("ó", "ron", "ía", "ían", "o", "e"))
        and text[-3:] in {"ijo", "uvo", "uso", "ujo", "izo", "ino"}
        or text.endswith(("ó", "ron", "io", "ía", "ían"))
        else "present"
    )
