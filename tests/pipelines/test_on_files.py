"""The stages on files, as functions and as commands: an invalid line is reported and the others are processed."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.cli.parser import main
from pipelines.on_files import BadLine, dedupe_lines, records, statement_lines
from tests.support.pages import PARAGRAPHS, page

URL = "https://frontera.example/2026/03/02/pier"
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Frontera</title>
<item><title>Old pier to rise again</title><link>{URL}</link><guid>1</guid>
<pubDate>Mon, 02 Mar 2026 12:00:00 -0600</pubDate></item>
<item><title>Dog wins prize</title><link>{URL}/dog</link><guid>2</guid></item></channel></rss>"""
BAD = [
    "{",
    "[]",
    '{"id": 1, "text": "a"}',
    '{"id": "a"}',
    '"text"',
    "null",
    '{"id": "a", "text": null}',
    '{"id": "a", "text": "b", "title": 3}',
    '{"id": "a", "text": "\\ud83d"}',
    "[" * 100_000,
    '{"a":' * 100_000,
    "9" * 5000,
]


def line(name: str, text: str, **more: str) -> str:
    return json.dumps({"id": name, "text": text, **more}, ensure_ascii=False)


def run(capsys, *command: str) -> tuple[int, list[dict], str]:
    code = main(command)
    out, err = capsys.readouterr()
    return code, [json.loads(x) for x in out.splitlines()], err


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_line_is_named_and_the_rest_goes_on(bad):
    given = [line("a", PARAGRAPHS[0]), "", bad, "  ", line("b", PARAGRAPHS[1])]
    for results in (list(records(given)), list(statement_lines(given)), list(dedupe_lines(given))):
        first, wrong, last = results
        assert isinstance(wrong, BadLine)
        assert str(wrong).startswith("line 3: ")
        assert (first["id"], last["id"]) == ("a", "b")


@pytest.mark.parametrize("command", ["statements", "dedupe"])
def test_bad_lines_make_a_command_fail_after_all_lines(command, tmp_path, capsys):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join([line("a", PARAGRAPHS[1]), *BAD, line("b", PARAGRAPHS[2])]), encoding="utf-8")
    code, out, err = run(capsys, command, str(path))
    assert code == 1
    assert [x["id"] for x in out] == ["a", "b"]
    assert [x.split(":")[0] for x in err.splitlines()] == [f"line {n}" for n in range(2, 2 + len(BAD))]
    path.write_text(line("a", PARAGRAPHS[1]), encoding="utf-8")
    assert run(capsys, command, str(path))[::2] == (0, "")


@pytest.mark.parametrize("command", ["statements", "dedupe"])
def test_standard_input_is_read_and_ids_keep_their_order(command, capsys, monkeypatch):
    ids = ["z", "a", "ñ", "a b", ""]
    lines = "\n".join(line(name, text) for name, text in zip(ids, [*PARAGRAPHS, ""], strict=True))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    code, out, _ = run(capsys, command, "-")
    assert code == 0
    assert [x["id"] for x in out] == ids


@pytest.mark.parametrize("command", ["statements", "dedupe"])
def test_bytes_that_are_no_utf_8_spoil_their_line_only(command, tmp_path, capsys):
    path = tmp_path / "in.jsonl"
    good = line("a", PARAGRAPHS[1]).encode()
    path.write_bytes(b"\n".join([b"\xef\xbb\xbf" + good, b'{"id": "b", "text": "se\xf1al"}', good]))
    code, out, err = run(capsys, command, str(path))
    assert code == 1
    assert [x["id"] for x in out] == ["a", "a"]
    assert err.startswith("line 2: ")


def test_a_missing_file_is_wrong_usage(tmp_path, capsys):
    for command in (["clean", "--url", URL], ["parse", "--url", URL], ["statements"], ["dedupe"]):
        assert run(capsys, *command, str(tmp_path / "none"))[0] == 2


def test_offsets_are_code_points_of_the_text_as_given(tmp_path, capsys):
    quote = "“Las armas vienen del norte”"
    text = f"🚢🚢 Crónica.\r\n\r\nLa alcaldesa 𝐑osa Ibarra llegó tarde.\n{quote}, dijo Ibarra el lunes en Me\u0301rida."
    path = tmp_path / "in.jsonl"
    path.write_text(line("a", text, lang="es"), encoding="utf-8")
    code, (result,), _ = run(capsys, "statements", str(path))
    assert (code, result["id"], result["lang"]) == (0, "a", "es")
    (statement,) = result["statements"]
    (span,) = statement["content"]
    assert text[span["start"] : span["end"]].strip("“”") == quote.strip("“”")
    for part in (statement["cue"], statement["source"]):
        assert text[part["start"] : part["end"]] == part["text"]
    assert statement["cue"]["text"] == "dijo"
    assert set(statement) == {"content", "cue", "source", "speaker", "said", "kind", "topics", "confidence"}


def test_statements_say_why_only_when_asked(tmp_path, capsys):
    path = tmp_path / "in.jsonl"
    path.write_text(line("a", PARAGRAPHS[1]), encoding="utf-8")
    (plain,), (told,) = (run(capsys, "statements", str(path), *more)[1] for more in ((), ("--explain",)))
    assert plain["statements"]
    assert all("why" not in s for s in plain["statements"])
    assert all(s["why"] for s in told["statements"])


def test_dedupe_gives_a_reprint_the_story_of_the_first(tmp_path, capsys):
    text = " ".join(PARAGRAPHS)
    lines = [line("a", text, title="Pier"), line("b", "Dogs met on Sunday. " * 3), line("c", text.upper())]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert run(capsys, "dedupe", str(path)) == (0, [{"id": i, "story": s} for i, s in ("aa", "bb", "ca")], "")


def test_clean_prints_an_article_or_says_why_there_is_none(tmp_path, capsys):
    path = tmp_path / "page.html"
    path.write_bytes(page())
    code, (article,), _ = run(capsys, "clean", str(path), "--url", URL)
    assert code == 0
    assert list(article) == ["title", "text", "authors", "published", "lang", "url", "outlet"]
    assert article["text"].split("\n\n") == PARAGRAPHS
    assert (article["published"], article["url"]) == ("2026-03-02T00:00:00Z", URL)
    path.write_bytes(b"")
    assert run(capsys, "clean", str(path), "--url", URL) == (1, [], f"{path}: no article: empty page\n")


def test_parse_prints_the_entries_of_a_feed_or_says_that_it_is_none(tmp_path, capsys):
    path = tmp_path / "feed.xml"
    path.write_text(FEED, encoding="utf-8")
    code, entries, _ = run(capsys, "parse", str(path), "--url", "https://frontera.example/rss")
    assert code == 0
    told = [(e["url"], e["title"]) for e in entries]
    assert told == [(URL, "Old pier to rise again"), (f"{URL}/dog", "Dog wins prize")]
    assert datetime.fromisoformat(entries[0]["published"]) == datetime(2026, 3, 2, 18, tzinfo=UTC)
    assert entries[1]["published"] is None
    assert list(entries[0]) == ["id", "url", "title", "summary", "content", "authors", "published", "updated"]
    path.write_bytes(page())
    code, out, err = run(capsys, "parse", str(path), "--url", URL)
    assert (code, out) == (1, [])
    assert err.startswith(f"{path}: no feed")


@given(st.lists(st.text(max_size=80) | st.builds(line, st.text(max_size=5), st.text(max_size=80)), max_size=5))
def test_any_lines_give_results_in_order_or_errors(lines):
    good = [x["id"] for x in records(lines) if not isinstance(x, BadLine)]
    assert [x["id"] for x in dedupe_lines(lines) if not isinstance(x, BadLine)] == good
    assert len(list(records(lines))) == sum(bool(x.strip()) for x in lines)


@pytest.mark.parametrize("command", ["statements", "dedupe"])
def test_a_line_without_end_is_one_error_and_the_next_is_read(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pipelines.on_files.LONGEST", 1000)
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join([line("a", "x" * 5000), line("b", PARAGRAPHS[2][:500])]), encoding="utf-8")
    code, out, err = run(capsys, command, str(path))
    assert (code, [x["id"] for x in out]) == (1, ["b"])
    assert err == "line 1: longer than 1000 characters\n"


def test_whatever_a_line_provokes_costs_this_line_only(monkeypatch):
    def fail(text: str, **_: object) -> list:
        raise MemoryError if "first" in text else KeyError("x")

    monkeypatch.setattr("pipelines.on_files.extract", fail)
    results = list(statement_lines([line("a", "the first of them"), line("b", "the second of them")]))
    assert list(map(str, results)) == ["a: MemoryError: ", "b: KeyError: 'x'"]


def test_a_page_with_half_an_emoji_in_its_data_and_a_url_that_is_no_text(tmp_path, capsys):
    path = tmp_path / "page.html"
    data = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Pier \\ud83d"}</script>'
    path.write_bytes(page(head=data))
    code, (article,), _ = run(capsys, "clean", str(path), "--url", "https://a.example/\udcff")
    assert code == 0 and "\ufffd" in article["url"]
