"""Articles without terms that their words as a whole put on a topic."""

from datetime import date

import pytest

from pipelines.topics import article_words
from pipelines.topics.aboutness import about
from pipelines.topics.article import Article
from pipelines.topics.article_words import LEAST
from pipelines.topics.grounds import grounds
from pipelines.topics.taxonomy import Signs, Taxonomy, load_taxonomy
from pipelines.topics.word_weights import WordWeights
from schemas.statement import Span, Statement

ARMS = "arms-trafficking"

MARKET = """MATAMOROS - The stalls close at six, and after that a boy sells boxes of cartridges behind the fish.

“They come over the bridge in lunch bags,” the boy said. He said his uncle buys the rifles in pairs at a fair near
Harlingen, always from the same table, and pays a teacher to carry them.

Police captain Ofelia Durand has asked the Texans four times for the dealer's name. “I close the stall and it opens
again. The pistols start on your side,” Durand said. The customs port director in Brownsville answered that her lanes
look north, and that she has two dogs for the cars that go south to Mexico."""
FAIR = """SIERRA VISTA - The fair opened with a parade of tractors. The director expects forty thousand visitors.

“Nobody grows pumpkins like these,” said grower Sam Ledbetter, who sold his rifle to buy seeds. The mayor promised shade."""


def survey(text: str, title: str = "") -> Signs | None:
    return load_taxonomy().survey(text, title, date(2025, 3, 1)).signs.get(ARMS)


def test_an_article_may_be_on_a_topic_without_any_of_its_terms() -> None:
    signs = load_taxonomy().survey(MARKET, "Cartridges behind the fish", date(2025, 3, 1)).signs[ARMS]
    assert signs.by_words and not signs.terms
    (match, *_) = load_taxonomy().tag(MARKET, "Cartridges behind the fish", when=date(2025, 3, 1))
    assert match.topic == ARMS and {term.text for term in match.terms} & {"cartridges", "Cartridges", "rifles"}


def test_ordinary_news_with_a_plain_word_of_the_topic_is_not() -> None:
    assert survey(FAIR, "Fair opens") is None


def test_a_statement_in_such_an_article_says_why() -> None:
    start = MARKET.index("I close the stall")
    statement = Statement(content=(Span(start=start, end=MARKET.index(",” Durand")),), kind="direct")
    (told,) = about(load_taxonomy(), MARKET, "Cartridges behind the fish", [statement], date(2025, 3, 1))
    assert told.topics == (ARMS,)
    assert "a story that is about it by all its words" in told.grounds[ARMS]


LONG = " ".join(f"{chr(97 + i % 26)}{chr(97 + i // 26)}ord" for i in range(LEAST))


@pytest.mark.parametrize(
    ("words", "on"),
    [
        ("the mayor of Tijuana will plant trees with San Diego", False),  # no weapons
        ("the mayor of Salem will buy rifles from Boston", False),  # nothing of Mexico
        ("the mayor of Tijuana will buy rifles from Lyon", False),  # nothing of the United States
        ("the mayor of Tijuana will buy rifles from San Diego", True),
        ("the mayor of Oaxaca saw US weapons", True),  # one phrase may show the country and the weapons
        ("la alcaldesa de Tijuana habló; por otro lado, compró rifles", False),  # “otro lado” is no country here
        ("la policía de Tijuana, Baja California, halló rifles en Nuevo Laredo", False),  # Mexico only
    ],
)
def test_an_article_on_a_topic_by_its_words_has_everything_that_the_topic_asks_for(
    monkeypatch: pytest.MonkeyPatch, words: str, on: bool
) -> None:
    monkeypatch.setattr(article_words, "article_models", lambda: {ARMS: WordWeights(1.0, ({},))})
    assert (survey(f"“I say that {words},” said Ana Ruiz.\n\n{LONG}") is not None) is on


@pytest.mark.parametrize(
    ("words", "on"),
    [
        ("the mayor of Tijuana will buy rifles from Lyon", True),
        ("the mayor of Salem will buy rifles from San Diego", False),  # nothing of Mexico
        ("the mayor of Salem will buy rifles from Lyon", False),  # neither country
        ("the mayor of Tijuana will plant trees with San Diego", False),  # weapons are always asked for
    ],
)
def test_an_article_that_is_surely_on_a_topic_needs_no_word_for_the_united_states(
    monkeypatch: pytest.MonkeyPatch, words: str, on: bool
) -> None:
    monkeypatch.setattr(article_words, "article_models", lambda: {ARMS: WordWeights(2.0, ({},))})
    assert (survey(f"“I say that {words},” said Ana Ruiz.\n\n{LONG}") is not None) is on


def test_an_article_on_a_topic_by_its_words_needs_no_word_that_is_listed_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(article_words, "article_models", lambda: {"merida": WordWeights(1.0, ({},))})
    text = f"“Washington stopped paying, and Mexico did not ask,” said Ana Ruiz, who guards a warehouse.\n\n{LONG}"
    signs = load_taxonomy().survey(text, "", date(2025, 3, 1)).signs["merida"]
    assert signs.by_words and not signs.words and not signs.weak
    start = text.index("Mexico did not ask")
    statement = Statement(content=(Span(start=start, end=start + 18),), kind="direct")
    article = Article(load_taxonomy().survey(text, "", date(2025, 3, 1)), [statement])
    assert grounds(article, "merida", 0) == ((), "is in a story that is about it by all its words")


@pytest.mark.parametrize(
    "text",
    [
        "Police in Chicago, Illinois, seized rifles. “They came from Indiana,” a captain said. Mexican food is sold there.",
        "Burglars in New Mexico took rifles. “They knew the alarm,” the dealer in Dallas said.",
        "En el país faltan controles. “Venden fusiles en Rosario”, dijo el fiscal. El barco salió del río hacia Santa Fe.",
        "Arms for Haiti were held in Florida. “The rifles were for gangs in Haiti,” an agent said. He was born in Tijuana.",
    ],
)
def test_what_the_taxonomy_excludes_is_not_on_the_topic_by_its_words(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(article_words, "article_models", lambda: {ARMS: WordWeights(9.0, ({},))})
    assert survey(f"{text}\n\n{LONG}") is None


def test_a_taxonomy_that_asks_for_nothing_needs_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_words, "article_models", lambda: {ARMS: WordWeights(1.0, ({},))})
    topics = [topic.model_copy(update={"also": ()}) for topic in load_taxonomy().topics]
    text = f"“The mayor of Tijuana will buy rifles from San Diego,” said Ana Ruiz.\n\n{LONG}"
    assert ARMS not in Taxonomy(topics).survey(text).signs


def test_a_text_of_few_words_needs_a_term(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_words, "article_models", lambda: {ARMS: WordWeights(1.0, ({},))})
    assert survey("“The mayor of Tijuana will buy rifles from San Diego,” said Ana Ruiz.") is None


def test_words_that_only_look_like_a_term_do_not_count() -> None:
    page = load_taxonomy().survey("Las obras del aeropuerto de Mérida siguen. La rectora habló de rifles.").page
    assert "merid" not in load_taxonomy().stems(page, "merida", ())


def test_without_a_model_a_topic_needs_its_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_words, "article_models", dict)
    assert survey(MARKET) is None
