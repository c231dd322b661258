"""The comparison with other readers' test feeds, on two documents of our own; theirs are not kept here."""

from pathlib import Path

import pytest

from tests.conformance import feedparser_files, miniflux_tests
from tests.conformance.__main__ import main
from tests.conformance.compare import compared
from tests.conformance.reasons import REASONS

XML = """<!--
Description: a title
Expect:      not bozo and entries[0]['title'] == '{}'
-->
<rss version="2.0"><channel><item><title>The bridge is closed</title></item></channel></rss>"""
GO = """package rss

func TestTitle(t *testing.T) {
\tdata := `<rss version="2.0"><channel><item><link>/a</link><title>T\u00e9</title></item></channel></rss>`
\tfeed, err := Parse("https://example.org/", bytes.NewReader([]byte(data)))
\tif feed.Entries[0].URL != "https://example.org/a" {
\t}
}
"""


def made(root: Path, title: str) -> Path:
    (root / "feedparser" / "tests").mkdir(parents=True)
    (root / "feedparser" / "tests" / "title.xml").write_text(XML.format(title))
    go = root / "miniflux" / "internal" / "reader" / "rss"
    go.mkdir(parents=True)
    (go / "parser_test.go").write_text(GO)
    return root


def test_a_reading_that_agrees_and_one_that_does_not(tmp_path):
    (one,) = feedparser_files.cases(made(tmp_path / "a", "The bridge is closed") / "feedparser")
    (two,) = feedparser_files.cases(made(tmp_path / "b", "The bridge is open") / "feedparser")
    (three,) = miniflux_tests.cases(tmp_path / "a" / "miniflux")
    verdicts = [compared(case, REASONS) for case in (one, two, three)]
    assert [(verdict.agrees, verdict.reason) for verdict in verdicts] == [(True, ""), (False, ""), (True, "")]


@pytest.mark.parametrize(("title", "code"), [("The bridge is closed", 0), ("The bridge is open", 1)])
def test_the_exit_code_says_whether_all_differences_have_a_reason(tmp_path, monkeypatch, capsys, title, code):
    monkeypatch.setattr("sys.argv", ["conformance", str(made(tmp_path, title))])
    assert main() == code
    assert ("WITHOUT A REASON" in capsys.readouterr().out) == bool(code)


def test_without_the_files_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["conformance"])
    monkeypatch.delenv("BORDERWIRE_CONFORMANCE", raising=False)
    assert main() == 0
    assert "not run" in capsys.readouterr().out
