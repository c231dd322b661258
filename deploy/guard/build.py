"""Builds guard.jar: `python -m deploy.guard.build`. With javac of Java 17, the same source gives the same bytes."""

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
#: The earliest time that a zip file can hold. With the time of the build, each jar would differ.
EPOCH = (1980, 1, 1, 0, 0, 0)


class BuildError(RuntimeError):
    """javac is missing, or did not compile the source. The message has its output."""


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
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_STORED) as archive:  # zlib's output depends on its version
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
