"""One worker process of the pool. It runs the pipeline's Python code for Flink.

`python -m deploy.engine.worker` runs it. It loads program and models, then waits for one line on standard input: a JSON
list of the address of Flink's control server and the worker's id. It ends when the input ends without that line.
"""

import gc
import json
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partialmethod
from pathlib import Path
from typing import Any

import structlog

from deploy import logs
from deploy.engine.lean_beam import import_beam

#: When memory is short, the kernel should kill workers first: their work is repeated, the broker's data are not.
OOM_SCORE = "800"

log = structlog.get_logger()


def on_loopback(url: str) -> str:
    """Replace localhost by 127.0.0.1, where the engine listens; on ::1 another user could have the same port."""
    return re.sub(r"^localhost:", "127.0.0.1:", url)


def _bundle_begins(sampler: Any, set_tracker: Callable[[Any], None]) -> None:
    """What Beam's StateSampler.start does, without the thread."""
    sampler.tracked_thread, sampler.started = threading.current_thread(), True
    set_tracker(sampler)


def _bundle_ends(sampler: Any, set_tracker: Callable[[Any], None]) -> None:
    set_tracker(None)
    sampler.finished = True


def load_program() -> None:
    """Import the job's modules, and load its models and the taxonomy that is shipped.

    All this stays as long as the process, so the garbage collector passes over it from then on. A full collection came
    in the middle of some article and looked through 170,000 objects, which took 75 ms.
    """
    import pipelines.edges
    import pipelines.news  # noqa: F401
    from pipelines.pure_steps import warm_up

    warm_up(None)
    gc.collect()
    gc.freeze()


def main() -> None:
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    import_beam()
    import grpc  # type: ignore[import-untyped]
    from apache_beam.runners.worker.channel_factory import GRPCChannelFactory
    from apache_beam.runners.worker.sdk_worker import SdkHarness
    from apache_beam.runners.worker.statesampler import StateSampler, set_current_tracker

    logs.configure(libraries=True)
    with suppress(Exception):  # an error comes again, and is reported, when the job sets up its first step
        load_program()
    log.info("worker is loaded")
    line = sys.stdin.readline()
    if not line:
        return
    address, worker = json.loads(line)
    log.info("worker starts", worker=worker)
    # Beam times each step with a thread for each bundle, for which the end of the bundle waits: up to 200 ms. The job
    # has times of its own (`Item.seconds`), so no thread is started.
    StateSampler.start = partialmethod(_bundle_begins, set_current_tracker)
    StateSampler.stop = partialmethod(_bundle_ends, set_current_tracker)
    connect = GRPCChannelFactory.insecure_channel
    GRPCChannelFactory.insecure_channel = staticmethod(lambda url, options=None: connect(on_loopback(url), options))
    try:
        # Cache state only within a bundle: by measurement, Beam's cache across bundles costs more than it saves.
        SdkHarness(address, worker_id=worker).run()
    except grpc.RpcError as error:
        sys.exit(f"worker {worker}: {error.details()}")


if __name__ == "__main__":
    main()
