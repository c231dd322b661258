"""One worker process of the pool; it does the work that Flink gives it.

`python -m deploy.engine.worker CONTROL-ADDRESS WORKER-ID` runs it.
"""

import logging
import re
import sys
from contextlib import suppress
from pathlib import Path

from deploy import logs

#: What the kernel is to end first when memory is short: a worker's work is done again, the broker's data are not.
OOM_SCORE = "800"


def on_loopback(url: str) -> str:
    """The engine says "localhost:PORT" and listens on 127.0.0.1; on ::1 another user could listen at the same port."""
    return re.sub(r"^localhost:", "127.0.0.1:", url)


def main() -> None:
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    logging.disable(logging.WARNING)  # importing Beam warns of Google libraries that nothing here needs
    import grpc  # type: ignore[import-untyped]
    from apache_beam.runners.worker.channel_factory import GRPCChannelFactory
    from apache_beam.runners.worker.sdk_worker import SdkHarness

    logging.disable(logging.NOTSET)
    logs.configure(libraries=True)
    address, worker = sys.argv[1:]
    connect = GRPCChannelFactory.insecure_channel
    GRPCChannelFactory.insecure_channel = staticmethod(lambda url, options=None: connect(on_loopback(url), options))
    try:
        # State is cached for a bundle only: Beam's cache across bundles was measured to cost more than it saves.
        SdkHarness(address, worker_id=worker).run()
    except grpc.RpcError as error:
        sys.exit(f"worker {worker}: {error.details()}")


if __name__ == "__main__":
    main()
