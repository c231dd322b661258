"""Settings from a YAML file and the command line. An error names the field, its value and what would be right."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.mistakes import mistake, mistakes
from schemas.settings import Settings
from schemas.yaml_file import BadYaml, read_yaml


class ConfigError(ValueError):
    """The configuration cannot be used. The message has one line for each mistake."""

    mistake = True


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
                raise ConfigError(mistake({"loc": (parent,), "type": "dict_type", "input": section}))
        section[last] = value
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(mistakes(error))) from None
    return with_alert_topics(settings) if topics else settings


def with_alert_topics(settings: Settings) -> Settings:
    """The settings with the topics that the taxonomy marks as alerting, and their titles. Raises ConfigError for a bad
    taxonomy."""
    from pipelines.topics.taxonomy import load_taxonomy

    try:
        taxonomy = load_taxonomy(settings.pipeline.taxonomy)
    except ValueError as error:
        raise ConfigError(f"pipeline.taxonomy: {error}") from None
    alerting = (topic for topic in taxonomy.topics if topic.alerts)
    titles = {topic.name: {lang: topic.title_in(lang) for lang in ("en", "es")} for topic in alerting}
    read = {"alert_topics": taxonomy.alerting, "topic_titles": titles}
    pipeline = settings.pipeline.model_copy(update=read)
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
