"""A stack with the job on it, and a count of what has come out: for tests that send their own raw records."""

from contextlib import suppress
from pathlib import Path

from kafka.errors import KafkaError

from connectors.kafka_topics import ensure_topics
from deploy.machine.ports import listening
from deploy.metrics.tally import Tally
from deploy.supervise.supervisor import Stack
from schemas.settings import PipelineSettings, Settings
from tests.support.flow import wait_for

#: The real job.
JOB = "deploy.engine.job:build"


class JobRun:
    """Servers and job on the data directory `data`, until `stop`. `target` builds the job; without `args` it gets the
    settings file. Raises what `Stack` raises."""

    def __init__(
        self,
        data: Path,
        pipeline: PipelineSettings,
        target: str = JOB,
        args: list[str] | None = None,
        rebuild: bool = False,
    ) -> None:
        self.stack = Stack.open(Settings(data=data, pipeline=pipeline))
        self.stack.start()
        try:
            self.settings = self.stack.settings
            ensure_topics(self.settings)
            self.tally = Tally(self.settings)
            self.keeper = self.stack.submit(target, args or [str(self.stack.settings_file)], rebuild=rebuild)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Supervise once, and count once if the broker is there: a test may have killed it."""
        self.stack.check()
        with suppress(KafkaError):
            if self.stack.broker and listening(self.stack.broker.port):
                list(self.tally.update())

    def wait_through(self, raw: int, timeout: float = 120) -> None:
        """Until there are `raw` raw records and each has an outcome or a dead letter."""

        def through() -> bool:
            return self.tally.raw == raw and self.tally.complete()

        try:
            wait_for(through, self.check, timeout, f"{raw} raw records are through")
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.tally.raw} are there, {self.tally.done} are through") from None

    def wait_checkpoint(self, timeout: float = 240) -> None:
        """Until the job that runs now has a checkpoint of its own. The keeper submits a job again that does not answer
        for two minutes: the limit leaves time for one such try."""
        keeper = self.keeper
        wait_for(lambda: bool(keeper.checkpoints and keeper.checkpoints.completed), self.check, timeout, "a checkpoint")

    def stop(self) -> None:
        self.stack.stop()
