"""What the demo says at its end: what was held back, and how to go on. No I/O."""

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from schemas.outcome import Outcome
from schemas.settings import PageSettings


def last_lines(outcomes: Iterable[Outcome], data: Path, program: str) -> list[str]:
    """`program` is how `borderwire` is called here, such as `.venv/bin/borderwire`."""
    command = shlex.quote(program)
    where = f"--data {shlex.quote(str(data))}"
    page = PageSettings()
    return [
        held_back_line(outcomes),
        f"Read the alerts again from Kafka:  {command} subscribe {where} --from-beginning",
        f"See them on the page:  {command} page {where}  and open http://{page.host}:{page.port}/",
    ]


def held_back_line(outcomes: Iterable[Outcome]) -> str:
    """How many repeats raised no alert (statements that were known, copies of an article), and what was too old."""
    known = list(outcomes)
    verdicts = Counter(verdict.verdict for outcome in known for verdict in outcome.verdicts)
    copies = sum(outcome.outcome == "duplicate" for outcome in known)
    return (
        f"Held back: {verdicts['known'] + copies} repeats silenced (statements said before: {verdicts['known']}, "
        f"copies of articles: {copies}); new statements too old or undated for an alert: {verdicts['recorded']}"
    )
