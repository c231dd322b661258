"""A whole run for tests: `borderwire run` with every part, its workers included, and no feed that answers.

`python -m tests.support.running COMMAND…` starts one, waits until it is healthy, calls `borderwire COMMAND…` on its
data directory and ends with that exit code. `make ports` uses it.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.machine.instance import read_note
from deploy.supervise.who_listens import processes

BORDERWIRE = Path(sys.executable).with_name("borderwire")
FEEDS = "- {url: 'http://127.0.0.1:9/nobody-listens', outlet: Nobody, lang: en}\n"


@contextmanager
def running(root: Path, timeout: float = 400) -> Iterator[Path]:
    """The data directory of a run that is healthy; it is stopped at the end. Raises RuntimeError when it is not."""
    data, log = root / "data", root / "run.log"
    (root / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    config = "page: {port: 0}\npipeline: {checkpoint_interval: 2}\n"  # a run is healthy with its first checkpoint
    (root / "config.yaml").write_text(config, encoding="utf-8")
    command = [BORDERWIRE, "run", "--config", root / "config.yaml", "--data", data, "--feeds", root / "feeds.yaml"]
    with log.open("ab") as output, subprocess.Popen(command, stderr=output) as child:
        try:
            deadline = time.monotonic() + timeout
            while not healthy(data):
                if child.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the run is not healthy:\n{log.read_text(encoding='utf-8')[-3000:]}")
                time.sleep(1)
            yield data
        finally:
            child.send_signal(signal.SIGTERM)


def healthy(data: Path) -> bool:
    """Whether `status` calls it so and the pool's workers are there."""
    if not any(name == "child of workers" for name in processes(read_note(data)).values()):
        return False
    return subprocess.run([BORDERWIRE, "status", "--data", data], capture_output=True).returncode == 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="borderwire-") as directory, running(Path(directory)) as where:
        code = subprocess.run([BORDERWIRE, *sys.argv[1:], "--data", where]).returncode
    sys.exit(code)
