"""What the ledger knows already: reprints, replays, the same words of another speaker. Pure functions."""

from pipelines.newness.ledger import Ledger, is_named, same_speaker, shares_long_quote
from schemas.statement import Cue, Speaker
from tests.support.claims import CLAIM, item, ruled


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


def test_an_entry_that_gets_a_named_speaker_is_found_by_the_name_at_once_and_not_only_after_a_restart():
    ledger, afresh = Ledger(), Ledger()
    ruled(item(("un funcionario de la Casa Blanca", CLAIM)), ledger)
    [named] = ruled(item(("Ana Ruiz", CLAIM), article="a2", story="other"), ledger).entries
    afresh.put(named)
    spanish = named.model_copy(update={"lang": "es"})
    assert ledger.around(spanish) == afresh.around(spanish) == [named]
    unnamed = spanish.model_copy(update={"speaker": Speaker(name="un funcionario de la Casa Blanca")})
    assert ledger.around(unnamed) == afresh.around(unnamed) == []


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
