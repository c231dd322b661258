"""The `borderwire` command. Each command imports what it needs only when it runs, so that small ones start fast."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from deploy.cli import alert_commands, feed_commands, file_stages, one_machine, single_parts
from deploy.output import complain

#: The groups of commands, in the order of `borderwire --help`.
GROUPS = (one_machine, alert_commands, feed_commands, single_parts, file_stages)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code: see `deploy.errors` for the codes of commands that end with an error."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        return ended_by(error, getattr(arguments, "log_level", ""))
    return code


def ended_by(error: BaseException, log_level: str) -> int:
    """Print an error in a line each and return its exit code. Level debug adds the traceback of an unexpected one."""
    from deploy import errors

    code = errors.exit_code(error)
    if code is None:
        _tell_bug(error, log_level)
        return errors.FAILED
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that Python does not fail again when it flushes at its end
    elif code != errors.INTERRUPTED:
        complain(errors.told_in_a_line(error))
    return code


def _tell_bug(error: BaseException, log_level: str) -> None:
    import traceback

    from connectors.errors import why
    from deploy.logs import tell_uncaught

    if log_level == "debug":
        tell_uncaught(type(error), error, error.__traceback__)
        return
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name} line {last.lineno}"
    complain(f"a mistake of ours, {where}: {why(error)[:500]}; --log-level debug shows the trace")


def parser() -> argparse.ArgumentParser:
    """The whole command line. Its help lists the commands by group."""
    top = argparse.ArgumentParser(
        prog="borderwire",
        description="Watches news feeds and alerts when somebody says something new.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"borderwire {version('borderwire')}")
    add = top.add_subparsers(
        required=True, metavar="COMMAND", help="one of those below; COMMAND --help shows its options"
    )
    settings = shared_options()
    lists = []
    for group in GROUPS:
        before = set(add.choices)
        group.add_to(add, settings)
        lines = [f"  {name:12}{add.choices[name].description}" for name in add.choices if name not in before]
        lists.append("\n".join([f"{group.TITLE}:", *lines]))
    top.epilog = "\n\n".join(lists)
    return top


def shared_options() -> argparse.ArgumentParser:
    """The options of every command that reads settings."""
    settings = argparse.ArgumentParser(add_help=False)
    settings.add_argument("--config", type=Path, metavar="FILE", help="settings, YAML")
    settings.add_argument("--data", type=Path, metavar="DIR", help="directory for all data (default: data)")
    settings.add_argument("--bootstrap-servers", metavar="HOST:PORT", help="a Kafka of your own")
    settings.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    return settings
