"""`borderwire export`: the statements of the ledger with their sources, as JSON lines or CSV."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

import structlog

from deploy.alerts.marks import Marks, examples
from deploy.output import tell_json
from pipelines.newness.briefing import first_published, in_time
from schemas.attribution import verb, verb_facts
from schemas.codec import DecodeError, decode
from schemas.delivery import Filter, name_wanted, spoken
from schemas.kafka.topic_tail import TopicTail
from schemas.printable import printable
from schemas.settings import Settings
from schemas.statement import LedgerEntry

log = structlog.get_logger()

FIELDS = (
    "id",
    "when",
    "topics",
    "speaker",
    "role",
    "known",
    "verb",
    "sense",
    "negated",
    "supposed",
    "text",
    "lang",
    "kind",
    "said",
    "alert",
    "story",
    "twins",
    "sightings",
    "outlets",
    "urls",
)


def history(settings: Settings, wanted: Filter, since: datetime | None, until: datetime | None) -> list[LedgerEntry]:
    """The ledger's statements that pass the filter, first published from `since` to before `until`, oldest first."""
    found: dict[str, LedgerEntry] = {}
    for _, _, value in TopicTail(settings.kafka, ["statements"]).read():
        try:
            entry = decode(LedgerEntry, value)
        except DecodeError as error:
            if value is not None:
                log.warning("unreadable record left out", topic="statements", error=str(error))
            continue
        found[entry.id] = entry
    fits = (e for e in found.values() if takes(wanted, e) and (since is None or first_published(e) >= since))
    return sorted((e for e in fits if until is None or first_published(e) < until), key=in_time)


def takes(wanted: Filter, entry: LedgerEntry) -> bool:
    return (
        (not wanted.topics or bool(set(wanted.topics) & set(entry.topics)))
        and (not wanted.languages or entry.lang in wanted.languages)
        and spoken(wanted.speakers, entry.speaker)
        and any(name_wanted(wanted.outlets, sighting.outlet) for sighting in entry.sightings)
    )


def csv_row(entry: LedgerEntry) -> dict[str, str]:
    """A statement as a row of a table. Several outlets are separated by " | ", several topics, ids or URLs by a space.

    `known` is how the speaker is known (written, resolved, inferred), `twins` are the ids of statements in the other
    language that may be the same. `verb` is what the speaker did, in the statement's language; `sense`, `negated` and
    `supposed` are the same for programs. Where the verb ends in "this" or "esto", `text` is what was denied or not
    said.
    """
    sense, negated, supposed = verb_facts(entry)
    return {
        "id": entry.id,
        "when": first_published(entry).isoformat(),
        "topics": " ".join(entry.topics),
        "speaker": entry.speaker.name if entry.speaker else "",
        "role": (entry.speaker.role if entry.speaker else "") or "",
        "known": (entry.speaker.known if entry.speaker else "") or "",
        "verb": verb(entry, entry.lang),
        "sense": sense,
        "negated": yes(negated),
        "supposed": yes(supposed),
        "text": entry.text,
        "lang": entry.lang or "",
        "kind": entry.kind,
        "said": (entry.said.text if entry.said else ""),
        "alert": entry.alert or "",
        "story": entry.story or "",
        "twins": " ".join(entry.possible),
        "sightings": str(len(entry.sightings)),
        "outlets": " | ".join(dict.fromkeys(s.outlet for s in entry.sightings)),
        "urls": " ".join(s.url for s in entry.sightings),
    }


def yes(fact: bool) -> str:
    return "yes" if fact else "no"


def safe(cell: str) -> str:
    """The cell without control characters, and quoted so that no spreadsheet treats it as a formula."""
    cell = printable(cell)
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def print_csv(rows: Iterable[dict[str, str]], fields: Iterable[str]) -> None:
    writer = csv.DictWriter(sys.stdout, fieldnames=list(fields))
    writer.writeheader()
    for line in rows:
        writer.writerow({name: safe(cell) for name, cell in line.items()})


def export_history(
    settings: Settings, wanted: Filter, since: datetime | None, until: datetime | None, as_csv: bool
) -> int:
    """Print the history."""
    entries = history(settings, wanted, since, until)
    if as_csv:
        print_csv(map(csv_row, entries), FIELDS)
    else:
        for entry in entries:
            tell_json(entry.model_dump_json(exclude_none=True))
    return 0


def export_examples(settings: Settings, as_csv: bool) -> int:
    """Print the alerts that readers marked, as examples for the evaluation: a line for each statement."""
    rows = list(marked(settings))
    if as_csv:
        print_csv(rows, rows[0] if rows else ["id"])
    else:
        for line in rows:
            tell_json(json.dumps(line, ensure_ascii=False))
    return 0


def marked(settings: Settings) -> Iterator[dict[str, str]]:
    marks = Marks(settings)
    marks.refresh()
    for mark in marks.by_alert.values():
        yield from examples(mark)
