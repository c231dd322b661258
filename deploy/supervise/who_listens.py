"""`borderwire ports`: which process of the running instance listens on which port.

Exit code 1 when a process listens at an address that other machines can reach and that is not configured.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from deploy.machine.instance import read_note
from deploy.machine.listeners import Address, Listener, addresses_of, listeners
from deploy.machine.process import identity
from deploy.output import complain, tell
from schemas.settings import Settings


def who_listens(data: Path) -> int:
    """Print a line per port. Exit code 0: all are on loopback or as configured; 1: some are not; 3: nothing runs."""
    note = read_note(data)
    if not note or identity(note["pid"]) is None:
        complain(f"nothing runs on {data}")
        return 3
    parts = processes(note)
    allowed = configured(data)
    table = Table("part", "pid", "address", "port", "")
    found = listeners(parts)
    for listener in found:
        verdict = "BEYOND WHAT IS CONFIGURED" if beyond([listener], allowed) else ""
        table.add_row(parts[listener.pid], str(listener.pid), str(listener.address), str(listener.port), verdict)
    Console().print(table)
    wrong = beyond(found, allowed)
    tell(f"{len(found)} ports of {len(parts)} processes, {len(wrong)} beyond what is configured")
    return 1 if wrong else 0


def beyond(found: list[Listener], allowed: set[tuple[Address, int]]) -> list[Listener]:
    """The listeners that other machines could connect to and that are not in `allowed`."""
    return [one for one in found if not one.address.is_loopback and (one.address, one.port) not in allowed]


def processes(note: Mapping[str, Any]) -> dict[int, str]:
    """pid → part name, for every process of the run in `note` (run.json) and all their children."""
    named = {**note["parts"], "run": note} if note else {}  # the run last: the others are its children
    found = {part["pid"]: name for name, part in named.items()}
    for pid, name in list(found.items()):
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(pid).children(recursive=True):
                found.setdefault(child.pid, name if name == "run" else f"child of {name}")
    return found


def configured(data: Path) -> set[tuple[Address, int]]:
    """The addresses and ports that the run's settings open on purpose: those of the page and the metrics."""
    try:
        text = (data / "run" / "settings.json").read_text(encoding="utf-8")
        settings = Settings.model_validate_json(text)
    except (OSError, ValueError):
        return set()
    ends = ((settings.metrics.host, settings.metrics.port), (settings.page.host, settings.page.port))
    return {(address, port) for host, port in ends if port for address in addresses_of(host)}
