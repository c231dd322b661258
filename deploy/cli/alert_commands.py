"""Commands for alerts: follow, mark and export them, trace an article, replay."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.cli.common import Commands, Refused, kept, seconds
from deploy.output import tell

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from datetime import datetime

    from schemas.delivery import Filter

TITLE = "Alerts"


def add_to(add: Commands, settings: argparse.ArgumentParser) -> None:
    """Add the commands of this group. `settings` has the options shared by all commands that read settings."""
    command = add.add_parser("subscribe", parents=[settings], description="print alerts as they come")
    command.add_argument("topics", nargs="*", metavar="TOPIC", help="alerts.merida …; all when none is named")
    command.add_argument("--speaker", dest="speakers", action="append", metavar="NAME", help="may be given again")
    command.add_argument("--language", dest="languages", action="append", metavar="en|es")
    command.add_argument("--outlet", dest="outlets", action="append", metavar="NAME")
    command.add_argument("--kind", dest="kinds", action="append", metavar="new|corroborated|corrected")
    command.add_argument("--from-beginning", action="store_true")
    command.add_argument("--since", metavar="TIME", help="2h, 3d or a date: alerts since then")
    command.add_argument("--group", metavar="NAME", help="store the position under this name, and continue from it")
    command.add_argument("--json", action="store_true", help="one JSON line each")
    command.add_argument(
        "--until-idle", type=seconds, metavar="TIME", help="end after this time without new alerts: 90s, 5m"
    )
    command.set_defaults(command=subscribe)

    command = add.add_parser("mark", parents=[settings], description="say that an alert is wrong, or mute its story")
    command.add_argument("id", metavar="ID", help="the alert's id or its beginning")
    command.add_argument("verdict", choices=["wrong", "wrong-speaker", "wrong-topic", "no-statement", "mute", "clear"])
    command.add_argument("--note", default="", help="why")
    command.set_defaults(command=mark)

    command = add.add_parser(
        "export", parents=[settings], description="print the recorded statements with their sources: JSON lines or CSV"
    )
    command.add_argument("--since", metavar="TIME", help="first published then or later: 3d, 2026-11-24 …")
    command.add_argument("--until", metavar="TIME", help="first published before then")
    command.add_argument("--topic", dest="topics", action="append", metavar="TOPIC", help="may be given again")
    command.add_argument("--speaker", dest="speakers", action="append", metavar="NAME")
    command.add_argument("--language", dest="languages", action="append", metavar="en|es")
    command.add_argument("--outlet", dest="outlets", action="append", metavar="NAME")
    command.add_argument("--csv", action="store_true")
    command.add_argument(
        "--marks", action="store_true", help="alerts that readers marked, as examples for the evaluation"
    )
    command.set_defaults(command=export)

    command = add.add_parser(
        "backup", parents=[settings], description="write ledger, alerts, marks and feed states to a file"
    )
    command.add_argument("directory", type=Path, metavar="DIR", help="a new file is written there")
    command.add_argument(
        "--keep", type=int, default=14, metavar="N", help="number of backups to keep there (default: 14)"
    )
    command.set_defaults(command=backup)

    command = add.add_parser(
        "restore", parents=[settings], description="load a backup into a Kafka that has no records yet"
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.set_defaults(command=restore)

    command = add.add_parser(
        "brief", parents=[settings], description="print a briefing: what was new, by topic and story"
    )
    command.add_argument("--since", metavar="TIME", default="24h", help="first published then or later (default: 24h)")
    command.add_argument("--until", metavar="TIME", help="first published before then (default: now)")
    command.add_argument("--topic", dest="topics", action="append", metavar="TOPIC", help="may be given again")
    command.add_argument("--lang", choices=["en", "es"], default="en", help="language of the briefing")
    command.add_argument("--format", choices=["text", "markdown", "html"], default="text")
    command.set_defaults(command=brief)

    command = add.add_parser("trace", parents=[settings], description="show what happened to an article, and why")
    command.add_argument("article", metavar="URL|ID", help="of the article, or the id of an alert or its beginning")
    command.set_defaults(command=trace)

    command = add.add_parser("replay", parents=[settings], description="read archives, or judge earlier articles again")
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="JSONL or WARC, into articles.raw")
    command.add_argument("--from-topic", metavar="TOPIC", help="articles.raw: judge the articles of this topic again")
    command.add_argument("--since", metavar="DATE", help="with --from-topic: 2026-11-20, or with a time")
    command.add_argument("--dry-run", action="store_true", help="only show which alerts would be new")
    command.add_argument("--raise", dest="raise_alerts", action="store_true", help="raise them, not just record them")
    command.set_defaults(command=replay)


def subscribe(arguments: argparse.Namespace) -> int:
    from deploy.alerts.subscribe import Start, printer, subscribe

    start, filtered = Start(arguments.from_beginning, moment(arguments.since), arguments.group), wanted(arguments)
    with kept(arguments) as (settings, ended):
        known(arguments.topics, settings.pipeline.alert_topics)
        return subscribe(settings, filtered, start, printer(arguments.json), arguments.until_idle, until_end=ended)


def mark(arguments: argparse.Namespace) -> int:
    from deploy.alerts import marks

    verdict = None if arguments.verdict == "clear" else arguments.verdict
    with kept(arguments) as (settings, _):
        alert = marks.mark(settings, arguments.id, verdict, arguments.note)
    tell(f"{alert.id}: {verdict or 'no mark'}: {alert.statements[0].text}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    from deploy.alerts import export as history

    since, until, filtered = moment(arguments.since), moment(arguments.until), wanted(arguments)
    with kept(arguments) as (settings, _):
        if arguments.marks:
            return history.export_examples(settings, arguments.csv)
        known(arguments.topics, settings.pipeline.alert_topics)
        return history.export_history(settings, filtered, since, until, arguments.csv)


def brief(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from deploy.alerts import brief as briefing

    now = datetime.now(UTC)
    span = (moment(arguments.since) or now, moment(arguments.until) or now)
    with kept(arguments) as (settings, _):
        titles = settings.pipeline.titles_in(arguments.lang)
        topics = known(arguments.topics, settings.pipeline.alert_topics)
        return briefing.brief(settings, titles, span, topics, arguments.lang, arguments.format)


def trace(arguments: argparse.Namespace) -> int:
    from deploy.alerts.trace import trace

    with kept(arguments) as (settings, _):
        return trace(settings, arguments.article)


def replay(arguments: argparse.Namespace) -> int:
    if bool(arguments.files) == bool(arguments.from_topic):
        raise Refused("replay: name files, or a topic with --from-topic articles.raw --since DATE")
    if arguments.files:
        from deploy.feeds.commands import replay_files

        with kept(arguments) as (settings, _):
            return replay_files(settings, arguments.files)
    from deploy.alerts.rejudge import rejudge, since_when

    try:
        since = since_when(arguments.since or "")
    except ValueError:
        raise Refused(f"--since: {arguments.since!r} is not a date: write 2026-11-20 or 2026-11-20T08:00") from None
    with kept(arguments) as (settings, _):
        return rejudge(settings, arguments.from_topic, since, arguments.dry_run, arguments.raise_alerts)


def known(topics: "Sequence[str] | None", alerting: "Sequence[str]") -> list[str]:
    """The topics without `alerts.`. Raises Refused for one that does not alert, with those that do."""
    found = [topic.removeprefix("alerts.") for topic in topics or ()]
    for topic in found:
        if topic not in alerting:
            raise Refused(f"no topic {topic!r} raises alerts: write one of {', '.join(sorted(alerting))}")
    return found


def wanted(arguments: argparse.Namespace) -> "Filter":
    """The filter that the arguments describe. Raises Refused for an invalid value, such as an unknown kind."""
    from pydantic import ValidationError

    from schemas.delivery import Filter
    from schemas.mistakes import mistakes

    names = ("topics", "speakers", "languages", "outlets", "kinds")
    try:
        return Filter.model_validate({name: getattr(arguments, name, None) or () for name in names})
    except ValidationError as error:
        raise Refused("\n".join(mistakes(error))) from None


def moment(text: str | None) -> "datetime | None":
    """Parse "2h" or "3d" (that long ago), or an ISO 8601 date or time (UTC if it has no zone). Raises Refused."""
    from datetime import UTC, datetime

    from schemas.durations import duration

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        return datetime.now(UTC) - duration(text)
    except (ValueError, OverflowError):
        raise Refused(f"{text!r} is not a time: write 2h, 3d, 2026-11-24 or 2026-11-24T08:00-06:00") from None


def backup(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from deploy.alerts.backup import back_up

    if arguments.keep < 1:
        raise Refused("--keep: at least 1")
    with kept(arguments) as (settings, _):
        path, counted = back_up(settings, arguments.directory, arguments.keep, datetime.now(UTC))
    tell(f"{path}: {_numbers(counted)}")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    from deploy.alerts.backup import restore

    with kept(arguments) as (settings, _):
        counted = restore(settings, arguments.file)
    tell(f"restored: {_numbers(counted)}")
    return 0


def _numbers(counted: "Counter[str]") -> str:
    return ", ".join(f"{topic} {number}" for topic, number in sorted(counted.items())) or "no records"
