"""Shared by all commands: settings from the command line, and the error for wrong arguments."""

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.settings import Settings

#: What a group adds its commands to: the result of `ArgumentParser.add_subparsers`.
Commands = argparse._SubParsersAction


class Refused(ValueError):
    """The command cannot run with these arguments. The message says why and what would be right."""

    mistake = True


def settings_of(arguments: argparse.Namespace, topics: bool = True) -> "Settings":
    """Settings from --config, overridden by other arguments. Also configures logging. Raises ConfigError.

    Commands that have nothing to do with topics leave them out: the taxonomy is then not read.
    """
    from deploy import config, logs

    logs.configure(arguments.log_level)
    overrides: dict[str, Any] = {}
    names = {"data": "data", "feeds": "feeds", "routes": "routes", "bootstrap_servers": "kafka.bootstrap_servers"}
    for name, setting in (names | {"host": "metrics.host", "port": "metrics.port"}).items():
        if (value := getattr(arguments, name, None)) is not None:
            overrides[setting] = value
    if age := getattr(arguments, "max_alert_age", None):
        overrides["pipeline.max_alert_age"] = age
    return config.load_settings(arguments.config, overrides, topics)


def running(arguments: argparse.Namespace) -> "Settings":
    """Settings with a Kafka: the configured one, else that of the instance running on the data directory.

    Raises ConfigError, or NothingRuns when there is no Kafka.
    """
    from deploy.machine.instance import with_running_broker

    return with_running_broker(settings_of(arguments))


@contextlib.contextmanager
def kept(arguments: argparse.Namespace) -> "Iterator[tuple[Settings, bool]]":
    """Like `running`; without an instance, the broker of the data directory is started while the command runs.

    Yields (settings, whether the broker was started here). Raises ConfigError, NothingRuns, and BrokerGone when the
    Kafka does not answer within some seconds.
    """
    from connectors.kafka_topics import require_answer
    from deploy.supervise.ended_run import kept_broker

    with kept_broker(settings_of(arguments)) as (settings, ended):
        require_answer(settings.kafka)
        yield settings, ended


def seconds(text: str) -> float:
    """An argument that is a duration, or a plain number of seconds. Raises argparse.ArgumentTypeError."""
    from schemas import durations

    try:
        return durations.seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
