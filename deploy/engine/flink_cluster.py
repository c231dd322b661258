"""Runs a process of a Flink cluster from the pinned jars: `borderwire flink jobmanager|taskmanager --conf DIR`.

DIR holds flink-conf.yaml. This does the work of Flink's start scripts: it lets Flink compute the sizes of heap and
other memory from the configured process size, then this process becomes the Java process.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.engine.broker import LOGGING
from deploy.engine.job_server import JVM, OPENS, QUIET
from deploy.guard import jar as guard
from deploy.jars.cache import CLUSTER, fetch
from deploy.jars.java import find_java
from deploy.machine.data_directory import PRIVATE
from schemas.yaml_file import read_yaml

MEMORY = "org.apache.flink.runtime.util.bash.BashJavaUtils"
#: Role → (main class, the command of BashJavaUtils for its memory).
ROLES = {
    "jobmanager": ("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", "GET_JM_RESOURCE_PARAMS"),
    "taskmanager": ("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "GET_TM_RESOURCE_PARAMS"),
}
RESULT = "BASH_JAVA_UTILS_EXEC_RESULT:"


class BadFlinkConf(ValueError):
    """Flink cannot compute its memory sizes from the configuration. The message ends with Flink's error, if any."""

    mistake = True


def become(role: str, conf: Path) -> None:
    """Replace this process by Flink's. Raises BadFlinkConf, BadYaml, DownloadError or OSError."""
    bind = bind_address(role, conf)  # first: a wrong file is told before jars are checked and Java starts
    jars = fetch(sets=("flink", CLUSTER))
    os.umask(PRIVATE)
    os.environ["CLASSPATH"] = os.pathsep.join(map(str, [guard.JAR, *jars["flink"], *jars[CLUSTER]]))
    java = find_java()
    command = java_command(java, role, conf, memory(java, role, conf), bind)
    os.execv(java, command)


def java_command(
    java: Path, role: str, conf: Path, memory: tuple[Sequence[str], Sequence[str]], bind: str = "0.0.0.0"
) -> list[str]:
    """The Java command line. `memory` is the result of `memory()`; `bind` is the address that others connect to."""
    jvm, dynamic = memory
    logging = [*LOGGING, *(f"-Dorg.slf4j.simpleLogger.log.{name}=error" for name in QUIET)]
    opens = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in OPENS]
    options = [*jvm, *JVM, *guard.options(bind), *logging, *opens]
    return [str(java), *options, ROLES[role][0], "--configDir", str(conf), *dynamic]


def bind_address(role: str, conf: Path) -> str:
    """The value of `<role>.bind-host` in flink-conf.yaml, or Flink's default. Raises BadFlinkConf and BadYaml."""
    file = conf / "flink-conf.yaml"
    if not file.exists():
        raise BadFlinkConf(f"{conf}: there is no flink-conf.yaml")
    values = read_yaml(file)
    if not isinstance(values, dict):
        raise BadFlinkConf(f"{file}: it must be a mapping of Flink's settings")
    return str(values.get(f"{role}.bind-host", "0.0.0.0"))


def memory(java: Path, role: str, conf: Path) -> tuple[list[str], list[str]]:
    """(options for the JVM, arguments for Flink), as Flink computes them. The class path must be in CLASSPATH.

    Raises BadFlinkConf.
    """
    command: list[str | Path] = [java, MEMORY, ROLES[role][1], "--configDir", conf]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lines = [line.removeprefix(RESULT) for line in result.stdout.splitlines() if line.startswith(RESULT)]
    if result.returncode or len(lines) != 2:
        told = [line for line in result.stderr.splitlines() if "Exception" in line]
        reason = (told or ["Flink gave no reason"])[-1].strip().removeprefix("Caused by: ")
        raise BadFlinkConf(f"{conf / 'flink-conf.yaml'}: {reason}")
    jvm, dynamic = lines
    return jvm.split(), dynamic.split()
