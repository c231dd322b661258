"""Another user of this machine: only root can be one."""

import functools
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NOBODY = "nobody"


def as_stranger(command: Sequence[str | Path], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a command as the user nobody. Skips the test when it does not run as root."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can try things as another user (with setpriv, of util-linux)")
    user = pwd.getpwnam(NOBODY)
    become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"]
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    return subprocess.run(
        [*become, *command],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@functools.cache
def strangers_python() -> str:
    """A Python that the other user can run, with our packages. Skips the test when there is none."""
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{here}", f"/usr/local/bin/{here}"):
        if as_stranger([candidate, "-c", "import tests.support.orders, grpc"]).returncode == 0:
            return candidate
    pytest.skip("no Python that another user can run reads this checkout")
