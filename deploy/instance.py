"""The instance that runs on a data directory, as its run.json tells, and the settings its processes share."""
import json
from pathlib import Path

from schemas.settings import Settings


def with_running_broker(settings: Settings) -> Settings:
    """Settings that point at the configured Kafka, else at the broker of the instance running on `settings.data`.

    Raises LookupError when there is neither.
    """
    if settings.kafka.bootstrap_servers:
        return settings
    path = settings.data / "run.json"
    try:
        address = json.loads(path.read_text(encoding="utf-8"))["kafka"]
    except (OSError, ValueError, KeyError):
        raise LookupError(
            f"nothing runs on {settings.data}: start `borderwire run`, or name a Kafka with --bootstrap-servers"
        ) from None
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": address})
    return settings.model_copy(update={"kafka": kafka})


def write_settings(settings: Settings, path: Path) -> Path:
    """Write settings where the processes of a run read them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(settings.model_dump_json(indent=1), encoding="utf-8")
    return path
