"""run.json, which describes the instance running on a data directory, and the settings file its processes share."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.machine.process import Process, identity, kill_leftover
from schemas.mistakes import mistakes
from schemas.settings import Settings
from schemas.write_whole import write_whole

#: Written by the supervisor only (`Stack`, in the process of `borderwire run`); other commands read it.
NOTE = "run.json"

log = structlog.get_logger()


class Started(BaseModel):
    """Identifies a process: its pid, and when it started (Unix time), because pids are reused."""

    pid: int = Field(gt=0)
    started: float


class Running(Started):
    """run.json: the running instance, the addresses of its servers, its parts and those expected.

    Unknown fields are kept.
    """

    model_config = ConfigDict(extra="allow")

    started: float = 0.0
    version: str = ""
    kafka: str | None = None
    flink: str | None = None
    metrics: str | None = None
    job: str | None = None
    paused: str | None = None
    restarts: dict[str, int] = {}
    parts: dict[str, Started] = {}
    expected: list[str] = []


class NothingRuns(LookupError):
    """No instance runs on the data directory, and no Kafka is named."""

    exit_code = 3


class BadNote(LookupError):
    """run.json has a wrong field. The message is one line: the field, its value, and what would be right."""

    mistake = True


def read_note(data: Path) -> dict[str, Any]:
    """run.json of the instance on a data directory; empty when there is no such file. Raises BadNote.

    A file that is not JSON counts as missing: a power cut can leave one.
    """
    path = data / NOTE
    try:
        return Running.model_validate(json.loads(path.read_bytes())).model_dump()
    except PermissionError:
        raise BadNote(f"{path}: only its owner may read it: sudo -u {_owner(data)} borderwire …") from None
    except (OSError, RecursionError):
        return {}
    except ValidationError as error:
        raise BadNote(
            f"{path}: {mistakes(error)[0]}; "
            "`borderwire run` writes it anew: start that, or remove the file when nothing runs"
        ) from None
    except ValueError:
        return {}


def _owner(data: Path) -> str:
    try:
        return data.owner()
    except (OSError, KeyError):  # no such user, or it cannot be read
        return "OWNER"


class Note:
    """Writes run.json when its content changes. Call `remove` when nothing runs any more."""

    def __init__(self, data: Path) -> None:
        self.path = data / NOTE
        self._written = ""
        self._seen: object = None
        self._identities: dict[str, tuple[int, float]] = {}

    def write(self, says: dict[str, object], processes: Iterable[Process]) -> None:
        """Write `says` and the pids of those `processes` that run. A failure is logged; the next call tries again."""
        identities = self._identify([process for process in processes if process.alive()]).items()
        parts = {name: {"pid": pid, "started": started} for name, (pid, started) in identities}
        text = json.dumps(says | {"parts": parts}, indent=1) + "\n"
        if text == self._written:
            return
        try:
            write_whole(self.path, text)
            self._written = text
        except OSError as error:
            log.warning("run.json not written", error=str(error))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._written = ""

    def _identify(self, running: list[Process]) -> dict[str, tuple[int, float]]:
        """(pid, start time) by name; read again only when a process started or ended, or the system clock was set."""
        seen = [process.pid for process in running], psutil.boot_time()
        if seen != self._seen:
            self._identities = {process.name: found for process in running if (found := identity(process.pid or 0))}
            self._seen = seen
        return self._identities


def kill_leftovers(data: Path) -> None:
    """Kill processes of an earlier run that are still running."""
    try:
        parts = read_note(data).get("parts", {})
    except BadNote as error:
        log.warning("run.json is written anew", why=str(error))
        return
    for name, process in parts.items():
        if kill_leftover(process["pid"], process["started"]):
            log.warning("killed what an earlier run left", part=name, pid=process["pid"])


def with_running_broker(settings: Settings) -> Settings:
    """Settings with a Kafka: the configured one, else the broker of the instance running on `settings.data`.

    Raises NothingRuns when there is neither.
    """
    if settings.kafka.bootstrap_servers:
        return settings
    address = read_note(settings.data).get("kafka")
    if address is None:
        raise NothingRuns(
            f"nothing runs on {settings.data}: start `borderwire run`, or name a Kafka with --bootstrap-servers"
        )
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": address})
    return settings.model_copy(update={"kafka": kafka})


def write_settings(settings: Settings, path: Path) -> Path:
    """Write the settings file that the processes of a run read; returns `path`."""
    write_whole(path, settings.model_dump_json(indent=1))
    return path
