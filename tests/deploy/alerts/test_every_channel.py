"""A denial, a doubt and a negated cue go through every channel, and each tells what the speaker did."""

import ast
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from starlette.testclient import TestClient

from connectors.delivery import message_text
from connectors.delivery.message_html import html_body
from deploy.alerts.export import csv_row
from deploy.alerts.marks import examples
from deploy.alerts.terminal import show_alert
from deploy.alerts.trace import Traced, verdict_lines
from deploy.page import feeds
from deploy.page.app import PageApp
from deploy.page.query import Query
from deploy.page.store import PageStore
from pipelines.newness.ledger import entries_of
from schemas.alert import Alert, AlertStatement
from schemas.attribution import verb
from schemas.codec import encode
from schemas.mark import Mark
from schemas.reason import Reason, Verdict
from schemas.statement import Cue
from tests.support.alerts import NOW, alert
from tests.support.paths import ROOT

WORDS = "Estados Unidos prepare el regreso de la Iniciativa Mérida"


def of(cue: str, lang: str, **more: object) -> Alert:
    """An alert with an indirect statement under this cue, composed as the pipeline does it."""
    found = Cue(text=cue, start=0, end=len(cue), **more)  # type: ignore[arg-type]
    statement = AlertStatement(id="s1", text=WORDS, kind="indirect", cue=found)
    statement = statement.model_copy(update={"verb": verb(statement, lang)})
    return alert(1, speaker="Sarah Kendrick", lang=lang, statements=(statement,))


TOLD = {
    "a denial": (of("negó", "es", sense="denied"), "negó esto"),
    "a doubt": (of("cast doubt on", "en", sense="denied"), "doubted this"),
    "a negated cue": (of("did not say", "en", sense="said", negated=True), "did not say this"),
}


def terminal(one: Alert) -> str:
    screen = io.StringIO()
    show_alert(one, Console(file=screen, width=200))
    return screen.getvalue()


def page(one: Alert, path: str) -> str:
    store = PageStore(("merida",))
    store.put("alerts.merida", encode(one))
    store.sort()
    app = PageApp(store, lambda *_: None, ("localhost",)).app
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.get(f"{path}{'&' if '?' in path else '?'}ui={one.lang}")
        assert answer.status_code == 200
        return answer.text


def traced(one: Alert) -> str:
    statement = one.statements[0]
    verdict = Verdict(
        text=statement.text, speaker="Sarah Kendrick", verb=statement.verb, verdict="new", reason=Reason(why="new")
    )
    return "\n".join(verdict_lines(verdict, Traced("a1")))


def exported(one: Alert) -> str:
    (entry,) = entries_of(one)
    return " ".join(csv_row(entry).values())


def marked(one: Alert) -> str:
    return " ".join(examples(Mark(id=one.id, verdict="wrong", alert=one, at=NOW))[0].values())


#: Every place where a person or a program reads what was said. A new one belongs here.
CHANNELS: dict[str, Callable[[Alert], str]] = {
    "the title of a message": lambda one: message_text.title([one]),
    "a message": lambda one: message_text.body([one]),
    "a mail": lambda one: html_body([one], message_text.no_links),
    "a digest": lambda one: message_text.body([one, alert(2)]),
    "a message that had to be shortened": lambda one: message_text.messages([one], 180)[0][1],
    "Atom": lambda one: feeds.atom([one], Query(), "https://page.example").decode(),
    "JSON Feed": lambda one: feeds.json_feed([one], Query(), "https://page.example").decode(),
    "the contract": lambda one: encode(one).decode(),
    "the terminal": terminal,
    "the list of the page": lambda one: page(one, "/"),
    "the page of a speaker": lambda one: page(one, "/speaker?speaker=Kendrick"),
    "the page of an alert": lambda one: page(one, f"/alert/merida/{one.id}"),
    "trace": traced,
    "CSV": exported,
    "marked examples": marked,
}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", TOLD)
def test_it_says_what_the_speaker_did(channel: str, kind: str) -> None:
    one, due = TOLD[kind]
    assert due in re.sub(r"<[^>]+>|\s+", " ", CHANNELS[channel](one))


#: Files that read a statement's words and show them to nobody, with the reason.
SHOWS_NOBODY = {
    "deploy/page/rows.py": "searches them",
    "deploy/page/passages.py": "cuts and merges them; the template tells the verb",
    "deploy/page/marking.py": "marks where they stand in the article's own text",
}
_STATEMENTS = {"statement", "entry", "s", "verdict"}


def test_a_file_that_shows_the_words_of_a_statement_tells_the_verb() -> None:
    """A new channel cannot forget it: whoever reads `statement.text` reads its `verb`, or imports
    schemas/attribution.py, or is listed."""
    assert [name for name in sorted(readers("deploy", "connectors")) if name not in SHOWS_NOBODY] == []
    templates = (ROOT / "deploy/page/templates").glob("*.html")
    assert [t.name for t in templates if "statement.text" in t.read_text() and "| verb" not in t.read_text()] == []


def readers(*rooms: str) -> set[str]:
    """The files that read `.text` of something called a statement, and do not import how it is told."""
    found = set[str]()
    for path in (path for room in rooms for path in (ROOT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        reads = any(
            isinstance(node, ast.Attribute)
            and node.attr == "text"
            and isinstance(node.value, ast.Name)
            and node.value.id in _STATEMENTS
            for node in ast.walk(tree)
        )
        told = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "schemas.attribution"
            or isinstance(node, ast.Attribute)
            and node.attr == "verb"
            for node in ast.walk(tree)
        )
        if reads and not told:
            found.add(str(path.relative_to(ROOT).as_posix()))
    return found


def test_a_file_that_forgets_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "pager.py").write_text("def page(statement):\n    return statement.text\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert readers("deploy") == {"deploy/pager.py"}
