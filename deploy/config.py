"""Settings from a YAML file and the command line; what is wrong is said with the field, the value and what is right."""
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from pipelines.topics.check import load as load_taxonomy
from schemas.settings import Settings


class ConfigError(ValueError):
    """The configuration cannot be used; one line for each mistake."""


def load_settings(path: Path | None = None, overrides: dict[str, Any] | None = None) -> Settings:
    """Read settings. `overrides` maps dotted names ("kafka.partitions") to values that win over the file's.

    Raises ConfigError for an unreadable file, an unknown field or a wrong value.
    """
    data = read_yaml(path) if path else {}
    for name, value in (overrides or {}).items():
        section = data
        *parents, last = name.split(".")
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
    try:
        settings = Settings.model_validate(data)
        return with_alert_topics(settings)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(problem) for problem in error.errors(include_url=False))) from None


def with_alert_topics(settings: Settings) -> Settings:
    """The settings with the topics that the taxonomy marks as alerting. Raises ConfigError for a bad taxonomy."""
    try:
        taxonomy = load_taxonomy(settings.pipeline.taxonomy)
    except (OSError, ValueError) as error:
        raise ConfigError(f"pipeline.taxonomy: {settings.pipeline.taxonomy}: {error}") from None
    pipeline = settings.pipeline.model_copy(update={"alert_topics": taxonomy.alerting})
    return settings.model_copy(update={"pipeline": pipeline})


def read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: name a file that can be read") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no YAML: {error}") from None
    if not isinstance(data or {}, dict):
        found = type(data).__name__
        raise ConfigError(f"{path}: a {found} at the top: it must be a mapping, such as `data: /srv/borderwire`")
    return data or {}


def explain(problem: Any) -> str:
    """One line: the field, the value and what would be right."""
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{field}: no such setting: remove it or mend its name"
    return f"{field}: {problem['input']!r} will not do: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def duration(text: str) -> timedelta:
    """"72h", "30m", "90s", "3d" or ISO 8601 ("PT72H") → timedelta. Raises ConfigError for anything else."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if text[-1:] in units and text[:-1].isdigit():
        return timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        return TypeAdapter(timedelta).validate_python(text)
    except ValidationError:
        raise ConfigError(f"{text!r} is no duration: write 90s, 30m, 72h or 3d") from None
