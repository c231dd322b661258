"""`make eval`: every accuracy figure beside the last accepted one; fails when one fell by more than one point.

Runs the scorers of $BORDERWIRE_SHARED/eval on what the `borderwire` command prints, and, where documents were learned
from, on what is found in them with weights that were learned without them (folds.py). `--accept` writes the figures to
accepted.json as the new ones to hold. Figures are F1 or shares, 0 to 1. Not gated: words a second, what has fewer than
50 positives, whose count is shown, and the documents held aside. `--only modern topics` measures some groups only.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.eval import alert_rows, changing_rows, folds, modern, pair_rows, unseen_rows
from tests.eval.warm_command import warm_command
from tests.support.paths import SHARED

EVAL = SHARED / "eval"
ACCEPTED = Path(__file__).with_name("accepted.json")
COMMAND = Path(sys.executable).with_name("borderwire")
#: A figure may be this much lower than accepted.
SLACK = 0.01
#: With fewer positives than this one statement is more than a point: such a figure is shown with its count and not gated.
ENOUGH = 50

Figure = tuple[str, float]


def main() -> int:
    if not EVAL.exists():
        print(f"skipped: {EVAL} is not there")
        return 0
    arguments = parser().parse_args()
    figures = dict(measure(arguments.only))
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8")) if ACCEPTED.exists() else {}
    if arguments.accept:
        kept = accepted if arguments.only else {}
        ACCEPTED.write_text(json.dumps(kept | figures, indent=1) + "\n", encoding="utf-8")
    fell = []
    print(f"{'figure':56} {'now':>9} {'accepted':>9}")
    for name, value in figures.items():
        gated = not name.endswith(("/s", " due")) and not name.startswith("held aside")
        before = accepted.get(name)
        low = gated and before is not None and value < before - SLACK
        fell += [name] if low else []
        form = "9.0f" if name.endswith("/s") else "9.4f"
        shown = " " * 9 if before is None else format(before, form)
        print(f"{name:56} {value:{form}} {shown}{' FELL' * low}")
    missing = [] if arguments.only else sorted(set(accepted) - set(figures))
    if missing:
        print(f"not measured any more: {', '.join(missing)}")
    print("no figure fell" if not fell and not missing else f"{len(fell)} figures fell by more than one point")
    return 1 if fell or missing else 0


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(description="Accuracy figures beside the accepted ones.")
    arguments.add_argument("--accept", action="store_true", help="write the figures down as the new ones to hold")
    arguments.add_argument("--only", nargs="+", choices=GROUPS, metavar="GROUP", help=f"some of {', '.join(GROUPS)}")
    return arguments


def measure(only: Sequence[str] | None) -> Iterator[Figure]:
    """The figures of every group, or of some."""
    for group in only or GROUPS:
        yield from GROUPS[group]()


def all_statement_figures() -> Iterator[Figure]:
    for name in ("en-polnear-dev", "es-news", "en-releases"):
        yield from statement_figures(name)


def statement_figures(name: str) -> Iterator[Figure]:
    """Of `en-polnear-dev`, which nothing was learned from, with the shipped weights; of the others with the folds'."""
    gold = EVAL / "statements" / f"{name}.jsonl"
    docs = alert_rows.load(gold)
    with tempfile.NamedTemporaryFile("w+", suffix=".jsonl") as predicted:
        given = folds.read(docs, shipped=name == "en-polnear-dev")
        predicted.write("\n".join(map(json.dumps, given.values())))
        predicted.flush()
        scored = json.loads(score("score_statements.py", gold, predicted.name, "--json"))
    for key, value in scored.items():
        if isinstance(value, dict):
            yield named(f"{name} {key} F1", value["gold"]), value["F1"]
        elif isinstance(value, float):
            yield f"{name} {key}", value


def named(name: str, positives: int) -> str:
    """A figure's name; with the count of positives where these are few, so that it is not gated."""
    return name if positives >= ENOUGH else f"{name}, {positives} due"


def alert_figures() -> Iterator[Figure]:
    """What a subscriber would get, pooled over the annotated files; whose the misses are is printed beside it."""
    golds = alert_rows.golds()
    predicted, alone = alert_rows.predictions(golds), alert_rows.by_aboutness_alone(golds)
    for topic in alert_rows.TOPICS:
        row = alert_rows.score(golds, predicted, topic)
        print(f"alert:{topic}:", ", ".join(f"{number} {whose}" for whose, number in sorted(row.whose.items())))
        yield named(f"alert:{topic} both files F1", row.due), row.f1
        yield named(f"alert:{topic} by aboutness alone F1", row.due), alert_rows.score(golds, alone, topic).f1


def pair_figures() -> Iterator[Figure]:
    for name in pair_rows.FILES:
        yield from pair_rows.figures(name)


def topic_figures() -> Iterator[Figure]:
    gold = EVAL / "topics" / "passages.jsonl"
    with tempfile.NamedTemporaryFile("w+", suffix=".jsonl") as predicted:
        subprocess.run([COMMAND, "statements", gold], stdout=predicted, check=True)
        for line in score("score_topics.py", gold, predicted.name).splitlines():
            if found := re.match(r"(\S+)\s+(\S+)\s+.*F1 ([\d.]+)\s+gold (\d+)", line):
                topic, language, f1, count = found.groups()
                yield named(f"topic {topic} {language} F1", int(count)), float(f1)
        found_in = {doc["id"]: doc["topics"] for doc in alert_rows.load(Path(predicted.name))}
    traps = [doc["id"] for doc in alert_rows.load(gold) if not doc["topics"] and not doc["not_scored"]]
    wrong = sum(bool({*found_in[trap]} & {"merida", "arms-trafficking", "security-framework"}) for trap in traps)
    yield "topic traps kept out", 1 - wrong / len(traps)


def dedupe_figures() -> Iterator[Figure]:
    done = score("score_dedupe.py", EVAL / "neardup" / "pairs.jsonl", "--errors")
    for name, value in re.findall(r"\b(P|R|F1) ([\d.]+)", done):
        yield f"near-duplicates {name}", float(value)
    apart = not re.search(r"merged (template|boilerplate)", done)
    yield "near-duplicates template and furniture apart", float(apart)


def clean_figures() -> Iterator[Figure]:
    with warm_command() as command:  # it is started once for each of 226 pages
        done = score("score_clean.py", EVAL / "clean", command=command)
    for line in done.splitlines():
        kind = line.split(" P ")[0].split(" found ")[0].split()
        for name, value in re.findall(r"\b(F1|found|kept out) ([\d.]+)", line):
            yield f"clean {' '.join(kind)} {name}", float(value)


def score(scorer: str, *arguments: object, command: Path = COMMAND) -> str:
    """What a scorer prints, then its `--errors`. Raises CalledProcessError when it fails."""
    words = [sys.executable, EVAL / scorer, *map(str, arguments)]
    environment = os.environ | {"BORDERWIRE": str(command)}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    return done.stdout + (done.stderr if "--errors" in words else "")


GROUPS: dict[str, Callable[[], Iterator[Figure]]] = {
    "modern": modern.figures,
    "unseen": unseen_rows.figures,
    "statements": all_statement_figures,
    "alerts": alert_figures,
    "topics": topic_figures,
    "pairs": pair_figures,
    "changing": changing_rows.figures,
    "dedupe": dedupe_figures,
    "clean": clean_figures,
}

if __name__ == "__main__":
    sys.exit(main())
