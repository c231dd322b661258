"""`make statement-errors`: the kinds of error that remain, and how many of each, as the table of docs/statements.md.

Compares the statements of the evaluation's documents with its gold, content overlap 0.3 as the scorer does. Every
document is read with weights that were not learned from it (folds.py).
"""

import importlib.util
import sys
from collections import Counter
from types import ModuleType

from pipelines.statements.reading.lexicon import lexicon
from tests.eval import alert_rows, folds

EVAL = alert_rows.SHARED / "eval"
SETS = ("es-news", "en-releases")

MISSED = (
    ("no cue is written", lambda gold, cue, known: not cue),
    ("noun as cue", lambda gold, cue, known: _form(cue, known) == "noun"),
    ("cue is no word of the lexicon", lambda gold, cue, known: _form(cue, known) is None),
    ("belief, wish or plan", lambda gold, cue, known: _sense(cue, known) == "thinks"),
    ("quoted words", lambda gold, cue, known: any(c in '“”"«»' for c in gold)),
    ("indirect speech with another verb of the lexicon", lambda gold, cue, known: True),
)


def main() -> int:
    if not EVAL.exists():
        print(f"skipped: {EVAL} is not there")
        return 0
    columns = {name: count(predicted(name)) for name in ("en-polnear-dev", *SETS)}
    names = list(columns)
    print("| kind | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for kind in dict.fromkeys(kind for column in columns.values() for kind in column):
        print(f"| {kind} | " + " | ".join(str(columns[name][kind]) for name in names) + " |")
    return 0


def predicted(name: str) -> list[tuple[dict, list[dict]]]:
    """Each document with its statements."""
    documents = alert_rows.load(EVAL / "statements" / f"{name}.jsonl")
    given = folds.read(documents, shipped=name not in SETS)
    return [(document, given[document["id"]]["statements"]) for document in documents]


def count(read: list[tuple[dict, list[dict]]]) -> Counter[str]:
    scorer = _scorer()
    kinds: Counter[str] = Counter()
    for document, statements in read:
        text, known = document["text"], lexicon(document["lang"])
        gold = [dict(a, content=scorer.chars(a["content"])) for a in document["attributions"] if a["content"]]
        found = [dict(s, content=scorer.chars(s["content"])) for s in statements]
        pairs = scorer.pair(gold, found, 0.3)
        exact = {i for i, _ in scorer.pair(gold, found, 0.8)}
        kinds["gold statements"] += len(gold)
        kinds["found"] += len(pairs)
        kinds["found, but cut in another place (overlap under 0.8)"] += sum(i not in exact for i, _ in pairs)
        for i, j in pairs:
            kinds["source missing"] += bool(gold[i]["source"]) and not found[j]["source"]
            kinds["source wrong"] += bool(found[j]["source"]) and _apart(scorer, gold[i]["source"], found[j]["source"])
            if speaker := gold[i].get("speaker"):
                given = found[j]["speaker"]
                last = scorer.fold(speaker)[-1:]
                kinds["speaker missing"] += not given
                kinds["speaker wrong"] += bool(given) and last != [] and last[0] not in scorer.fold(given["name"])
        matched, used = {i for i, _ in pairs}, {j for _, j in pairs}
        for i, missed in enumerate(gold):
            if i not in matched:
                cue = " ".join(text[a:b] for a, b in missed["cue"])
                words = "".join(text[c] for c in sorted(missed["content"]))
                kinds["missed: " + next(kind for kind, holds in MISSED if holds(words, cue, known))] += 1
        for j, extra in enumerate(found):
            if j not in used:
                kinds["extra: " + _extra(scorer, extra, gold)] += 1
    return kinds


def _apart(scorer: ModuleType, spans: list, given: dict) -> bool:
    wanted = scorer.chars(spans)
    return bool(wanted) and not wanted & scorer.chars([given])


def _extra(scorer: ModuleType, extra: dict, gold: list[dict]) -> str:
    cue = scorer.chars([extra["cue"]] if extra["cue"] else [])
    if any(cue & scorer.chars(g["cue"]) for g in gold):
        return "right cue, wrong content"
    if any(extra["content"] <= g["content"] for g in gold):
        return "part of what somebody else said"
    return "nobody speaks, as the gold has it"


def _form(cue: str, known) -> str | None:
    entries = [known.words[w] for w in cue.lower().split() if w in known.words]
    return ("noun" if all(e.form == "noun" for e in entries) else "verb") if entries else None


def _sense(cue: str, known) -> str | None:
    return next((known.words[w].sense for w in reversed(cue.lower().split()) if w in known.words), None)


def _scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_statements", EVAL / "score_statements.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
