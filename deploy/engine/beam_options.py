"""Beam's options for a job on Flink, with the reason for each that is not plain."""

from datetime import timedelta

from pipelines.kafka.partition_keys import GROUPS
from schemas.settings import Settings


def beam_args(settings: Settings, job_endpoint: str, worker_pool: str, checkpoints: str | None) -> list[str]:
    """Command-line arguments for Beam's PipelineOptions.

    `job_endpoint` and `worker_pool` are host:port; `checkpoints` is the URI of the directory Flink writes them under,
    None where the cluster's own configuration says where state is kept and how.
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
        # Flink's own choice grows with the parallelism, and state can only be taken up with the number it had.
        "max_parallelism": GROUPS,
        # Left at its default, elements of an open source stay in an unfinished bundle once checkpoints are on.
        # Flink looks twice in this time, in every operator, which is a good part of what an idle engine does.
        "max_bundle_time_mills": 400,
        "max_bundle_size": 500,
        "checkpointing_interval": _ms(pipeline.checkpoint_interval),
        "min_pause_between_checkpoints": _ms(pipeline.checkpoint_interval) // 2,
        "checkpoint_timeout_millis": 60_000,
    }
    if checkpoints:
        # The default holds checkpoints of at most 5 MB, in memory.
        backend = {"heap": "filesystem", "rocksdb": "rocksdb"}[pipeline.state_backend]
        options |= {"state_backend": backend, "state_backend_storage_path": checkpoints}
    flags = (
        "streaming",
        "externalized_checkpoints_enabled",
        "retain_externalized_checkpoints_on_cancellation",
        # Otherwise what a bundle put out while a checkpoint closed it waits until the step gets its next element.
        "finish_bundle_before_checkpointing",
        # No copy of each element between operators; Beam's operators do not change what they are given.
        "object_reuse",
    )
    return [f"--{key}={value}" for key, value in options.items()] + [f"--{flag}" for flag in flags]


def _ms(interval: timedelta) -> int:
    return int(interval.total_seconds() * 1000)
