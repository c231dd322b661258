"""python -m pipelines.statements FILE|- [--explain]: {"id", "text", "lang"?} a line → its statements, JSON lines."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.language import detect
from pipelines.statements import extract


def records(lines: Iterator[str], explain: bool) -> Iterator[dict[str, object]]:
    """One output record an input line."""
    for line in lines:
        if not line.strip():
            continue
        given = json.loads(line)
        lang = given.get("lang") or detect(given["text"])
        dropped = None if explain else {"why"}
        yield {
            "id": given["id"],
            "lang": lang,
            "topics": [],
            "statements": [s.model_dump(mode="json", exclude=dropped) for s in extract(given["text"], lang=lang)],
        }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--explain", action="store_true", help="tell what made each statement")
    options = parser.parse_args()
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
    for record in records(iter(text.split("\n")), options.explain):
        print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    main()
