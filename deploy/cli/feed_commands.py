"""Commands for the feed list and for the taxonomy of topics."""

import argparse
from pathlib import Path

from deploy.cli.common import Commands, Refused, kept, settings_of
from deploy.output import tell

TITLE = "Feeds and topics"


def add_to(add: Commands, settings: argparse.ArgumentParser) -> None:
    """Add the commands of this group. `settings` has the options shared by all commands that read settings."""
    told = "show each feed's status, last entry, next poll and problems"
    command = add.add_parser("feeds", parents=[settings], description=told)
    command.add_argument("--json", action="store_true", help="one JSON line each")
    command.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML or OPML, for --opml")
    command.add_argument(
        "--opml", type=Path, nargs="?", const=Path(), metavar="FILE",
        help="print an OPML file as a feed list; without FILE, the feed list as OPML",
    )  # fmt: skip
    command.set_defaults(command=feeds)
    of_feeds = command.add_subparsers(metavar="check|add|remove")
    check = of_feeds.add_parser("check", parents=[settings], help="request feeds and show what they answer")
    check.add_argument("urls", nargs="*", metavar="URL", help="a feed, or any page: what it has to follow is shown")
    check.add_argument("--all", action="store_true", help="the whole feed list: date those that answer")
    check.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    check.set_defaults(command=feeds_check)
    new = of_feeds.add_parser("add", parents=[settings], help="put feeds into the feed list")
    new.add_argument("sources", nargs="+", metavar="URL|OPML")
    new.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    new.add_argument("--outlet", metavar="NAME", help="the outlet's name, as alerts show it")
    new.set_defaults(command=feeds_add)
    old = of_feeds.add_parser("remove", parents=[settings], help="take feeds out of the feed list")
    old.add_argument("urls", nargs="+", metavar="URL")
    old.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    old.set_defaults(command=feeds_remove)

    command = add.add_parser("topics", description="check a taxonomy")
    of_topics = command.add_subparsers(required=True, metavar="check")
    check = of_topics.add_parser("check", help="validate it and run its examples")
    check.add_argument("file", type=Path, nargs="?", metavar="FILE")
    check.set_defaults(command=topics_check)


def feeds(arguments: argparse.Namespace) -> int:
    from deploy.feeds.table import export_opml, import_opml, table

    if arguments.opml is None:
        with kept(arguments) as (settings, _):
            return table(settings, arguments.json)
    return (
        import_opml(arguments.opml) if arguments.opml.name else export_opml(settings_of(arguments, topics=False).feeds)
    )


def feeds_check(arguments: argparse.Namespace) -> int:
    from deploy.feeds.check import check_feeds

    if bool(arguments.urls) == arguments.all:
        raise Refused("feeds check: name addresses, or --all for the feed list")
    return check_feeds(settings_of(arguments, topics=False), arguments.urls, arguments.all)


def feeds_add(arguments: argparse.Namespace) -> int:
    from deploy.feeds.change import add_sources

    return add_sources(settings_of(arguments, topics=False), arguments.sources, arguments.outlet)


def feeds_remove(arguments: argparse.Namespace) -> int:
    from deploy.feeds.change import remove_sources

    return remove_sources(settings_of(arguments, topics=False), arguments.urls)


def topics_check(arguments: argparse.Namespace) -> int:
    from pipelines.topics.check import check_topics

    problems = check_topics(arguments.file)
    for problem in problems:
        tell(problem)
    print(f"{len(problems)} problems" if problems else "no problems")
    return 1 if problems else 0
