"""Stories as cards: each sentence once, overlapping excerpts as one, outlets and twins named. Pure functions."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.page.cards import by_day, card, grouped, voices
from deploy.page.passages import after_it, before_it, passages
from deploy.page.positions import positions
from deploy.page.rows import moment, row_of
from deploy.page.store import PageStore
from schemas.alert import AlertStatement
from schemas.codec import encode
from schemas.reason import Possible, Reason
from schemas.statement import Cue, LedgerEntry, Said, Sighting, Speaker
from tests.support.alerts import NOW, alert, dated

TEXT = (
    "“We are done,” Ruiz said on Friday. She added that the border is closed. Nothing else was said. The road was open."
)
DONE, CLOSED = "“We are done,”", "the border is closed"


def statement(name, words, text=TEXT, **changes):
    """A statement with these words of a text, and 160 characters of context, as the pipeline makes it."""
    start = text.index(words)
    end = start + len(words)
    fields = {"id": name, "text": words, "kind": "indirect", "before": text[max(0, start - 160) : start]}
    cue = Cue(text="said", start=start, end=start + 4, sense="said")
    return AlertStatement(**(fields | {"after": text[end : end + 160], "cue": cue} | changes))


def of(number, *statements, **changes):
    """An alert of the story `one` with these statements."""
    return alert(number, story="one", **({"statements": statements} if statements else {}), **changes)


def card_of(*alerts):
    store = PageStore(("merida", "arms-trafficking"))
    for one in alerts:
        store.put(f"alerts.{one.topic}", encode(one))
    store.sort()
    ((story,), _) = grouped(store.rows)
    return card(story, store.sightings, store.twins)


def marked(found):
    return [
        [part.text for part in passage if part.statement]
        for voice in found.voices
        for quoted in voice.told
        for passage in quoted.passages
    ]


def test_excerpts_that_overlap_are_one_with_several_marks():
    (found,) = passages([statement("a", DONE), statement("b", CLOSED)])
    assert [(part.text, part.statement is not None) for part in found] == [
        (DONE, True), (" Ruiz said on Friday. She added that ", False), (CLOSED, True), (". ", False)
    ]  # fmt: skip


def test_excerpts_of_two_alerts_of_one_article_are_one_too():
    article = of(1).article
    first = of(1, statement("a", DONE)).model_copy(update={"article": article})
    second = of(2, statement("b", CLOSED), topic="arms-trafficking").model_copy(update={"article": article})
    found = card_of(second, first)
    assert marked(found) == [[DONE, CLOSED]]
    assert len(found.voices[0].told[0].alerts) == 2 and len(found.topics) == 2


def test_the_context_of_one_statement_does_not_show_another_one_of_the_card():
    (found,) = passages([statement("a", "the border is closed")], [statement("b", "Nothing else was said")])
    assert "Nothing else" not in "".join(part.text for part in found)
    assert before_it("It is over. He said that ", ["He said that"]).strip() == ""
    assert after_it(", she said. He left.", []) == ", she said. "


@given(st.lists(st.text(min_size=1), max_size=4), st.text(), st.text())
def test_no_statement_is_lost_in_passages(texts, before, after):
    given = [AlertStatement(id=str(n), text=t, before=before, after=after, kind="direct") for n, t in enumerate(texts)]
    found = passages(given)
    assert [part.statement for passage in found for part in passage if part.statement] == given


@pytest.mark.parametrize(
    ("second", "shown"),
    [
        ({"text": "The Mérida Initiative cost us 1 helicopters"}, 1),
        ({"text": "the merida initiative, cost us: 1 helicopters."}, 1),
        ({"text": "He said it: The Mérida Initiative cost us 1 helicopters and a truck"}, 1),
        ({"text": "The Mérida Initiative cost us 1 helicopters", "speaker": None}, 1),
        ({"text": "The Mérida Initiative cost us 1 helicopters", "speaker": "Luis Prado"}, 2),
        ({"text": "The Mérida Initiative cost us 9 helicopters"}, 2),
    ],
)
def test_the_same_sentence_stands_once(second, shown):
    found = card_of(of(1), of(2, **second))
    assert sum(map(len, marked(found))) == shown


def test_a_denial_and_a_claim_with_the_same_words_are_both_shown():
    denied = Cue(text="denied", start=3, end=9, sense="denied")
    found = card_of(of(1, statement("a", CLOSED)), of(2, statement("b", CLOSED, cue=denied)))
    assert sum(map(len, marked(found))) == 2


def test_a_follow_up_does_not_repeat_what_it_follows_and_says_its_kind():
    first = of(1)
    later = alert(2, id="c1", kind="corrected", follows="s1", story="one", statements=first.statements)
    found = card_of(first, later)
    assert sum(map(len, marked(found))) == 1
    assert found.kinds == ("corrected",)


def test_statements_stand_by_speaker_and_the_office_is_kept():
    people = [Speaker(name="Ana Ruiz", id="ana-ruiz"), Speaker(name="ANA RUIZ", role="minister", id="ana-ruiz")]
    alerts = [of(n).model_copy(update={"speaker": people[n]}) for n in range(2)]
    (voice,) = voices(alerts)
    assert voice.speaker == people[1] and len(voice.told) == 2


def test_a_card_names_the_other_outlets_that_carried_it():
    store = PageStore(("merida",))
    store.put("alerts.merida", encode(of(1)))
    sightings = [Sighting(article=f"x{n}", version="v", outlet=f"Outlet {n}", url="u", at=NOW) for n in range(2)]
    entry = LedgerEntry(
        id="s1", text="t", kind="direct", topics=("merida",), sightings=sightings, alert="s1", why="new"
    )
    store.put("statements", encode(entry))
    store.sort()
    found = card(grouped(store.rows)[0][0], store.sightings, store.twins)
    assert found.also == ("Outlet 0", "Outlet 1")


def test_the_twin_in_the_other_language_is_linked_from_both_sides():
    twin = Possible(statement="s1", lang="en", similarity=0.7, text="t", outlet="o", url="u")
    spanish = alert(2, lang="es", text="Nos costó dos helicópteros")
    told = spanish.statements[0].model_copy(update={"reason": Reason(why="new", possible=(twin,))})
    store = PageStore(("merida",))
    for one in (alert(1), spanish.model_copy(update={"statements": (told,)})):
        store.put("alerts.merida", encode(one))
    store.sort()
    found = {
        c.first.id: [t.id for t in c.twins]
        for c in (card(s, store.sightings, store.twins) for s in grouped(store.rows)[0])
    }
    assert found == {"s1": ["s2"], "s2": ["s1"]}


def test_stories_stand_by_day_and_the_newest_first():
    rows = [row_of(dated(alert(n, story=f"story{n // 2}"), NOW - timedelta(hours=13 * n))) for n in range(4)]
    cards = [card(story, lambda _: (), lambda _: ()) for story in grouped(rows)[0]]
    days = by_day(cards)
    assert [(day, [c.story.rows[0].id for c in found]) for day, found in days] == [
        (date(2026, 11, 24), ["s0"]), (date(2026, 11, 23), ["s2"])
    ]  # fmt: skip


def test_an_alert_stands_where_it_was_said_or_published():
    one = alert(1)
    assert moment(one) == one.article.published
    undated = one.model_copy(update={"article": one.article.model_copy(update={"published": None})})
    future = one.model_copy(update={"article": one.article.model_copy(update={"published": NOW + timedelta(days=9)})})
    assert moment(undated) == moment(future) == one.article.seen
    earlier = one.statements[0].model_copy(update={"said": Said(text="on Friday", date=date(2026, 11, 20))})
    assert moment(one.model_copy(update={"statements": (earlier,)})).isoformat() == "2026-11-20T12:00:00+00:00"


def test_a_change_of_position_is_marked_where_a_denial_or_another_figure_follows():
    words = "Mexico asked the United States for the return of the Mérida Initiative in {} states"
    cues = [Cue(text="said", start=0, end=4, sense="said"), Cue(text="denied", start=0, end=6, sense="denied")]
    said = [
        dated(of(n, statement(f"s{n}", text, text, cue=cue)), NOW + timedelta(days=n))
        for n, (text, cue) in enumerate(
            [(words.format(3), cues[0]), (words.format(5), cues[0]), (words.format(5), cues[1])]
        )
    ]
    found = positions([row_of(one) for one in reversed(said)])
    changes = [[(c.relation, c.entry.id) for c in line.changes] for line in found]
    assert ("contradicts", "s1") in changes[0]
    assert changes[1:] == [[("other-figure", "s0")], []]
