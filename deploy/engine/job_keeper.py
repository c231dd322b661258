"""Keeps the Beam job running: submits it, checks that it completes checkpoints, and submits it again when it ended."""

import sys
import time
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from pathlib import Path

import structlog

from deploy.engine.checkpoints import complete_checkpoints, remove_earlier_runs
from deploy.engine.fallback import Fallback
from deploy.engine.flink_rest import Checkpoints, FlinkError, FlinkJob
from deploy.engine.job_server import JobServer
from deploy.engine.seals import seal
from deploy.engine.worker_draw import DRAWS
from deploy.engine.worker_watch import CLOCK
from deploy.machine.process import Process
from deploy.machine.restarts import Restarts

#: Seconds within which Flink must list a job that it accepted.
APPEARS = 60
#: Seconds within which a job that was cancelled ends, and then its cluster.
ENDS = 8.0
#: Seconds between two checks of the job; the second is used until its first checkpoint.
INTERVAL, AT_FIRST = 5, 0.5
#: Seconds within which a worker begins another record, or is killed.
RECORD = CLOCK + INTERVAL

log = structlog.get_logger()


class JobKeeper:
    """Keeps one job running. `target` and `args` are those of `deploy.engine.submit`. Call `check` every second or two.

    `stall` is how many seconds may pass without a completed checkpoint, `first` how many until a new job's first one.
    `excused()` is true when failures are not the job's fault; they then do not count. `deaths()` are the records that
    ended workers, each with how often. Each may do so twice only: so with every new one the job got on, and earlier
    failures are forgotten. `marks()` changes whenever a worker begins a record. As long as it does, and the job fails
    by such deaths only, there may be no checkpoint for any time: it waits for the expensive records read before it.
    `crowded()` is true when too many subtasks share one worker; the job is then submitted again, at most `DRAWS` times.
    """

    def __init__(
        self,
        server: JobServer,
        log_file: Path,
        beam_args: Sequence[str],
        target: str,
        args: Sequence[str],
        stall: float = 45,
        first: float = 180,
        clock: Callable[[], float] = time.monotonic,
        temp: Path | None = None,
        excused: Callable[[], bool] = lambda: False,
        deaths: Callable[[], Set[object]] = frozenset,
        marks: Callable[[], object] = tuple,
        crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        self.server = server
        self.stall, self.first, self.clock, self.excused = stall, first, clock, excused
        rest = f"--rest={server.rest.url}"
        command = [sys.executable, "-m", "deploy.engine.submit", target, rest, "--wait", *beam_args, "--", *args]
        self.client = Process("submit", command, log_file, temp=temp, listens=True)
        self.restarts = Restarts("the Beam job", window=900)
        self.due = 0.0
        self.submitted = False
        self.job: FlinkJob | None = None
        self.state = Fallback(server.root)
        self.checkpoints: Checkpoints | None = None
        self._progress = self._looked = 0.0
        #: Whether every task of the job has run since it was submitted.
        self.tasks_ran = False
        self._asked = False
        self._deaths, self._known_deaths, self._new_deaths = deaths, set(deaths()), 0
        self._marks, self._last_marks, self._moved = marks, marks(), float("-inf")
        self._crowded, self._draws = crowded, 0

    def prepare(self) -> None:
        """Start the client: it builds the job's graph, which takes seconds, and then waits until the engine is ready.

        Without this call, `check` starts the client when the engine is ready. Raises OSError.
        """
        self.client.start()

    def check(self, engine_ready: Callable[[], bool]) -> str | None:
        """Submit or check the job, whichever is due. Returns the reason if the engine must be restarted, else None.

        Raises KeepsFailing or Incompatible when trying again would not help.
        """
        now = self.clock()
        if not self.submitted:
            if now >= self.due and engine_ready():
                self._submit(now)
            return None
        self._look_at_deaths(now)
        if (marks := self._marks()) != self._last_marks:
            self._last_marks, self._moved = marks, now
        if self.client.returncode is None:
            if now - self._progress > 2 * APPEARS:
                self._over(now, "it was not accepted in time")
            return None
        if self.client.returncode:
            self._over(now, self.client.tail(30))
            return None
        if now - self._looked < (INTERVAL if self._progressed() else AT_FIRST):
            return None
        self._looked = now
        try:
            return self._follow(now)
        except FlinkError as error:
            log.debug("flink did not answer", error=str(error)[:200])
            return self._stalled(now)

    def _look_at_deaths(self, now: float) -> None:
        """A record that ended its second worker ends no more. A run of many such records is no reason to give up."""
        new = self._deaths() - self._known_deaths
        if new:
            self._known_deaths |= new
            self._new_deaths += len(new)
            self._progress = now
            self.restarts.healthy()
            self.state.healthy()

    def engine_ended(self, reason: str) -> None:
        """The engine ended, and the job with it: submit the job again as soon as the engine is ready."""
        if self.submitted and not self._progressed():
            self.state.engine_ended(reason)
        self._forget()

    def _forget(self) -> None:
        self.client.stop(0.5)
        self.submitted, self.job, self.checkpoints = False, None, None
        self.tasks_ran = self._asked = False

    def savepoint(self, timeout: float = 120) -> Path:
        """Stop the job after a savepoint and return the savepoint's directory. Raises FlinkError."""
        if self.job is None:
            raise FlinkError("no job runs")
        before = set(complete_checkpoints(self.server.root))
        try:
            self.server.rest.stop_with_savepoint(self.job.id, timeout)
        except FlinkError as error:
            # In local mode the REST API ends with the job, often before it has answered.
            words = str(error)
        else:
            words = "Flink says it took one, but it is not there"
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            for path in complete_checkpoints(self.server.root):
                if path not in before and path.parent.name == "savepoints":
                    seal(self.server.root, complete_checkpoints(self.server.root))
                    return path
            time.sleep(0.1)
        raise FlinkError(words)

    def _submit(self, now: float) -> None:
        for job in self.server.rest.live_jobs():
            log.warning("cancelling a job that is there already", job=job.id)
            self.server.rest.cancel(job.id)
        restored = self.state.choose()
        self.server.configure(restored)
        if not self.client.alive():
            self.client.start()
        self.client.tell("submit")
        self.submitted, self.job, self.checkpoints, self._progress = True, None, None, now
        log.info("submitting the job", restored_from=str(restored) if restored else None)

    def _follow(self, now: float) -> str | None:
        live = self.server.rest.live_jobs()
        if not live:
            if self.job is not None or now - self._progress > APPEARS:
                self._over(now, f"Flink runs no job any more\n{self.server.process.tail(20)}")
            return None
        if self.job is None or self.job.id != live[0].id:
            self.job = live[0]
            log.info("job is running", job=self.job.id)
            self.tasks_ran = self._asked = False
        if live[0].initializing:
            return self._stalled(now)
        if not self._progressed() and self._draws < DRAWS and self._crowded():
            return self.draw_again(now, self.job)
        if not self._asked and self.server.rest.all_tasks_run(self.job.id):
            self.tasks_ran = True
            self._ask_for_checkpoint(self.job)
        latest = self.server.rest.checkpoints(self.job.id)
        if latest.completed > (self.checkpoints.completed if self.checkpoints else 0):
            self.tasks_ran = self._asked = True  # no task is left out of a checkpoint
            self._progress, self._new_deaths, self._draws = now, 0, 0
            self.restarts.healthy()
            self.state.healthy()
            remove_earlier_runs(self.server.root, self.job.id)
            seal(self.server.root, complete_checkpoints(self.server.root))
        elif latest.completed == 0:
            failure = self.server.rest.failure(self.job.id)
            if failure and self.state.blames(failure):
                self.server.rest.cancel(self.job.id)
                self._over(now, failure)
                return None
        self.checkpoints = latest
        return self._stalled(now)

    def draw_again(self, now: float, job: FlinkJob) -> str | None:
        """Submit the job again, as Beam then assigns the workers anew. It does not count as a failure of the job.

        Returns a reason if the engine must be restarted for it, which counts as an end of the engine: when the ended
        job's cluster keeps the port of the REST API, no other job can start. The job server does not always close it.
        """
        self._draws += 1
        log.info("the job is submitted again, because too many of its subtasks share one worker", draw=self._draws)
        with suppress(FlinkError):
            self.server.rest.cancel(job.id, ENDS)
        deadline = time.monotonic() + ENDS
        while (listens := self.server.cluster_listens()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self._forget()
        self.due = now
        return f"a cancelled job still had its cluster after {ENDS:.0f} s" if listens else None

    def _ask_for_checkpoint(self, job: FlinkJob) -> None:
        """Others wait for the first one. If Flink refuses, it is asked again; it takes checkpoints by itself too."""
        with suppress(FlinkError):
            self.server.rest.take_checkpoint(job.id)
            self._asked = True

    def _progressed(self) -> bool:
        """Whether the job has a checkpoint of its own."""
        return self.checkpoints is not None and self.checkpoints.completed > 0

    def _stalled(self, now: float) -> str | None:
        allowed = self.stall if self._progressed() else self.first
        if now - self._progress <= allowed or self._workers_go_on(now):
            return None
        reason = f"no checkpoint was completed for {now - self._progress:.0f} s"
        self._count(now, reason)
        return reason

    def _workers_go_on(self, now: float) -> bool:
        """Whether workers begin one record after another, in a job that failed since its last checkpoint only as often
        as workers ended in records."""
        if self.job is None or now - self._moved > RECORD:
            return False
        since = (self.checkpoints and self.checkpoints.completed_at) or self.job.started
        try:
            return self.server.rest.failures(self.job.id, since) <= self._new_deaths
        except FlinkError:
            return False

    def _count(self, now: float, reason: str) -> float:
        """Count one more failure; returns when to try again. Raises KeepsFailing after too many failures without a
        checkpoint between them. Failures do not count while `excused()` is true (Kafka does not answer)."""
        if self.excused():
            return now + self.restarts.longest
        return self.restarts.ended(now, reason)

    def _over(self, now: float, failure: str) -> None:
        progressed, reason = self._progressed(), cause(failure)
        self._forget()
        if not progressed and self.state.failed(failure, reason):
            # A fallback does not count as a failure: the number of checkpoints to fall back on is limited anyway.
            self.restarts.healthy()
        self._draws, self.due = 0, self._count(now, reason)
        log.warning("job is over; it will be submitted again", reason=reason, seconds=round(self.due - now, 1))


def cause(failure: str) -> str:
    """The last cause in a Java stack trace or a log; else its last exception line; else its last line."""
    lines = [line.strip() for line in failure.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    named = [line for line in lines if "Exception" in line and not line.startswith("at ")]
    return (causes or named or lines or ["no reason was given"])[-1][:500]
