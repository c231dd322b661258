"""Commands that run single stages of the pipeline on files: bytes or lines in, JSON lines out."""

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deploy.cli.common import Commands
from deploy.output import complain, tell_json

TITLE = "Stages on files"


def add_to(add: Commands, settings: argparse.ArgumentParser) -> None:
    """Add the commands of this group. `settings` has the options shared by all commands that read settings."""
    command = add.add_parser("parse", description="feed bytes to entries, one JSON line each")
    command.add_argument("file", type=Path)
    command.add_argument("--url", required=True)
    command.set_defaults(command=parse)

    command = add.add_parser("clean", description="page to clean article, JSON")
    command.add_argument("file", type=Path)
    command.add_argument("--url", required=True)
    command.set_defaults(command=clean)

    command = add.add_parser("statements", description='{"id","text","lang"?} a line to statements')
    command.add_argument("file", metavar="FILE|-")
    command.add_argument("--explain", action="store_true", help="say which rule or feature made each statement")
    command.set_defaults(command=statements)

    command = add.add_parser("dedupe", description='{"id","text"} a line to {"id","story"}')
    command.add_argument("file", metavar="FILE|-")
    command.set_defaults(command=dedupe)

    command = add.add_parser("schemas", description="write the JSON Schema of every topic")
    command.add_argument("directory", type=Path, metavar="DIR")
    command.set_defaults(command=schemas)


def parse(arguments: argparse.Namespace) -> int:
    from connectors.errors import ConnectorError
    from connectors.formats.feed_file import parse_file

    try:
        return print_lines(parse_file(arguments.file, arguments.url))
    except ConnectorError as error:
        complain(f"{arguments.file}: no feed: {error}", "")
        return 1


def clean(arguments: argparse.Namespace) -> int:
    from pipelines.errors import NoArticle
    from pipelines.on_files import clean_file

    try:
        return print_lines([clean_file(arguments.file, arguments.url)])
    except NoArticle as error:
        complain(f"{arguments.file}: no article: {error}", "")
        return 1


def statements(arguments: argparse.Namespace) -> int:
    from pipelines.on_files import statement_lines

    return print_lines(statement_lines(lines_of(arguments.file), arguments.explain))


def dedupe(arguments: argparse.Namespace) -> int:
    from pipelines.on_files import dedupe_lines

    return print_lines(dedupe_lines(lines_of(arguments.file)))


def schemas(arguments: argparse.Namespace) -> int:
    from schemas.export import write_schemas

    for path in write_schemas(arguments.directory):
        print(path)
    return 0


def lines_of(name: str) -> Iterator[str]:
    """The lines of a file, or of standard input for "-". Bytes that are not UTF-8 become lone surrogates, not an error.

    A line longer than LONGEST is cut after LONGEST + 1 characters, so that the reader can tell; the rest is skipped.
    """
    from pipelines.on_files import LONGEST

    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as source:
        text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape")
        while line := text.readline(LONGEST + 1):
            yield line
            while len(line) > LONGEST and not line.endswith("\n"):
                line = text.readline(LONGEST + 1)


def print_lines(results: Iterable[Any]) -> int:
    """Print each result as a JSON line on standard output. Errors go to standard error and make the exit code 1."""
    failed = False
    for result in results:
        if isinstance(result, Exception):
            failed = True
            complain(str(result), "")
        else:
            tell_json(json.dumps(result, ensure_ascii=False))
    return 1 if failed else 0
