"""`make eval-held-out`: figures of Spanish news and releases on documents that were not learned from.

Learns the weights once a fold with every fourth of these documents left out (`pipelines.statements.learn --hold`),
reads those with them, and scores all predictions together with the scorers of $BORDERWIRE_SHARED/eval. Writes
held_out.json, which `make eval` shows; the shipped weights are learned from all of them. `--weights DIR` keeps the
weights of the folds, and uses them where they are there.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines.statements import crf, extract, tagging

SHARED = Path(os.environ.get("BORDERWIRE_SHARED", "../shared"))
EVAL = SHARED / "eval"
KEPT = Path(__file__).with_name("held_out.json")
FOLDS = 4
SETS = ("es-news", "en-releases")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="where the weights of the folds are, or will be")
    options = parser.parse_args()
    if not EVAL.exists():
        print(f"skipped: {EVAL} is not there")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options.weights or Path(folder))
    KEPT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:44} {value:9.4f}")
    return 0


def measure(folder: Path) -> dict[str, float]:
    sets = {name: read(EVAL / "statements" / f"{name}.jsonl") for name in SETS}
    numbered = [(name, document) for name in SETS for document in sets[name]]
    predicted: dict[str, list[str]] = {name: [] for name in SETS}
    for fold in range(FOLDS):
        use(weights(folder / str(fold), fold))
        for number, (name, document) in enumerate(numbered):
            if number % FOLDS == fold:
                predicted[name].append(json.dumps(statements(document)))
    return {f"{name} {key}": value for name in SETS for key, value in scored(name, predicted[name]).items()}


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def weights(folder: Path, fold: int) -> Path:
    """The folder of a fold's weights, learned now unless they are there."""
    if not (folder / "linker.npz").exists():
        command = [sys.executable, "-m", "pipelines.statements.learn", "--hold", f"{fold}/{FOLDS}", "--out", folder]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return folder


def use(folder: Path) -> None:
    pair = tuple(crf.load((folder / name).read_bytes()) for name in ("tagger.npz", "linker.npz"))
    tagging.models = lambda: pair  # type: ignore[assignment]


def statements(document: dict) -> dict:
    found = extract(document["text"], lang=document["lang"])
    return {"id": document["id"], "statements": [statement.model_dump(mode="json") for statement in found]}


def scored(name: str, lines: list[str]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(lines))
        file.flush()
        gold = EVAL / "statements" / f"{name}.jsonl"
        command = [sys.executable, EVAL / "score_statements.py", gold, file.name, "--json"]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    flat = {f"{key} F1": value["F1"] for key, value in result.items() if isinstance(value, dict) and "@" in key}
    return flat | {key: value for key, value in result.items() if isinstance(value, float)}


if __name__ == "__main__":
    sys.exit(main())
