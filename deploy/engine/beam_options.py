"""Beam's options for a job on Flink, with the reason for each one that is not obvious."""

from datetime import timedelta

from pipelines.kafka.partition_keys import GROUPS
from schemas.settings import Settings


def beam_args(settings: Settings, job_endpoint: str, worker_pool: str, checkpoints: str | None) -> list[str]:
    """Command-line arguments for Beam's PipelineOptions.

    `job_endpoint` and `worker_pool` are host:port. `checkpoints` is the URI of the directory for Flink's checkpoints;
    None if the cluster's own configuration sets the directory and the state backend.
    """
    pipeline = settings.pipeline
    options: dict[str, object] = {
        "runner": "PortableRunner",
        "job_endpoint": job_endpoint,
        "job_name": "borderwire",
        # The worker processes do not depend on the process that submits the job.
        "environment_type": "EXTERNAL",
        "environment_config": worker_pool,
        "sdk_worker_parallelism": pipeline.workers,
        "parallelism": pipeline.parallelism,
        # Flink's default grows with the parallelism, but state can only be restored with the same number.
        "max_parallelism": GROUPS,
        # With the default, elements of an unbounded source stay in an unfinished bundle once checkpoints are on.
        # Every operator checks twice in this time, which is much of the CPU time of an idle engine.
        "max_bundle_time_mills": 200,
        "max_bundle_size": 500,
        "checkpointing_interval": _ms(pipeline.checkpoint_interval),
        "min_pause_between_checkpoints": _ms(pipeline.checkpoint_interval) // 2,
        # A checkpoint waits for the records that were read before it, and they may be expensive. The keeper notices a
        # job that stands still much earlier (deploy/engine/job_keeper.py).
        "checkpoint_timeout_millis": 600_000,
    }
    if checkpoints:
        # The default backend keeps checkpoints in memory, at most 5 MB.
        backend = {"heap": "filesystem", "rocksdb": "rocksdb"}[pipeline.state_backend]
        options |= {"state_backend": backend, "state_backend_storage_path": checkpoints}
    flags = (
        "streaming",
        "externalized_checkpoints_enabled",
        "retain_externalized_checkpoints_on_cancellation",
        # Otherwise the output of a bundle that a checkpoint closed waits until the step gets its next element.
        "finish_bundle_before_checkpointing",
        # Do not copy each element between operators; Beam's operators do not change their input.
        "object_reuse",
    )
    return [f"--{key}={value}" for key, value in options.items()] + [f"--{flag}" for flag in flags]


def _ms(interval: timedelta) -> int:
    return int(interval.total_seconds() * 1000)
