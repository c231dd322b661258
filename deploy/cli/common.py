"""Shared by all commands: settings from the command line, and the error for wrong arguments."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schemas.settings import Settings

#: What a group adds its commands to: the result of `ArgumentParser.add_subparsers`.
Commands = argparse._SubParsersAction


class Refused(ValueError):
    """The command cannot run with these arguments. The message says why and what would be right."""


def settings_of(arguments: argparse.Namespace, topics: bool = True) -> "Settings":
    """Settings from --config, overridden by other arguments. Also configures logging. Raises Refused for mistakes.

    Commands that have nothing to do with topics leave them out: the taxonomy is then not read.
    """
    from deploy import config, logs

    logs.configure(arguments.log_level)
    overrides: dict[str, Any] = {}
    names = {"data": "data", "feeds": "feeds", "routes": "routes", "bootstrap_servers": "kafka.bootstrap_servers"}
    for name, setting in (names | {"host": "metrics.host", "port": "metrics.port"}).items():
        if value := getattr(arguments, name, None):
            overrides[setting] = value
    try:
        if age := getattr(arguments, "max_alert_age", None):
            overrides["pipeline.max_alert_age"] = config.duration(age)
        return config.load_settings(arguments.config, overrides, topics)
    except config.ConfigError as error:
        raise Refused(str(error)) from None


def running(arguments: argparse.Namespace) -> "Settings":
    """Settings with a Kafka: the configured one, else that of the instance running on the data directory.

    Raises Refused, or LookupError when there is no Kafka.
    """
    from deploy.machine.instance import with_running_broker

    return with_running_broker(settings_of(arguments))
