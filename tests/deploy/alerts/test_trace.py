"""The path of an article as readable lines, from the records in Kafka."""

from datetime import timedelta

from deploy.alerts.trace import Traced, letter_lines, topics_line, way
from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from pipelines.newness.known import Known
from pipelines.pure_steps import clean, find_statements, tag
from schemas.article import Page, RawArticle
from schemas.codec import encode
from schemas.outcome import DeadLetter, Outcome, RawRef
from schemas.reason import Term
from tests.support.telling import NOW, article, said

RULES = Rules(frozenset({"merida", "arms-trafficking"}))
CLAIM = said("Ana Ruiz", "The Mérida Initiative bought helicopters that never left the ground after one winter")


def through(known: Known, raw: RawArticle, offset: int) -> tuple[Outcome, tuple[bytes, ...]]:
    """The outcome of an article and the ledger entries it wrote, by the pure steps of the job."""
    item: Item | Outcome = clean(RawRef(topic="articles.raw", partition=0, offset=offset), encode(raw))
    if isinstance(item, Item):
        item = tag(item, None, RULES.alert_topics)
    if isinstance(item, Outcome):
        return item, ()
    item = find_statements(item, None).spent("clean", 0.012)
    item = item.with_tagged(story=known.story_of(item.tagged))
    found = judge(item, known.ledger, RULES, NOW)
    alerts = tuple(alert.id for alert in found.alerts)
    return item.outcome(found.outcome, found.reason, alerts, found.verdicts), tuple(map(encode, found.entries))


def told(wanted: str, *articles: RawArticle) -> str:
    known, found = Known(), Traced(wanted)
    for offset, raw in enumerate(articles):
        outcome, entries = through(known, raw, offset)
        found.feed("articles.outcomes", encode(outcome))
        for entry in entries:
            found.feed("statements", entry)
    raw_of = {raw.id: raw for raw in articles}
    return "\n".join(line for o in found.outcomes.values() for line in way(o, raw_of[o.article], found))


def test_an_alert_with_its_terms_their_places_and_who_repeated_it():
    page = Page(url="https://news.example/one", status=200, size=2048)
    lines = told(
        "https://news.example/one", article("one", CLAIM).model_copy(update={"page": page}), article("two", CLAIM)
    )
    for words in (
        "“News of the day”, one; article one, version v1",
        "live, page 200, 2 KB",
        "cleaned    to ",
        "words, in 12 ms",
        "topics     merida by “Mérida Initiative” (5–22)",
        "story      its own",
        "NEW        Ana Ruiz said: “The Mérida Initiative bought",
        "nothing like it",
        "sightings so far: one, two",
        "ends as    alerted: 1 new statements in 1 alerts",
        "\n  alert      ",
    ):
        assert words in lines, f"{words}\n{lines}"
    assert "two/" not in lines


def test_a_reprint_names_the_story_the_entry_and_the_age():
    reprint = article("two", CLAIM, ago=timedelta(0))
    lines = told("two", article("one", CLAIM, ago=timedelta(days=9)), reprint)
    for words in (
        "known      Ana Ruiz",
        "1.00 alike to what Ana Ruiz said",
        "at one, 9 days before",
        "https://news.example/one",
        "ends as    duplicate: nothing new: first seen at one",
    ):
        assert words in lines, f"{words}\n{lines}"


def test_an_article_is_found_by_the_id_of_its_alert_or_the_beginning_of_it():
    known = Known()
    outcome, entries = through(known, article("one", CLAIM), 0)
    (alert,) = outcome.alerts
    for wanted, found in ((alert, True), (alert[:8], True), (alert[:5], False), ("ffffffffff", False)):
        traced = Traced(wanted)
        for entry in entries:
            traced.feed("statements", entry)
        traced.feed("articles.outcomes", encode(outcome))
        assert (bool(traced.outcomes), bool(traced.entries)) == (found, found), wanted


def test_where_it_ended_without_a_statement():
    assert "off-topic: no topic of the taxonomy" in told("sea", article("sea", "The sea was calm today, said nobody."))
    assert "no page fetched" in told("sea", article("sea", "The sea was calm today, said nobody."))


def test_an_article_is_found_by_any_spelling_of_its_url():
    assert "off-topic" in told("https://news.example/sea", article("sea", "The sea was calm.")), "by its URL"
    raw = article("sea", "The sea was calm.")
    by_url = Traced("http://www.news.example/sea/?utm_source=x")
    assert by_url.names & Traced(raw.entry.url).names


def test_a_dead_letter_says_at_which_step_and_why():
    raw = RawRef(topic="articles.raw", partition=1, offset=7)
    letter = DeadLetter(raw=raw, article="a", step="clean", error="ValueError: no", record=b"x", at=NOW)
    found = Traced("a")
    found.feed("articles.dead-letter", encode(letter))
    [kept] = found.letters.values()
    assert "dead letter at step clean" in "\n".join(letter_lines(kept))


def test_a_topic_without_terms_is_told_with_its_reason() -> None:
    terms = (Term(topic="merida", text="Mérida Initiative", start=5, end=22),)
    told = topics_line(("merida", "arms-trafficking"), terms)
    assert told == "merida by “Mérida Initiative” (5–22); arms-trafficking by the words of the whole text"
