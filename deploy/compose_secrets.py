"""Creates the secrets that deploy/compose.yaml mounts.

`python -m deploy.compose_secrets [DIR]` writes them. DIR defaults to deploy/secrets.

Existing files are kept. The files are readable by all, because containers run as another user. Instead, a newly created
directory may be entered by its owner only.
"""

import secrets
import sys
from pathlib import Path

DIRECTORY = Path(__file__).with_name("secrets")
JAAS = """KafkaServer {{
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="broker" password="{broker}"
  user_broker="{broker}" user_borderwire="{borderwire}";
}};
"""


def make(directory: Path) -> list[Path]:
    """Write the missing files; returns their paths."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    passwords = directory / "kafka_password", directory / "grafana_admin_password"
    written = [_write(path, secrets.token_urlsafe(24)) for path in passwords if not path.exists()]
    jaas = directory / "kafka_jaas.conf"
    if not jaas.exists() or passwords[0] in written:
        values = {"broker": secrets.token_urlsafe(24), "borderwire": passwords[0].read_text().strip()}
        written.append(_write(jaas, JAAS.format(**values)))
    return written


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o444)
    return path


if __name__ == "__main__":
    for made in make(Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY):
        print(made)
