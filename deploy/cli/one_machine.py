"""Commands for one machine: `borderwire run`, and those about a running instance."""

import argparse
from pathlib import Path

from deploy.cli.common import Commands, seconds, settings_of

TITLE = "On one machine"


def add_to(add: Commands, settings: argparse.ArgumentParser) -> None:
    """Add the commands of this group. `settings` has the options shared by all commands that read settings."""
    command = add.add_parser(
        "run", parents=[settings], description="start everything on one machine, and keep it running"
    )
    command.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    command.add_argument("--max-alert-age", metavar="AGE", help="72h, 3d: older statements are recorded, not alerted")
    command.add_argument(
        "--until-idle", type=seconds, metavar="TIME", help="90s, 5m: stop after this time without new records"
    )
    command.add_argument(
        "--rebuild", action="store_true", help="start the job without its earlier state; ledger and offsets stay"
    )
    command.set_defaults(command=run)

    command = add.add_parser(
        "status", parents=[settings], description="show the state of the running instance; exit code 0: healthy"
    )
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=status)

    add.add_parser(
        "ports", parents=[settings], description="list the open ports; exit code 0: none but the configured ones"
    ).set_defaults(command=ports)

    command = add.add_parser("stop", parents=[settings], description="stop the running instance")
    command.add_argument(
        "--savepoint", action="store_true", help="leave a savepoint for the next version to start from"
    )
    command.set_defaults(command=stop)

    add.add_parser(
        "doctor", parents=[settings], description="check that everything a run needs is installed"
    ).set_defaults(command=doctor)


def run(arguments: argparse.Namespace) -> int:
    from deploy.supervise.run import run

    return run(settings_of(arguments), arguments.until_idle, arguments.rebuild)


def status(arguments: argparse.Namespace) -> int:
    from deploy.supervise.status import status

    return status(settings_of(arguments, topics=False), arguments.json)


def ports(arguments: argparse.Namespace) -> int:
    from deploy.supervise.who_listens import who_listens

    return who_listens(settings_of(arguments, topics=False).data)


def stop(arguments: argparse.Namespace) -> int:
    from deploy.supervise.stop import stop

    return stop(settings_of(arguments, topics=False).data, arguments.savepoint)


def doctor(arguments: argparse.Namespace) -> int:
    from deploy.cli.doctor import doctor

    return doctor(settings_of(arguments, topics=False))
