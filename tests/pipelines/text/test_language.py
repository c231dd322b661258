"""Language of an article: whole, short and mixed texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text.language import detect


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The minister said on Tuesday that the talks had failed.", "en"),
        ("El ministro dijo el martes que el diálogo fracasó.", "es"),
        ("He said no.", "en"),
        ("Dijo que no.", "es"),
        ("AMLO: no habrá Iniciativa Mérida", "es"),
        ("Ebrard: no more Merida Initiative", "en"),
        ("El procurador", "es"),
        ("Washington", "en"),
        ("O presidente disse que não vai assinar o acordo.", "pt"),
        ("Le président a dit que les armes viennent du nord.", "fr"),
        ("Die Regierung hat das Abkommen nicht unterzeichnet.", "de"),
        ("El president ha dit que no signarà amb els altres.", "ca"),
        ("Президент заявил, что соглашения не будет.", "ru"),
        ("大統領は協定を拒否した。", "ja"),
    ],
)
def test_short_texts(text, lang):
    assert detect(text) == lang


@pytest.mark.parametrize("text", ["", "   ", "12345", "—", "\x00\x01\x02", "1. 2. 3."])
def test_texts_without_words_have_no_language(text):
    assert detect(text) is None


def test_a_mixed_text_is_in_the_language_most_of_it_is_in():
    spanish = "El canciller respondió ante la prensa que la carta ya fue enviada y que no habrá otra reunión este año. "
    english = "“We will read it with care,” the letter says. "
    assert detect(spanish * 3 + english) == "es"
    assert detect(english * 6 + "Dijo que sí.") == "en"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (
            "O presidente da Xunta dixo onte que o goberno non vai asinar o acordo coas empresas do sector porque as "
            "condicións non son boas para os veciños da comarca.",
            "gl",
        ),
        (
            "El president va dir ahir que el govern no signarà l'acord amb les empreses del sector perquè les "
            "condicions no són bones per als veïns de la comarca, i que la decisió es prendrà la setmana que ve.",
            "ca",
        ),
        (
            "Sinabi ng pangulo kahapon na hindi lalagdaan ng pamahalaan ang kasunduan sa mga kumpanya dahil hindi mabuti "
            "ang mga kondisyon para sa mga residente ng rehiyon.",
            "tl",
        ),
    ],
)
def test_relatives_of_spanish_are_not_taken_for_it(text, lang):
    assert detect(text) == detect(text * 6) == lang


def test_the_model_is_asked_only_where_function_words_do_not_decide(monkeypatch):
    monkeypatch.setattr("pipelines.text.language._identifier", lambda: pytest.fail("asked"))
    assert detect("La policía detuvo a los dos hombres en la frontera con las armas. " * 2) == "es"
    assert detect("The police said that two men were held at the border with the guns. " * 2) == "en"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read_without_error(text):
    assert detect(text) is None or len(detect(text)) == 2


def test_a_long_text_is_sampled():
    assert detect("La policía detuvo a los dos hombres en la frontera con las armas. " * 50_000) == "es"
