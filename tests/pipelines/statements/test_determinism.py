"""The same article gives the same statements in every process: after a crash another one does the work again, and what
it finds must have the ids, speakers and roles that were alerted. Python's sets have another order in each process."""

import json
import os
import subprocess
import sys

from pipelines.statements.extract import LANGUAGES
from tests.support.sentences import sentences

#: Names of more than eight words, of which the last, or another, stands for the whole later.
LONG = {
    "en": (
        "Ana Maria Ruiz Torre Mendoza Castillo Vega Prado Luna Ortega, director of the port, spoke on Monday. "
        "“The pier will open in May,” said Prado. “Not before,” Ortega added. “Nobody asked us,” Mendoza said."
    ),
    "es": (
        "Ana María Ruiz Torre Mendoza Castillo Vega Prado Luna Ortega, directora del puerto, habló el lunes. "
        "“El muelle abrirá en mayo”, dijo Prado. “No antes”, añadió Ortega. “Nadie nos preguntó”, dijo Mendoza."
    ),
}
PROGRAM = """
import json, sys
from pipelines.statements import extract
for line in sys.stdin:
    print([s.model_dump_json() for s in extract(**json.loads(line))])
"""
SEEDS = range(4)


def test_statements_do_not_depend_on_the_order_of_sets() -> None:
    texts = [{"text": sentence.text, "lang": sentence.lang} for lang in LANGUAGES for sentence in sentences(lang)]
    texts += [{"text": text, "lang": lang} for lang, text in LONG.items()]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    found = {statements(lines, seed) for seed in SEEDS}
    assert len(found) == 1


def statements(lines: str, seed: int) -> str:
    """What a process with this order of its sets finds, a line a text."""
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, check=True)
    assert len(ran.stdout.splitlines()) == len(lines.splitlines())
    return ran.stdout
