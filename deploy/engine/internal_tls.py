"""A key for the connections within Flink: its blob server is the one Java server that the guard cannot look after.

That server (java.net.ServerSocket, no channel) listens for files that belong to jobs. Nothing here sends it any, but it
cannot be switched off; with Flink's internal TLS it takes connections only of who holds this key.
"""

import secrets
import subprocess
from pathlib import Path

from deploy.machine.data_directory import PRIVATE
from deploy.machine.process import ProcessError
from deploy.machine.write_whole import write_whole

YEARS = 100


def internal_tls(java: Path, directory: Path) -> dict[str, object]:
    """Flink's settings for it; key and password are made in `directory` if need be. Raises ProcessError or OSError."""
    store, password_file = directory / "internal.p12", directory / "internal.password"
    if not (store.exists() and password_file.exists()):
        store.unlink(missing_ok=True)
        write_whole(password_file, secrets.token_urlsafe(24))
        _make(java, store, password_file)
    password = password_file.read_text(encoding="utf-8")
    values: dict[str, object] = {
        "security.ssl.internal.enabled": "true",
        "security.ssl.internal.key-password": password,
        "security.ssl.internal.session-timeout": -1,
        # Job and tasks are handed over in memory, however large.
        "blob.offload.minsize": 2147483647,
        # Within one process there is no other connection.
        "taskmanager.data.ssl.enabled": "false",
        "pekko.ssl.enabled": "false",
    }
    for kind in ("keystore", "truststore"):
        values |= {f"security.ssl.internal.{kind}": store, f"security.ssl.internal.{kind}-password": password}
    return values


def _make(java: Path, store: Path, password_file: Path) -> None:
    """A key and its own certificate, by the JDK's keytool, which every JRE has in its base module."""
    keytool: list[str | Path] = [java, "-XX:TieredStopAtLevel=1", "-m", "java.base/sun.security.tools.keytool.Main"]
    keytool += ["-genkeypair", "-alias", "flink", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=borderwire"]
    keytool += ["-validity", str(365 * YEARS), "-storetype", "PKCS12", "-keystore", store]
    keytool += ["-storepass:file", password_file, "-keypass:file", password_file]
    result = subprocess.run(keytool, capture_output=True, text=True, timeout=60, umask=PRIVATE)
    if result.returncode:
        raise ProcessError(f"{store} could not be made:\n{result.stdout}{result.stderr}")
