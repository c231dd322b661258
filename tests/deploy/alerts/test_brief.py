"""The briefing as text, Markdown and HTML: readable, in both languages, and no text of an article is markup."""

from datetime import timedelta

import pytest
from lxml import html

from connectors.delivery.briefing_times import DueBriefing
from deploy.alerts import brief, export
from deploy.alerts.marks import mark_of
from schemas.codec import encode
from schemas.delivery import Route
from schemas.settings import KafkaSettings, Settings
from schemas.statement import Cue, LedgerEntry, Speaker
from tests.support.alerts import NOW, alert
from tests.support.ledger_entries import COST, DAY, entry

TITLES = {"merida": "Mérida Initiative"}
SETTINGS = Settings(kafka=KafkaSettings(bootstrap_servers="none"))
HOSTILE = "</p><script>x()</script> [click](javascript:x) *bold*\n# title"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Prints the briefing of the last day, of these ledger entries."""

    def go(*entries: LedgerEntry, lang: str = "en", form: brief.Format = "text") -> str:
        class Tail:
            def __init__(self, *_: object) -> None: ...

            def read(self) -> list[tuple[str, None, bytes]]:
                return [("statements", None, encode(one)) for one in entries]

        monkeypatch.setattr(export, "TopicTail", Tail)
        assert brief.brief(SETTINGS, TITLES, (NOW - DAY, NOW), (), lang, form) == 0
        return capsys.readouterr().out

    return go


def test_it_reads_like_a_note_to_a_desk(printed) -> None:
    denial = Cue(text="denied", start=0, end=6, sense="denied")
    old = entry(1, ago=3 * DAY, outlets=("Faro",))
    new = entry(2, speaker="Luis Paz", cue=denial, denied=True, outlets=("Mirador", "Ledger"))
    text = printed(old, new)
    for part in (
        "New statements: 1, from 2026-11-23 12:00 UTC to 2026-11-24 12:00 UTC",
        "Mérida Initiative",
        f"• Luis Paz denied this: {COST}",
        "https://Mirador.example/2",
        "2026-11-24 10:00 · Mirador, Ledger · first on this topic · contradicts Ana Ruiz (said, 2026-11-21):",
        "Nothing new from: Faro.",
    ):
        assert part in text, text


def test_it_is_told_in_spanish(printed) -> None:
    text = printed(entry(1, "Nada llegó", lang="es", outlets=("Faro",)), lang="es")
    assert "Declaraciones nuevas: 1, del" in text
    assert "primera vez sobre este tema" in text
    assert "No se dijo nada nuevo" in printed(lang="es")


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_texts_of_articles_add_no_markup(printed, form: brief.Format) -> None:
    bad = entry(1, HOSTILE, speaker=HOSTILE, outlets=(HOSTILE,)).model_copy(
        update={"speaker": Speaker(name=HOSTILE, role=HOSTILE)}
    )
    text = printed(bad, form=form)
    if form == "html":
        tree = html.fromstring(text)
        assert tree.cssselect("script") == []
        assert [link.get("href") for link in tree.cssselect("a")] == ["".join(bad.sightings[0].url.split())]
    else:
        assert "\n# title" not in text
    if form == "markdown":
        assert "[click](" not in text and r"\[click\](" in text and "<script" not in text.replace(r"\<", "")


def test_a_link_that_is_no_web_address_is_not_linked(printed) -> None:
    sighting = entry(1).sightings[0].model_copy(update={"url": "javascript:x()"})
    bad = entry(1).model_copy(update={"sightings": (sighting,)})
    assert "href" not in printed(bad, form="html")
    assert "](" not in printed(bad, form="markdown")


def routed(monkeypatch: pytest.MonkeyPatch, *entries: LedgerEntry, muting=None, **fields: object):
    """The briefing of a route whose last one was a day ago."""
    monkeypatch.setattr(brief, "history", lambda *_: list(entries))
    told = {"kind": "briefing", "apprise": "json://localhost", "times": ["12:00"], "zone": "America/Mexico_City"}
    route = Route.model_validate(told | fields)
    return brief.briefing_message(SETTINGS, "desk", route, DueBriefing(NOW, NOW - DAY), muting or {})


def test_a_route_tells_what_was_recorded_since_its_last_briefing(monkeypatch) -> None:
    hour = timedelta(hours=1)
    late = entry(1, ago=DAY + 3 * hour, recorded=NOW - hour)  # published before the last briefing, read after it
    told_before = entry(2, "The scanners never came", ago=DAY + hour, recorded=NOW - DAY - hour)
    too_late = entry(3, "The budget was spent", ago=hour, recorded=NOW + hour)
    archive = entry(4, "It was signed then", ago=900 * DAY, recorded=NOW - hour, held_back="published-before")
    found = routed(monkeypatch, late, told_before, too_late, archive)
    assert (found.id, found.count) == ("briefing-desk-20261124T120000Z", 1)
    assert [line[1] for line in found.lines if line[0] == "statement"] == [f"Ana Ruiz said: {COST}"]
    assert (
        found.title
        == "New statements: 1, from 2026-11-23 06:00 America/Mexico_City to 2026-11-24 06:00 America/Mexico_City"
    )


def test_a_route_leaves_out_what_readers_marked_and_other_topics(monkeypatch) -> None:
    marked, muted = entry(1, alert="s1"), entry(2, "The scanners never came", story="muted")
    other = entry(3, "The rifles were seized", topics=("arms-trafficking",))
    mark = mark_of(alert(1), "wrong", "", None, NOW)
    assert routed(monkeypatch, marked, muted, other, muting={"s1": mark, "muted": mark}, topics=["merida"]).count == 0


def test_a_text_of_an_article_calls_nobody_in_a_chat(monkeypatch) -> None:
    found = routed(monkeypatch, entry(1, "@everyone the Mérida Initiative ended"), lang="es")
    assert not any("@everyone" in text for _, text, _ in found.lines)
    assert found.title.startswith("Declaraciones nuevas: 1")
