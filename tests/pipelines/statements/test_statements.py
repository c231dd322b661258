"""Statements of whole texts: the seed story, bad input, bounded time, the data files that editors extend."""

import json
import unicodedata

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.clean.article import clean_page
from pipelines.statements import extract
from pipelines.statements.reading.lexicon import CueFile, Verb, lexicon, read_data, spanish_forms
from pipelines.statements.reading.names import NameFile, TitleFile, fold, tables
from pipelines.statements.reading.tokens import MAX_TOKENS
from pipelines.text.language import detect
from tests.support.paths import SHARED

SEED = SHARED / "seed"
QUOTES = '“”"«»'


def contents(text, found):
    return ["|".join(text[c.start : c.end] for c in s.content) for s in found]


def plain(text: str) -> str:
    return fold(text.strip(QUOTES + " ").removeprefix("that ").removeprefix("But "))


@pytest.mark.skipif(not SEED.exists(), reason="the seed story is not here")
def test_the_seed_story_is_complete():
    page = (SEED / "afp-merida-revamp.txt").read_bytes()
    expected = json.loads((SEED / "expected.json").read_text(encoding="utf-8"))
    article = clean_page(page, "https://news.example/story")
    found = extract(article.text, lang=article.lang)
    texts = [plain(content) for content in contents(article.text, found)]
    listed = set()
    for wanted in expected["statements"]:
        same = [
            n for n, text in enumerate(texts) if plain(wanted["content"]) in text or text in plain(wanted["content"])
        ]
        listed |= set(same)
        if wanted["need"] == "optional":
            continue
        assert same, wanted["content"]
        statement = found[same[0]]
        assert fold(statement.speaker.name) == fold(wanted["speaker"])
        assert statement.cue.text == wanted["cue"]
        assert statement.kind == wanted["kind"]
        if "role" in wanted:
            assert statement.speaker.role == wanted["role"]
    unlisted = [text for n, text in enumerate(texts) if n not in listed]
    assert len(unlisted) <= 2, unlisted


PIECES = [
    "“",
    "”",
    "«",
    "»",
    '"',
    "'",
    "‘",
    "’",
    "—",
    "dijo",
    "said",
    "que",
    "that",
    "Ana Polo",
    "he",
    "según",
    ":",
    ",",
    ".",
    "\n",
    "\n\n",
    " ",
    "\x00",
    "\u202e",
    "\u200f",
    "שלום",
    "🚢",
    "e\u0301",
    "Q:",
    "MR. HOLLIS:",
    "Dear Sir,",
    "(",
    ")",
]


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join)),
    lang=st.sampled_from(["en", "es"]),
)
@example(text="Q:“", lang="en")
def test_any_text_is_read_and_every_offset_lies_in_it(text, lang):
    for statement in extract(text, lang=lang):
        assert statement.content
        for span in statement.content:
            assert 0 <= span.start < span.end <= len(text)
        for part in (statement.cue, statement.source):
            assert part is None or text[part.start : part.end] == part.text


@settings(max_examples=60, deadline=None)
@given(text=st.text())
def test_language_of_any_text(text):
    lang = detect(text)
    assert lang is None or len(lang) == 2


LONG = {
    "words": "The mayor said the bridge was closed. ",
    "one endless sentence": "and the mayor said that ",
    "no spaces": "bridge",
    "open marks": "“the bridge ",
    "control characters": "\x00\x01 ",
    "capitals": "MR. HOLLIS: ",
    "lines": "A: b\n",
    "right to left": "אמר ראש העיר ",
    "commas": "said, ",
}


@pytest.mark.parametrize("piece", LONG.values(), ids=LONG.keys())
def test_time_is_linear(piece):
    """A text four times as long takes at most some ten times as many calls; calls are counted, not seconds."""
    import cProfile
    import pstats

    def calls(size: int) -> int:
        profile = cProfile.Profile()
        text = piece * (size // len(piece))
        profile.runcall(extract, text, lang="en")
        return pstats.Stats(profile).total_calls

    extract(piece, lang="en")
    assert calls(40_000) <= 10 * calls(10_000) + 20_000


def test_a_million_characters_are_read_as_far_as_the_bound_and_marked():
    sentence = "The mayor of Laredo said that the bridge was closed on Friday. "
    text = sentence * (1_000_000 // len(sentence))
    found = extract(text, lang="en")
    assert found
    assert found[-1].why.endswith("text read in part")
    assert len(text[: found[-1].content[-1].end].split()) <= MAX_TOKENS


@pytest.mark.parametrize(
    "text",
    [
        "Le maire a déclaré que le pont est fermé et que les camions attendent depuis hier dans la rue.",
        "Der Bürgermeister sagte, dass die Brücke geschlossen ist und die Lastwagen seit gestern warten.",
        "O prefeito disse que a ponte está fechada e que os caminhões não podem passar pela fronteira.",
        "Мэр сказал, что мост закрыт, и грузовики ждут со вчерашнего дня.",
    ],
)
def test_a_third_language_has_no_statements_and_says_so(text):
    lang = detect(text)
    assert lang not in {"en", "es"}
    assert extract(text) == []


def test_offsets_hold_for_composed_and_decomposed_letters():
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "«El túnel llegó a Nogales», señaló Inés Güell.")
        found = extract(text, lang="es")
        assert found and all(s.cue and text[s.cue.start : s.cue.end] == s.cue.text for s in found)


def test_every_statement_says_what_made_it():
    for lang, text in (
        ("en", "“We agree,” Ana Polo said."),
        ("es", "Según la alcaldesa, no hay acuerdo con la empresa."),
    ):
        assert all(statement.why for statement in extract(text, lang=lang))


@pytest.mark.parametrize("lang", ["en", "es"])
def test_cue_files_keep_their_schema(lang):
    given = yaml.safe_load(read_data(f"cues.{lang}.yaml"))
    CueFile.model_validate(given)
    with pytest.raises(ValidationError, match="shouted"):
        CueFile.model_validate(given | {"shouted": []})
    with pytest.raises(ValidationError, match="murmured"):
        CueFile.model_validate(given | {"nouns": {"murmured": ["x"]}})
    known = lexicon(lang)
    assert known.words["dijo" if lang == "es" else "said"].sense == "said"
    assert known.words["negó" if lang == "es" else "denied"].sense == "denied"


def test_spanish_verbs_are_conjugated_and_no_form_is_a_function_word():
    forms = {text for _, text in spanish_forms(Verb(verb="publicar"))}
    assert {"publicó", "publicaron", "publica", "publique", "publicando", "publicará", "publicarlo"} <= forms
    known = lexicon("es")
    assert not set(known.words) & set(known.grammar)


def test_names_and_titles_keep_their_schema():
    names = yaml.safe_load(read_data("names.yaml"))
    titles = yaml.safe_load(read_data("titles.yaml"))
    NameFile.model_validate(names)
    TitleFile.model_validate(titles)
    with pytest.raises(ValidationError, match="alias"):
        NameFile.model_validate(names | {"alias": []})
    with pytest.raises(ValidationError, match="long"):
        TitleFile.model_validate({k: v for k, v in titles.items() if k != "long"})
    assert tables().people[fold("AMLO")] == tables().people[fold("López Obrador")]
