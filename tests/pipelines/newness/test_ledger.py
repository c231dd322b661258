"""What is new: the ledger and the judgement, as pure functions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from pipelines.newness.ledger import Ledger, is_named, same_speaker, shares_long_quote
from schemas.article import CleanArticle, TaggedArticle
from schemas.outcome import RawRef
from schemas.reason import Term
from schemas.statement import Cue, Said, Source, Span, Speaker, Statement

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULES = Rules(frozenset({"merida", "arms-trafficking"}))
CLAIM = "The Mérida Initiative is dead and nobody in this office will bring it back"


def item(
    *claims,
    article="a1",
    version="v1",
    outlet="Ledger",
    published=NOW,
    origin="live",
    story="s",
    seen=NOW,
    lang="en",
    cue=None,
):
    """An item whose article consists of claims: (speaker, text) or (speaker, text, topics) or (…, said date)."""
    text, statements = "", []
    for speaker, words, *rest in claims:
        span = Span(start=len(text), end=len(text) + len(words))
        statements.append(
            Statement(
                content=(span,),
                source=Source(text="she", start=0, end=0),
                speaker=Speaker(name=speaker) if speaker else None,
                said=Said(text="then", date=rest[1]) if len(rest) > 1 else None,
                cue=cue,
                kind="indirect" if cue else "direct",
                topics=(about := rest[0] if rest else ("merida",)),
                terms=tuple(Term(topic=t, text=words[:6], start=span.start, end=span.start + 6) for t in about),
            )
        )
        text += words + "\n\n"
    tagged = TaggedArticle(
        id=article,
        version=version,
        story=story,
        feed="https://example.org/feed",
        origin=origin,
        seen=seen,
        article=CleanArticle(
            title="T",
            text=text,
            published=published,
            outlet=outlet,
            url=f"https://{outlet}.example/{article}",
            lang=lang,
        ),
        topics=("merida",),
        statements=tuple(statements),
    )
    return Item(raw=RawRef(topic="articles.raw", partition=0, offset=0), tagged=tagged)


def ruled(one, ledger, rules=RULES):
    return judge(one, ledger, rules, NOW)


def test_a_new_statement_is_alerted_and_recorded():
    ledger = Ledger()
    ruling = ruled(item(("Ana Ruiz", CLAIM)), ledger)
    assert [(a.topic, a.speaker.name, a.statements[0].text) for a in ruling.alerts] == [("merida", "Ana Ruiz", CLAIM)]
    assert ruling.outcome == "alerted"
    assert [e.alert for e in ruling.entries] == [ruling.alerts[0].id] == [ruling.entries[0].id]
    assert len(ledger) == 1


def test_a_reprint_adds_a_sighting_and_raises_nothing():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    ruling = ruled(item(("Ana Ruiz", CLAIM.upper() + "."), article="a2", outlet="Mirador"), ledger)
    assert (ruling.alerts, ruling.outcome) == ((), "duplicate")
    assert "Ledger" in ruling.reason
    assert [s.outlet for s in ruling.entries[0].sightings] == ["Ledger", "Mirador"]


def test_the_same_item_again_is_judged_alike():
    ledger = Ledger()
    first = ruled(item(("Ana Ruiz", CLAIM)), ledger)
    again = ruled(item(("Ana Ruiz", CLAIM)), ledger)
    assert (again.alerts, again.outcome) == (first.alerts, first.outcome)
    assert again.entries == first.entries


def test_a_replay_keeps_the_sightings_that_came_between():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    ruled(item(("Ana Ruiz", CLAIM), article="a2", outlet="Mirador"), ledger)
    again = ruled(item(("Ana Ruiz", CLAIM)), ledger)
    assert [s.outlet for s in again.entries[0].sightings] == ["Ledger", "Mirador"]


def test_an_alert_without_its_ledger_entry_still_makes_its_statement_known():
    """The crash between the two writes: another article with nearly the same words comes first after the restart."""
    alert = ruled(item(("Ana Ruiz", CLAIM)), Ledger()).alerts[0]
    ledger = Ledger()
    ledger.put_alert(alert)
    reprint = ruled(item(("Ana Ruiz", CLAIM + " again"), article="a2", outlet="Mirador"), ledger)
    assert (reprint.alerts, reprint.outcome) == ((), "duplicate")
    replay = ruled(item(("Ana Ruiz", CLAIM)), ledger)
    assert replay.alerts[0].id == alert.id
    assert ledger.alerted(alert)


def test_an_edit_alerts_for_what_was_added_only():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    added = "We will publish every serial number of the seized rifles by spring"
    ruling = ruled(item(("Ana Ruiz", CLAIM), ("Ana Ruiz", added, ("arms-trafficking",)), version="v2"), ledger)
    assert [(a.topic, a.statements[0].text) for a in ruling.alerts] == [("arms-trafficking", added)]


def test_one_alert_for_each_speaker_and_topic():
    other = "The flow of rifles from the United States must stop this year"
    both = ("arms-trafficking", "merida")
    ruling = ruled(item(("Ana Ruiz", CLAIM), ("Ana Ruiz", other, both), ("Luis Paz", other[::-1])), Ledger())
    assert [(a.topic, a.speaker.name, len(a.statements)) for a in ruling.alerts] == [
        ("merida", "Ana Ruiz", 2),
        ("arms-trafficking", "Ana Ruiz", 1),
        ("merida", "Luis Paz", 1),
    ]


def test_other_speaker_same_words_is_another_statement_but_not_within_one_story():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM), story="s1"), ledger)
    assert ruled(item(("Luis Paz", CLAIM), article="a2", story="s2"), ledger).alerts
    assert not ruled(item(("Rosa Gil", CLAIM), article="a3", story="s1"), ledger).alerts


def test_the_named_speaker_wins():
    ledger = Ledger()
    ruled(item((None, CLAIM)), ledger)
    ruling = ruled(item(("Ana Ruiz", CLAIM), article="a2"), ledger)
    assert not ruling.alerts
    assert ruling.entries[0].speaker.name == "Ana Ruiz"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"published": NOW - timedelta(days=4)}, "before max_alert_age"),
        ({"published": None, "origin": "backfill"}, "undated and backfill"),
        ({"published": None, "origin": "first-poll"}, "undated and first-poll"),
        ({"published": NOW + timedelta(days=30), "origin": "backfill"}, "undated and backfill"),
    ],
)
def test_what_is_old_is_recorded(changes, why):
    ruling = ruled(item(("Ana Ruiz", CLAIM), **changes), Ledger())
    assert (ruling.alerts, ruling.outcome) == ((), "recorded")
    assert why in ruling.reason


def test_an_undated_live_entry_alerts_and_a_fresh_backfilled_one_too():
    assert ruled(item(("Ana Ruiz", CLAIM), published=None), Ledger()).alerts
    assert ruled(item(("Ana Ruiz", CLAIM), origin="backfill"), Ledger()).alerts


def test_what_was_said_long_ago_is_recorded_beside_what_is_new():
    old = ("Luis Paz", "Fast and Furious was a failure from its first day to its last", ("merida",), date(2026, 6, 1))
    ruling = ruled(item(("Ana Ruiz", CLAIM), old), Ledger())
    assert [a.speaker.name for a in ruling.alerts] == ["Ana Ruiz"]
    assert {e.speaker.name: e.alert is not None for e in ruling.entries} == {"Ana Ruiz": True, "Luis Paz": False}


def test_on_topic_without_a_statement_of_an_alerting_topic():
    ruling = ruled(item(("Ana Ruiz", CLAIM, ())), Ledger())
    assert (ruling.alerts, ruling.entries, ruling.outcome) == ((), (), "recorded")


def test_said_twice_in_one_article_is_one_statement():
    ruling = ruled(item(("Ana Ruiz", CLAIM), ("Ana Ruiz", CLAIM)), Ledger())
    assert len(ruling.alerts[0].statements) == 1


def test_speakers_agree_by_the_words_of_the_shorter_name():
    assert same_speaker(Speaker(name="López Obrador"), Speaker(name="Andres Manuel Lopez Obrador"))
    assert not same_speaker(Speaker(name="Marcelo Ebrard"), Speaker(name="Marcelo Garza"))
    assert same_speaker(None, Speaker(name="Marcelo Ebrard"))


def test_ten_words_in_a_row_are_a_long_quote():
    words = "one two three four five six seven eight nine ten eleven"
    assert shares_long_quote("He said: " + words, words.upper())
    assert not shares_long_quote(words, words.replace("six", "seis"))


def test_a_description_gives_way_to_a_name():
    ledger = Ledger()
    ruled(item(("un funcionario de la Casa Blanca", CLAIM)), ledger)
    ruling = ruled(item(("Ana Ruiz", CLAIM), article="a2", story="other"), ledger)
    assert not ruling.alerts
    assert ruling.entries[0].speaker.name == "Ana Ruiz"
    assert not any(is_named(Speaker(name=name)) for name in ("the official", "un vocero", "A White House official"))
    assert all(is_named(Speaker(name=name)) for name in ("ATF", "Secretaría de Relaciones Exteriores", "Ana de Vega"))


def test_a_denial_is_new_whether_its_words_or_its_cue_say_so():
    denied = Cue(text="denied", start=0, end=0, sense="denied")
    for one in (
        item(("Ana Ruiz", CLAIM.replace("is dead", "is not dead")), article="a2"),
        item(("Ana Ruiz", CLAIM), article="a2", cue=denied),
    ):
        ledger = Ledger()
        ruled(item(("Ana Ruiz", CLAIM)), ledger)
        ruling = ruled(one, ledger)
        assert len(ruling.alerts) == 1
        assert len(ledger) == 2
        assert ruling.verdicts[0].reason.nearest.similarity > 0.9
    assert not ruled(item(("Ana Ruiz", CLAIM), article="a3", cue=denied), ledger).alerts


def test_a_repeat_after_60_days_is_a_sighting_and_says_so():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    later = NOW + timedelta(days=60)
    ruling = ruled(item(("Ana Ruiz", CLAIM), article="a9", outlet="Mirador", published=later, seen=later), ledger)
    assert (ruling.alerts, ruling.outcome) == ((), "duplicate")
    [verdict] = ruling.verdicts
    assert verdict.verdict == "known"
    assert "what Ana Ruiz said, first seen 2026-11-24 12:00 at Ledger, 60 days before" in verdict.reason.why
    assert (verdict.reason.nearest.similarity, verdict.reason.age_hours) == (1.0, 0.0)


def test_every_alert_and_every_suppressed_statement_says_why():
    old = ("Luis Paz", "Fast and Furious was a failure from its first day to its last", ("merida",), date(2026, 6, 1))
    off = ("Rosa Gil", "The bridge will be open again by the end of May", ("extradition",))
    ruling = ruled(item(("Ana Ruiz", CLAIM), old, off, ("Ana Ruiz", CLAIM)), Ledger())
    assert [v.verdict for v in ruling.verdicts] == ["new", "recorded", "off-topic", "known"]
    assert all(v.reason.why for v in ruling.verdicts)
    assert ruling.verdicts[0].alert == ruling.alerts[0].id
    [statement] = ruling.alerts[0].statements
    assert [(t.topic, t.text, t.start, t.end) for t in statement.reason.terms] == [("merida", CLAIM[:6], 0, 6)]
    assert "on merida by “The Mé”" in ruling.alerts[0].why


def test_confirmation_at_three_outlets_and_at_ten_once_each_and_only_when_asked_for():
    asked, ledger, quiet = replace(RULES, corroborate=(3, 10)), Ledger(), Ledger()
    first = ruled(item(("Ana Ruiz", CLAIM)), ledger, asked).alerts[0]
    follow_ups = []
    for number in range(2, 13):
        same = item(("Ana Ruiz", CLAIM), article=f"a{number}", outlet=f"Outlet {number}")
        alerts = ruled(same, ledger, asked).alerts
        assert ruled(same, ledger, asked).alerts == alerts, "a replay gives the same"
        follow_ups += alerts
        assert ruled(same, quiet).alerts == () or number == 2
    assert [(a.kind, a.follows, len(a.outlets)) for a in follow_ups] == [
        ("corroborated", first.id, 3),
        ("corroborated", first.id, 10),
    ]
    assert len({a.id for a in follow_ups} | {first.id}) == 3
    again = ruled(item(("Ana Ruiz", CLAIM), article="b", outlet="Ledger"), ledger, asked)
    assert again.alerts == ()


SPANISH = "La Iniciativa Mérida está muerta y nadie en esta oficina la va a traer de regreso"


def test_the_spanish_version_is_linked_as_possible_and_alerts_all_the_same():
    ledger = Ledger()
    english = ruled(item(("Ana Ruiz", CLAIM)), ledger).alerts[0]
    ruling = ruled(item(("Ana Ruiz", SPANISH), article="a2", lang="es", story="s2"), ledger)
    [statement] = ruling.alerts[0].statements
    assert [(p.statement, p.lang) for p in statement.reason.possible] == [(english.id, "en")]
    assert ruling.entries[0].possible == (english.id,)
    assert (statement.twin.statement, statement.twin.alert) == (english.id, english.id)
    assert english.statements[0].twin is None, "nothing was said in Spanish yet"


@pytest.mark.parametrize(
    "other",
    [
        {"article": "a2", "published": NOW + timedelta(days=5), "seen": NOW + timedelta(days=5)},
        {"article": "a2", "lang": "en"},
        {"article": "a2", "cue": Cue(text="negó", start=0, end=0, sense="denied")},
    ],
)
def test_another_day_another_polarity_or_the_same_language_is_no_version(other):
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    ruling = ruled(item(("Ana Ruiz", SPANISH), **{"lang": "es", "story": "s2"} | other), ledger)
    assert ruling.alerts[0].statements[0].reason.possible == ()


def test_an_alert_has_its_topics_titles_and_says_for_programs_what_the_verb_says():
    rules = replace(RULES, titles={"merida": {"en": "Mérida Initiative", "es": "Iniciativa Mérida"}})
    doubted = Cue(text="cast doubt on", start=0, end=13, sense="denied")
    [alert] = judge(item(("Ana Ruiz", CLAIM), cue=doubted), Ledger(), rules, NOW).alerts
    assert (alert.contract_version, alert.topic_titles["es"], alert.story) == (2, "Iniciativa Mérida", "s")
    [statement] = alert.statements
    assert (statement.sense, statement.negated, statement.supposed) == ("doubted", False, False)
