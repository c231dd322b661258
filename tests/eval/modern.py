"""`make eval-modern`: what a subscriber gets of articles as outlets write them today ($BORDERWIRE_SHARED/eval/modern).

    python -m tests.eval.modern [--misses [WORD]] [--shipped]

Each document is read with weights that were not learned from it (folds.py). Rows are counted by score_alerts.py, apart
for Spanish and English, and apart for the fifth that is held aside: that one is a figure only, and nothing lists its
errors. `--misses` lists every error of the other documents, or those whose line holds WORD, with its kind. `--shipped`
reads with the shipped weights, which were learned from the documents: not a figure to believe.
"""

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pipelines.statements.learning.folds import held_aside
from tests.eval import folds
from tests.support.paths import SHARED

EVAL = SHARED / "eval"
SETS = {"es": ("es-written", "es-open"), "en": ("en-written", "en-open")}
TOPICS = ("merida", "security-framework", "arms-trafficking")
OVERLAP = 0.3
#: As in gate.py: with fewer positives one statement is more than a point.
ENOUGH = 50

Doc = dict[str, Any]
Figure = tuple[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", nargs="?", const="", metavar="WORD", help="list the errors, or those with WORD")
    parser.add_argument("--shipped", action="store_true", help="read with the shipped weights")
    options = parser.parse_args()
    if not (EVAL / "modern").exists():
        print(f"skipped: {EVAL / 'modern'} is not there")
        return 0
    started = time.perf_counter()
    for lang in SETS:
        golds = load(lang)
        given = folds.read(golds, aside=True, shipped=options.shipped)
        apart = [doc for doc in golds if held_aside(doc["id"])]
        kept = [doc for doc in golds if not held_aside(doc["id"])]
        for name, docs in (("folds", kept), ("held aside", apart)):
            print(f"{lang}, {name}, {len(docs)} documents")
            show(score(docs, given))
        kinds = Counter[str]()
        for kind, line in errors(kept, given):
            kinds[kind] += 1
            if options.misses is not None and options.misses in (told := f"{kind}: {line}"):
                print("  " + told)
        print("  errors by kind: " + ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) + "\n")
    print(f"{time.perf_counter() - started:.0f} s")
    return 0


def figures() -> Iterator[Figure]:
    """The rows that the gate holds, of the folds only; what has few positives says so in its name and is not gated."""
    for lang in SETS:
        golds = load(lang)
        given = folds.read(golds, aside=True)
        for part in (False, True):
            name = f"held aside {lang}" if part else f"modern {lang}"
            yield from rows(name, [doc for doc in golds if held_aside(doc["id"]) == part], given)


def rows(name: str, docs: Sequence[Doc], given: dict[str, Doc]) -> Iterator[Figure]:
    """For each topic F1 of the alerts, articles reached and quiet articles left alone; and speakers. Prints them, too."""
    row = score(docs, given)
    print(name)
    show(row)
    for topic in TOPICS:
        alert, articles = row[f"alert:{topic}"], row[f"articles:{topic}"]
        yield named(f"{name} {topic} F1", alert["due"]), alert["F1"]
        if articles["due"]:
            yield named(f"{name} {topic} articles reached", articles["due"]), articles["reached"]
        yield named(f"{name} {topic} quiet articles left alone", articles["quiet"]), articles["left alone"]
    if row["speaker"]["of"]:
        yield named(f"{name} speaker right", row["speaker"]["of"]), row["speaker"]["right"]


def named(name: str, positives: int) -> str:
    return name if positives >= ENOUGH else f"{name}, {positives} due"


def load(lang: str) -> list[Doc]:
    texts = [(EVAL / "modern" / f"{name}.jsonl").read_text(encoding="utf-8") for name in SETS[lang]]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]


def score(docs: Sequence[Doc], given: dict[str, Doc]) -> dict[str, Doc]:
    """The rows of score_alerts.py, with the articles that have nothing due on a topic, and how many stay silent."""
    with tempfile.TemporaryDirectory() as folder:
        gold, predicted = Path(folder) / "gold.jsonl", Path(folder) / "predicted.jsonl"
        gold.write_text("\n".join(map(json.dumps, docs)), encoding="utf-8")
        predicted.write_text("\n".join(json.dumps(given[doc["id"]]) for doc in docs), encoding="utf-8")
        command = [sys.executable, EVAL / "score_alerts.py", gold, predicted, "--json"]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for topic in TOPICS:
        articles = row[f"articles:{topic}"]
        articles["quiet"] = sum(not on(doc["attributions"], topic) for doc in docs)
        articles["left alone"] = 1 - articles["false alarms"] / articles["quiet"] if articles["quiet"] else 1.0
    return row


def show(row: dict[str, Doc]) -> None:
    for topic in TOPICS:
        alert, articles = row[f"alert:{topic}"], row[f"articles:{topic}"]
        print(
            f"  {topic:19} P {_share(alert['P'])} R {_share(alert['R'])} F1 {_share(alert['F1'])}"
            f" ({alert['predicted']} told, {alert['due']} due); articles reached {_share(articles['reached'])} of"
            f" {articles['due']}; false alarms {articles['false alarms']} of {articles['quiet']} quiet"
        )
    print(f"  speaker right {_share(row['speaker']['right'])} of {row['speaker']['of']}")


def errors(docs: Sequence[Doc], given: dict[str, Doc]) -> Iterator[tuple[str, str]]:
    """(kind, place and words) of each error, by document."""
    scorer = _scorer()
    for doc in docs:
        text, golds = doc["text"], [dict(a, content=scorer.chars(a["content"])) for a in doc["attributions"]]
        preds = [dict(s, content=scorer.chars(s["content"])) for s in given[doc["id"]]["statements"]]
        for topic in TOPICS:
            due, told, others = on(golds, topic), on(preds, topic), [p for p in preds if topic not in p["topics"]]
            sure = [g for g in due if not g.get("maybe")]
            pairs = scorer.pair(sure, told, OVERLAP)
            hit, used = {i for i, _ in pairs}, {j for _, j in pairs}
            rest = [p for j, p in enumerate(told) if j not in used]
            perhaps = scorer.pair([g for g in due if g.get("maybe")], rest, OVERLAP)
            missed = [g for i, g in enumerate(sure) if i not in hit]
            found = {i for i, _ in scorer.pair(missed, others, OVERLAP)}
            for i, g in enumerate(missed):
                kind = "missed: found, not taken for on topic" if i in found else "missed: no such statement found"
                yield kind, f"{topic} {doc['id']} {_words(text, g)}"
            for j, p in enumerate(rest):
                if j not in {k for _, k in perhaps}:
                    yield _extra(scorer, p, golds, due), f"{topic} {doc['id']} {_words(text, p)} [{_terms(p, topic)}]"
            for g, p in [(sure[i], told[j]) for i, j in pairs]:
                name = (p["speaker"] or {}).get("name")
                if not _same_speaker()(g.get("speaker"), name):
                    yield "speaker wrong", f"{topic} {doc['id']} {name!r}, not {g.get('speaker')!r}: {_words(text, g)}"


def _extra(scorer: ModuleType, extra: Doc, golds: list[Doc], due: list[Doc]) -> str:
    if any(scorer.pair([g], [extra], OVERLAP) for g in golds if g not in due):
        return "false: a statement, not on topic"
    if any(extra["content"] & g["content"] for g in golds):
        return "false: cut badly or found twice"
    return "false: no statement"


def on(statements: Sequence[Doc], topic: str) -> list[Doc]:
    return [s for s in statements if topic in (s.get("topics") or ())]


def _words(text: str, statement: Doc) -> str:
    return repr(text[min(statement["content"]) : max(statement["content"]) + 1][:160])


def _terms(statement: Doc, topic: str) -> str:
    return "; ".join(term["text"] for term in statement["terms"] if term["topic"] == topic)


def _share(value: float | None) -> str:
    return "  - " if value is None else f"{value:.2f}"


def _scorer() -> ModuleType:
    return _module("score_statements")


def _same_speaker() -> Any:
    return _module("score_alerts").same_speaker


_modules: dict[str, ModuleType] = {}


def _module(name: str) -> ModuleType:
    if name not in _modules:
        sys.path.insert(0, str(EVAL))
        _modules[name] = importlib.import_module(name)
    return _modules[name]


if __name__ == "__main__":
    sys.exit(main())
