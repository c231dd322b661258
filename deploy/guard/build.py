"""Builds guard.jar: `python -m deploy.guard.build`. The same source gives the same bytes, with javac of Java 17."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from deploy.guard.jar import JAR
from deploy.jars.cache import fetch

SOURCE = Path(__file__).with_name("java")
#: The earliest time that a zip file can hold: a build's own would make each jar differ.
EPOCH = (1980, 1, 1, 0, 0, 0)


class BuildError(RuntimeError):
    """javac is not there or did not take the source; the message has its words."""


def build(jar: Path, classes: Path) -> None:
    """Compile java/ into the directory `classes` and write `jar`. Raises BuildError or DownloadError."""
    javac = shutil.which("javac")
    if javac is None:
        raise BuildError("there is no javac on PATH: install a JDK 17")
    class_path = os.pathsep.join(map(str, fetch(sets=("flink",))["flink"]))
    command = [javac, "-source", "17", "-target", "17", "-XDignore.symbol.file", "-Werror", "-cp", class_path]
    command += ["--add-exports=java.base/sun.nio.ch=ALL-UNNAMED", "-d", str(classes)]
    command += sorted(map(str, SOURCE.rglob("*.java")))
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise BuildError(result.stderr)
    files = {path.relative_to(classes): path for path in classes.rglob("*.class")}
    files |= {path.relative_to(SOURCE): path for path in SOURCE.rglob("META-INF/**/*") if path.is_file()}
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_STORED) as archive:  # what zlib makes depends on its version
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name.as_posix(), EPOCH), files[name].read_bytes())


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="borderwire-guard-") as classes:
        try:
            build(JAR, Path(classes))
        except BuildError as error:
            print(error, file=sys.stderr)
            return 1
    print(JAR)
    return 0


if __name__ == "__main__":
    sys.exit(main())
