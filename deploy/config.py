"""Settings from a YAML file and the command line. An error names the field, its value and what would be right."""

import reprlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.settings import Settings
from schemas.yaml_file import BadYaml, read_yaml

MAPPING = "it must be a mapping of settings"
#: Shortens a wrong value for an error message.
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 80


class ConfigError(ValueError):
    """The configuration cannot be used. The message has one line for each mistake."""


def load_settings(path: Path | None = None, overrides: dict[str, Any] | None = None, topics: bool = True) -> Settings:
    """Read settings. `overrides` maps dotted names ("kafka.partitions") to values that override the file's.

    Without `topics` the taxonomy is not read, which takes a second: `pipeline.alert_topics` are then not to be used.
    Raises ConfigError for an unreadable file, an unknown field or a wrong value.
    """
    data = read_sections(path) if path else {}
    for name, value in (overrides or {}).items():
        section = data
        *parents, last = name.split(".")
        for parent in parents:
            section = section.setdefault(parent, {})
            if not isinstance(section, dict):
                raise ConfigError(
                    explain_mistake({"loc": (parent,), "type": "dict_type", "input": section, "msg": MAPPING})
                )
        section[last] = value
    try:
        settings = Settings.model_validate(data)
        return with_alert_topics(settings) if topics else settings
    except ValidationError as error:
        raise ConfigError("\n".join(explain_mistake(problem) for problem in error.errors(include_url=False))) from None


def with_alert_topics(settings: Settings) -> Settings:
    """The settings with the topics that the taxonomy marks as alerting. Raises ConfigError for a bad taxonomy."""
    from pipelines.topics.taxonomy import load_taxonomy

    try:
        taxonomy = load_taxonomy(settings.pipeline.taxonomy)
    except (OSError, ValueError) as error:
        raise ConfigError(f"pipeline.taxonomy: {settings.pipeline.taxonomy}: {error}") from None
    pipeline = settings.pipeline.model_copy(update={"alert_topics": taxonomy.alerting})
    return settings.model_copy(update={"pipeline": pipeline})


def read_sections(path: Path) -> dict[str, Any]:
    """The content of the settings file, not validated. Raises ConfigError."""
    try:
        data = read_yaml(path)
    except BadYaml as error:
        raise ConfigError(str(error)) from None
    if not isinstance(data or {}, dict):
        found = type(data).__name__
        raise ConfigError(f"{path}: a {found} at the top: it must be a mapping, such as `data: /srv/borderwire`")
    return data or {}


def explain_mistake(problem: Any) -> str:
    """One line: the field, the value and what would be right."""
    field = ".".join(str(part) for part in problem["loc"])[:200]
    if problem["type"] == "extra_forbidden":
        return f"{field}: no such setting: remove it or mend its name"
    if problem["input"] is None:
        return f"{field}: nothing stands there: write its value, or remove the line"
    return f"{field}: {_SHOWN.repr(problem['input'])} will not do: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def duration(text: str) -> timedelta:
    """ "72h", "30m", "90s", "3d" or ISO 8601 ("PT72H") → timedelta. Raises ConfigError for anything else."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    try:
        if text[-1:] in units and text[:-1].isascii() and text[:-1].isdigit():
            return timedelta(**{units[text[-1]]: int(text[:-1])})
        return TypeAdapter(timedelta).validate_python(text)
    except (ValueError, OverflowError):  # ValidationError is a ValueError
        raise ConfigError(f"{text!r} is no duration: write 90s, 30m, 72h or 3d") from None
