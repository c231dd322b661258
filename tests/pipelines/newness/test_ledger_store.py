"""The ledger's database compared with a simple implementation in lists."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.newness import ledger_store as module
from pipelines.newness.ledger_store import Entries, Keys
from schemas.statement import LedgerEntry, Sighting

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
few = st.frozensets(st.sampled_from("abcdef"), max_size=4)
rows = st.lists(st.tuples(st.sampled_from(["s1", "s2", None]), few, st.integers(0, 2), few), max_size=20)


def entry(name: str, story: str | None = None, text: str = "said", lang: str = "en") -> LedgerEntry:
    seen = Sighting(article="a", version="v", outlet="O", url="https://o.example/a", at=NOW)
    made = LedgerEntry(id=name, story=story, text=text, kind="direct", topics=("merida",), sightings=(seen,), why="new")
    return made.model_copy(update={"lang": lang})


@given(rows, few, st.sampled_from(["s1", "s3", None]), st.integers(1, 5))
def test_it_finds_what_lists_would(rows, asked, story, most) -> None:
    ledger, known = Entries(), {}
    for number, (its_story, pairs, day, names) in enumerate(rows):
        known[f"e{number:02d}"] = (number, its_story, pairs, DAY + timedelta(days=day), names)
        ledger.add(entry(f"e{number:02d}", its_story), pairs, DAY + timedelta(days=day), names)
    shared = Counter({name: len(pairs & asked) for name, (_, _, pairs, _, _) in known.items() if pairs & asked})
    nearest = sorted(shared, key=lambda name: (shared[name], known[name][0]), reverse=True)[:most]
    of_story = [name for name, (_, its, _, _, _) in known.items() if story and its == story]
    assert [e.id for e in ledger.alike(asked, story, most)] == sorted({*nearest, *of_story})
    assert [e.id for e in ledger.of_story(story)] == sorted(of_story)
    days = [DAY, DAY + timedelta(days=1)]
    found = [name for name, (_, _, _, day, names) in known.items() if day in days and names & asked]
    assert [e.id for e in ledger.on_days(days, asked, "en")] == sorted(found)
    assert len(ledger) == len(known)


def test_a_newer_record_takes_the_place_of_the_older_and_is_found_as_that_was() -> None:
    ledger = Entries()
    assert not ledger.replace(entry("e"))
    ledger.add(entry("e", "s"), {"a b"}, DAY, ())
    assert ledger.replace(entry("e", "s", text="said again"))
    assert [e.text for e in ledger.alike(["a b"], None, 9)] == ["said again"]
    assert ledger.has("e") and not ledger.has("f")


def test_an_entry_that_gets_other_keys_is_found_by_those_only() -> None:
    ledger, old = Entries(), Keys({"a b", "b c"}, DAY, {"official"})
    ledger.add(entry("e"), *old)
    ledger.move("e", old, Keys({"b c", "c d"}, DAY + timedelta(days=1), {"ruiz"}))
    assert ledger.alike(["a b"], None, 9) == [] and len(ledger.alike(["c d"], None, 9)) == 1
    assert ledger.on_days([DAY], ["official"], "en") == []
    assert len(ledger.on_days([DAY + timedelta(days=1)], ["ruiz"], "en")) == 1


def test_a_pair_that_is_everywhere_finds_nothing(monkeypatch) -> None:
    monkeypatch.setattr(module, "COMMON", 3)
    ledger = Entries()
    for number in range(3):
        ledger.add(entry(f"e{number}"), {"a b"}, DAY, ())
    assert len(ledger.alike(["a b"], None, 9)) == 3
    ledger.add(entry("e3"), {"a b", "c d"}, DAY, ())
    assert ledger.alike(["a b"], None, 9) == []
    assert [e.id for e in ledger.alike(["a b", "c d"], None, 9)] == ["e3"]


def test_alerts_and_what_they_told_of() -> None:
    ledger = Entries()
    for _ in range(2):
        ledger.put_alert("merida", "x", ["e", "f"])
    ledger.put_alert("arms-trafficking", "y", ["e"])
    assert ledger.alerted("merida", "x") and not ledger.alerted("arms-trafficking", "x")
    assert ledger.told_on("e") == {"merida", "arms-trafficking"}
    assert ledger.told_on("f") == {"merida"} and not ledger.told_on("g")


def test_of_a_story_or_a_day_with_very_many_entries_it_gives_the_most_alike_and_the_latest(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    ledger = Entries()
    for number in range(9):
        ledger.add(entry(f"e{number}", "s"), {"a b"} if number < 2 else {"c d"}, DAY, ("ruiz",))
    ledger.add(entry("es", "s", lang="es"), (), DAY, ("ruiz",))
    assert [e.id for e in ledger.alike(["a b"], "s", 0)] == ["e0", "e1", "es"]
    assert [e.id for e in ledger.on_days([DAY], ["ruiz"], "en")] == ["e6", "e7", "e8"]
    assert [e.id for e in ledger.on_days([DAY], ["ruiz"], "es")] == ["es"]
