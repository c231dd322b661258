"""The same statement in the other language is linked as possibly the same."""

from datetime import timedelta

import pytest

from pipelines.newness.ledger import Ledger
from schemas.statement import Cue
from tests.support.claims import CLAIM, NOW, SPANISH, item, ruled


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
