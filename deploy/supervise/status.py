"""`borderwire status`: a summary of the running instance. Exit code 0 healthy, 1 not healthy, 3 nothing runs."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.machine.instance import read_note, with_running_broker
from deploy.machine.process import identity
from deploy.metrics.exporter import saved_unreadable
from deploy.metrics.health import Sight, since, told, troubles
from deploy.metrics.observe import Looker
from deploy.output import complain
from schemas.settings import Settings

MB = 2**20


def status(settings: Settings, as_json: bool = False) -> int:
    """Observe the instance once, print the result, and return the exit code."""
    note = read_note(settings.data)
    if not note or identity(note["pid"]) is None:
        complain(f"nothing runs on {settings.data}")
        return 3
    sight = Looker(with_running_broker(settings)).look()
    sight = dataclasses.replace(sight, unreadable=saved_unreadable(settings.data))
    wrong = troubles(sight)
    if as_json:
        print(json.dumps(for_programs(note, sight, wrong)))
    else:
        show_status(note, sight, wrong, Console())
    return 1 if wrong else 0


#: The fields of an observation that are points in time; the others of its figures are numbers or spans.
TIMES = ("at", "completed_at", "ticked", "waiting")


def for_programs(note: dict[str, Any], sight: Sight, wrong: list[str]) -> dict[str, Any]:
    """The status as JSON: points in time are ISO 8601 in UTC. `started` of a part is not one: with its pid it
    identifies a process."""
    instance = note | {"started": point_in_time(note["started"])}
    return {"healthy": not wrong, "why": wrong, "instance": instance, "seen": with_times(dataclasses.asdict(sight))}


def with_times(value: Any) -> Any:
    """JSON data in which the fields of TIMES, seconds since 1970, are ISO 8601."""
    if isinstance(value, dict):
        return {n: point_in_time(inner) if n in TIMES else with_times(inner) for n, inner in value.items()}
    return [with_times(inner) for inner in value] if isinstance(value, list | tuple) else value


def point_in_time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def show_status(note: dict[str, Any], sight: Sight, wrong: list[str], console: Console) -> None:
    started = datetime.fromtimestamp(note["started"])
    console.print(f"process {note['pid']}, version {note['version']}, since {started:%Y-%m-%d %H:%M:%S}")
    console.print(f"kafka {note['kafka']}   flink {note['flink']}   metrics {note.get('metrics') or 'none'}")
    table = Table("part", "pids", "memory", "cpu", "restarts")
    for part in sight.parts:
        pids = str(part.processes) if part.alive else "DOWN"
        table.add_row(part.name, pids, f"{part.memory / MB:.0f} MB", f"{part.cpu:.0f} s", str(part.restarts))
    console.print(table)
    for line in lines(sight):
        console.print(line, highlight=False)
    console.print("healthy" if not wrong else "NOT HEALTHY\n  " + "\n  ".join(wrong), highlight=False)


def lines(sight: Sight) -> list[str]:
    """One line each for the checkpoint, the reading progress, the disk, paused fetching and unreadable records."""
    found = []
    if (done := sight.checkpoints) and done.completed:
        age, size = told(since(sight.at, done.completed_at)), (done.size or 0) / MB
        found.append(f"checkpoint  completed {age}, {size:.1f} MB, {done.completed} done, {done.failed} failed")
    if sight.places:
        ticks = [place.ticked for place in sight.places]
        oldest = None if None in ticks else min(tick for tick in ticks if tick is not None)
        end, lag = sum(place.end for place in sight.places), sum(place.lag for place in sight.places)
        found.append(f"reading     {end} raw records, {lag} to be read, last tick {told(since(sight.at, oldest))}")
    if sight.free is not None:
        used = ", ".join(f"{name} {size / MB:.0f} MB" for name, size in sight.used.items())
        found.append(f"disk        {sight.free / 2**30:.1f} GB free; {used}")
    if sight.paused:
        found.append(f"fetching    paused: {sight.paused}")
    if sight.unreadable:
        numbers = ", ".join(f"{number} in {topic}" for topic, number in sorted(sight.unreadable.items()))
        found.append(f"unreadable  {numbers}: records that were skipped; a feed without its state begins anew")
    return found
