"""The briefing as text, Markdown and HTML: readable, in both languages, and no text of an article is markup."""

import pytest
from lxml import html

from deploy.alerts import brief, export
from schemas.codec import encode
from schemas.settings import KafkaSettings, Settings
from schemas.statement import Cue, LedgerEntry, Speaker
from tests.pipelines.newness.test_briefing import COST, DAY, entry
from tests.support.alerts import NOW

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
