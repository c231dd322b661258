"""A TLS key for connections within Flink. It protects the blob server, the one Java server the guard cannot protect.

The blob server (a java.net.ServerSocket, not a channel) accepts files that belong to jobs. Nothing here uses it, but
it cannot be switched off. With Flink's internal TLS it accepts connections only from holders of this key.
"""

import secrets
import subprocess
from pathlib import Path

from deploy.machine.data_directory import PRIVATE
from deploy.machine.process import ProcessError
from schemas.write_whole import write_whole

YEARS = 100


def internal_tls(java: Path, directory: Path) -> dict[str, object]:
    """Flink's settings for internal TLS. Creates key and password in `directory` if needed.

    Raises ProcessError or OSError.
    """
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
        # Pass job and tasks in memory, whatever their size, not through the blob server.
        "blob.offload.minsize": 2147483647,
        # No TLS for these two: everything runs in one process.
        "taskmanager.data.ssl.enabled": "false",
        "pekko.ssl.enabled": "false",
    }
    for kind in ("keystore", "truststore"):
        values |= {f"security.ssl.internal.{kind}": store, f"security.ssl.internal.{kind}-password": password}
    return values


def _make(java: Path, store: Path, password_file: Path) -> None:
    """Create a key and a self-signed certificate with the JDK's keytool, which is in every JRE's base module."""
    keytool: list[str | Path] = [java, "-XX:TieredStopAtLevel=1", "-m", "java.base/sun.security.tools.keytool.Main"]
    keytool += ["-genkeypair", "-alias", "flink", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=borderwire"]
    keytool += ["-validity", str(365 * YEARS), "-storetype", "PKCS12", "-keystore", store]
    keytool += ["-storepass:file", password_file, "-keypass:file", password_file]
    result = subprocess.run(keytool, capture_output=True, text=True, timeout=60, umask=PRIVATE)
    if result.returncode:
        raise ProcessError(f"{store} could not be made:\n{result.stdout}{result.stderr}")
