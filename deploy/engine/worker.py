"""One worker process of the pool; it does the work that Flink gives it.

`python -m deploy.engine.worker CONTROL-ADDRESS WORKER-ID` runs it.
"""
import logging
import sys

from deploy import logs


def main() -> None:
    logging.disable(logging.WARNING)  # importing Beam warns of Google libraries that nothing here needs
    import grpc  # type: ignore[import-untyped]
    from apache_beam.runners.worker.sdk_worker import SdkHarness

    logging.disable(logging.NOTSET)
    logs.configure(libraries=True)
    address, worker = sys.argv[1:]
    try:
        # State is cached for a bundle only: Beam's cache across bundles was measured to cost more than it saves.
        SdkHarness(address, worker_id=worker).run()
    except grpc.RpcError as error:
        sys.exit(f"worker {worker}: {error.details()}")


if __name__ == "__main__":
    main()
