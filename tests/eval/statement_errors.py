"""`make statement-errors`: the kinds of error that remain, and how many of each, as the table of docs/statements.md.

Compares the statements of the evaluation's documents with its gold, content overlap 0.3 as the scorer does. Spanish
news and releases are read with weights that were not learned from them (`--weights DIR`, as held_out.py leaves
them), or, without, with the shipped ones, and the table says so.
"""
import argparse
import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

from pipelines.statements.lexicon import lexicon
from tests.eval import held_out

MISSED = (
    ("no cue is written", lambda gold, cue, known: not cue),
    ("noun as cue", lambda gold, cue, known: _form(cue, known) == "noun"),
    ("cue is no word of the lexicon", lambda gold, cue, known: _form(cue, known) is None),
    ("belief, wish or plan", lambda gold, cue, known: _sense(cue, known) == "thinks"),
    ("quoted words", lambda gold, cue, known: any(c in "“”\"«»" for c in gold)),
    ("indirect speech with another verb of the lexicon", lambda gold, cue, known: True),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="folders 0 to 3 with the weights of the folds")
    options = parser.parse_args()
    if not held_out.EVAL.exists():
        print(f"skipped: {held_out.EVAL} is not there")
        return 0
    columns = {}
    for name in ("en-polnear-dev", *held_out.SETS):
        columns[name] = count(name, predicted(name, options.weights))
    names = list(columns)
    how = "held out" if options.weights else "with the shipped weights, which were learned from them"
    print(f"es-news and en-releases {how}.\n")
    print("| kind | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for kind in dict.fromkeys(kind for column in columns.values() for kind in column):
        print(f"| {kind} | " + " | ".join(str(columns[name][kind]) for name in names) + " |")
    return 0


def predicted(name: str, weights: Path | None) -> list[tuple[dict, list[dict]]]:
    """Each document with its statements."""
    documents = held_out.read(held_out.EVAL / "statements" / f"{name}.jsonl")
    if weights is None or name not in held_out.SETS:
        return [(document, held_out.statements(document)["statements"]) for document in documents]
    first = 0 if name == held_out.SETS[0] else len(held_out.read(held_out.EVAL / "statements" / "es-news.jsonl"))
    out = []
    for number, document in enumerate(documents, first):
        held_out.use(weights / str(number % held_out.FOLDS))
        out.append((document, held_out.statements(document)["statements"]))
    return out


def count(name: str, read: list[tuple[dict, list[dict]]]) -> Counter[str]:
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
    spec = importlib.util.spec_from_file_location("score_statements", held_out.EVAL / "score_statements.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
