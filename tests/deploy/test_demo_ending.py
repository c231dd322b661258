"""The last lines of the demo: what was held back is counted, and the commands work as they are typed."""

import shlex
from pathlib import Path

from deploy.cli.parser import parser
from deploy.demo.ending import held_back_line, last_lines
from schemas.outcome import Outcome
from schemas.reason import Reason, Verdict
from schemas.settings import PageSettings

RECORD = (Path(__file__).parents[1] / "schemas" / "records" / "articles.outcomes.v1.json").read_bytes()


def outcome(kind, *verdicts):
    told = tuple(Verdict(text="t", verdict=verdict, reason=Reason(why="w")) for verdict in verdicts)
    return Outcome.model_validate_json(RECORD).model_copy(update={"outcome": kind, "verdicts": told})


def test_repeats_are_counted_by_statement_and_by_copy():
    line = held_back_line(
        [outcome("alerted", "new", "known"), outcome("recorded", "known", "recorded"), outcome("duplicate")]
    )
    assert line == (
        "Held back: 3 repeats silenced (statements said before: 2, copies of articles: 1); "
        "new statements too old or undated for an alert: 1"
    )


def test_the_commands_are_ones_that_the_program_has():
    _, subscribe, page = last_lines([], Path("data/de mo"), ".venv/bin/borderwire")
    assert f"http://127.0.0.1:{PageSettings().port}/" in page
    for line in (subscribe, page):
        words = shlex.split(line.partition(":  ")[2].partition("  and open")[0])
        assert words[0] == ".venv/bin/borderwire"
        assert parser().parse_args(words[1:]).data == Path("data/de mo")
