"""The few calls to Flink's REST API that supervision needs. In local mode the API exists only while a job runs."""

import time
from dataclasses import dataclass
from typing import Any

from schemas.lean_imports import absent

with absent("click", "rich", "pygments", "trio"):  # its command line; and tasks of trio, which nothing here runs
    import httpcore as httpcore
    import httpx

#: Job states that do not end by themselves.
LIVE = frozenset({"INITIALIZING", "CREATED", "RUNNING", "RESTARTING", "FAILING", "CANCELLING", "SUSPENDED"})


class FlinkError(RuntimeError):
    """Flink refused a request, or did not finish in time what it accepted."""

    exit_code = 1


class FlinkGone(FlinkError):
    """Nothing listens where Flink's REST API should be: in local mode, there is no job."""


@dataclass(frozen=True)
class FlinkJob:
    """A job as Flink lists it; `started` is in seconds since 1970."""

    id: str
    name: str
    state: str
    started: float

    @property
    def initializing(self) -> bool:
        """Whether it cannot be asked for anything yet: Flink would log an error of 36 lines."""
        return self.state == "INITIALIZING"


@dataclass(frozen=True)
class Checkpoints:
    """`completed`, `failed` and `restored` are counts since the job's start. The rest is about the last completed one:
    `completed_at` (seconds since 1970), `size` and the newly `written` part of it (bytes), `path`, and its duration in
    `seconds`."""

    completed: int
    failed: int
    restored: int
    completed_at: float | None
    size: int | None
    path: str | None
    seconds: float | None = None
    written: int | None = None


@dataclass(frozen=True)
class Vertex:
    """A chain of steps as Flink runs it."""

    id: str
    name: str
    parallelism: int


class FlinkRest:
    """`url` is where Flink's REST API listens, such as http://127.0.0.1:8081."""

    def __init__(self, url: str, timeout: float = 3) -> None:
        self.url = url
        # The API is plain HTTP: no list of certificate authorities is read, which takes a quarter of a second.
        self._client = httpx.Client(base_url=url, timeout=timeout, trust_env=False, verify=False)

    def answers(self) -> bool:
        try:
            self._call("GET", "/overview")
        except FlinkError:
            return False
        return True

    def jobs(self) -> list[FlinkJob]:
        """Every job Flink knows; empty when nothing listens there. Raises FlinkError for any other failure."""
        try:
            answer = self._call("GET", "/jobs/overview")
        except FlinkGone:
            return []
        return [FlinkJob(j["jid"], j["name"], j["state"], j["start-time"] / 1000) for j in answer["jobs"]]

    def live_jobs(self) -> list[FlinkJob]:
        return [job for job in self.jobs() if job.state in LIVE]

    def checkpoints(self, job: str) -> Checkpoints:
        answer = self._call("GET", f"/jobs/{job}/checkpoints")
        counts, last = answer["counts"], answer["latest"]["completed"]
        return Checkpoints(
            completed=counts["completed"],
            failed=counts["failed"],
            restored=counts["restored"],
            completed_at=last["latest_ack_timestamp"] / 1000 if last else None,
            size=last["state_size"] if last else None,
            path=last["external_path"] if last else None,
            seconds=last["end_to_end_duration"] / 1000 if last else None,
            written=last["checkpointed_size"] if last else None,
        )

    def vertices(self, job: str) -> list[Vertex]:
        answer = self._call("GET", f"/jobs/{job}")
        return [Vertex(v["id"], v["name"], v["parallelism"]) for v in answer["vertices"]]

    def records_in(self, job: str, vertex: str) -> list[int]:
        """How many records each subtask of a vertex has read since it last started."""
        answer = self._call("GET", f"/jobs/{job}/vertices/{vertex}")
        return [subtask["metrics"]["read-records"] for subtask in answer["subtasks"]]

    def all_tasks_run(self, job: str) -> bool:
        """Whether every task of the job runs now. Before, Flink refuses checkpoints. Raises FlinkError."""
        return all(v["status"] == "RUNNING" for v in self._call("GET", f"/jobs/{job}")["vertices"])

    def take_checkpoint(self, job: str) -> None:
        """Ask for a checkpoint now; returns when Flink has accepted the request. Raises FlinkError."""
        self._call("POST", f"/jobs/{job}/checkpoints", json={})

    def failure(self, job: str) -> str | None:
        """The stack trace of the job's last failure, if it had one."""
        entries = self._call("GET", f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return str(entries[0]["stacktrace"]) if entries else None

    def failures(self, job: str, since: float) -> int:
        """How often the job failed after `since` (seconds since 1970), at most 16: Flink remembers no more."""
        entries = self._call("GET", f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return sum(entry["timestamp"] / 1000 > since for entry in entries)

    def cancel(self, job: str, timeout: float = 30) -> None:
        """Cancel the job and wait until it has ended. Raises FlinkError when it has not after `timeout` seconds."""
        try:
            self._call("PATCH", f"/jobs/{job}", params={"mode": "cancel"})
        except FlinkGone:
            return
        deadline = time.monotonic() + timeout
        while any(live.id == job for live in self.live_jobs()):
            if time.monotonic() > deadline:
                raise FlinkError(f"job {job} is still there {timeout:.0f} s after it was cancelled")
            time.sleep(0.1)

    def stop_with_savepoint(self, job: str, timeout: float = 60) -> str:
        """Stop the job after a savepoint in the configured directory; returns the savepoint's URI.

        In local mode the REST API ends with the job, so the answer may never come: then it raises FlinkError, and the
        newest directory under `savepoints` shows the result.
        """
        trigger = self._call("POST", f"/jobs/{job}/stop", json={"drain": False})["request-id"]
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                answer = self._call("GET", f"/jobs/{job}/savepoints/{trigger}")
            except FlinkGone:
                raise FlinkError(f"Flink went away while job {job} stopped") from None
            if answer["status"]["id"] == "COMPLETED":
                operation = answer["operation"]
                if "location" not in operation:
                    raise FlinkError(f"no savepoint of job {job}: {operation['failure-cause']['stack-trace'][:500]}")
                return str(operation["location"])
            time.sleep(0.1)
        raise FlinkError(f"no savepoint of job {job} within {timeout:.0f} s")

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **options)
        except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError) as error:
            raise FlinkGone(f"{method} {path}: {error}") from None
        except httpx.TransportError as error:
            raise FlinkError(f"{method} {path}: {type(error).__name__}") from None
        if response.is_error:
            raise FlinkError(f"{method} {path}: {response.status_code} {response.text[:300]}")
        return dict(response.json()) if response.content else {}
