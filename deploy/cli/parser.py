"""The `borderwire` command. Each command imports what it needs when it runs, so that the small ones start at once."""
import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.cli import commands


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 failed or some input was bad, 2 wrong usage or configuration."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
    except (commands.Refused, LookupError, OSError) as error:
        print(f"borderwire: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="borderwire", description="Alerts when somebody says something new.")
    add = top.add_subparsers(required=True, metavar="COMMAND")
    settings = argparse.ArgumentParser(add_help=False)
    settings.add_argument("--config", type=Path, metavar="FILE", help="settings, YAML")
    settings.add_argument("--data", type=Path, metavar="DIR", help="where everything is kept (default: data)")
    settings.add_argument("--bootstrap-servers", metavar="HOST:PORT", help="a Kafka of your own")
    settings.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])

    run = add.add_parser("run", parents=[settings], help="everything on one machine")
    run.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    run.add_argument("--max-alert-age", metavar="AGE", help="72h, 3d: what was said before is recorded, not alerted")
    run.add_argument("--until-idle", type=float, metavar="SECONDS", help="stop when nothing came for so long")
    run.add_argument("--rebuild", action="store_true", help="leave the job's state behind; the ledger and offsets stay")
    run.set_defaults(command=commands.run)

    status = add.add_parser("status", parents=[settings], help="what the running instance does; exit code 0: healthy")
    status.add_argument("--json", action="store_true")
    status.set_defaults(command=commands.status)

    stop = add.add_parser("stop", parents=[settings], help="stop the running instance")
    stop.add_argument("--savepoint", action="store_true", help="leave a savepoint for the next version to start from")
    stop.set_defaults(command=commands.stop)

    poll = add.add_parser("poll", parents=[settings], help="only the connectors: feeds into articles.raw")
    poll.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    poll.set_defaults(command=commands.poll)

    pipeline = add.add_parser("pipeline", parents=[settings], help="only the job, handed to a running job server")
    pipeline.add_argument("--keep", action="store_true", help="run the job server too, and keep the job on the cluster")
    pipeline.add_argument("--worker-pool", default="127.0.0.1:8100", metavar="HOST:PORT", help="with --keep: as a task "
                          "manager sees its SDK workers (default: 127.0.0.1:8100)")
    pipeline.add_argument("--ship-jars", action="store_true", help="with --keep: the cluster is a plain Flink")
    pipeline.add_argument("beam", nargs="*", metavar="-- BEAM_OPTION", help="options for Beam, after --")
    pipeline.set_defaults(command=commands.pipeline)

    metrics = add.add_parser("metrics", parents=[settings], help="only the exporter: /metrics, /healthz and /readyz")
    metrics.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    metrics.add_argument("--port", type=int, help="default: 9464")
    metrics.set_defaults(command=commands.metrics)

    flink = add.add_parser("flink", help="one process of a Flink cluster, from the pinned jars")
    flink.add_argument("role", choices=["jobmanager", "taskmanager"])
    flink.add_argument("--conf", type=Path, required=True, metavar="DIR", help="where flink-conf.yaml is")
    flink.set_defaults(command=commands.flink)

    workers = add.add_parser("workers", help="the SDK workers beside a task manager")
    workers.add_argument("--port", type=int, default=8100)
    workers.set_defaults(command=commands.workers)

    probe = add.add_parser("probe", help="does a part live? For the health checks of containers")
    probe.add_argument("what", metavar="http://…|HOST:PORT|/FILE", help="answers, or was written just now")
    probe.set_defaults(command=commands.probe)

    subscribe = add.add_parser("subscribe", parents=[settings], help="print alerts as they come")
    subscribe.add_argument("topics", nargs="*", metavar="TOPIC", help="alerts.merida …; all when none is named")
    subscribe.add_argument("--speaker", dest="speakers", action="append", metavar="NAME", help="may be given again")
    subscribe.add_argument("--language", dest="languages", action="append", metavar="en|es")
    subscribe.add_argument("--outlet", dest="outlets", action="append", metavar="NAME")
    subscribe.add_argument("--kind", dest="kinds", action="append", metavar="new|corroborated|corrected")
    subscribe.add_argument("--from-beginning", action="store_true")
    subscribe.add_argument("--since", metavar="TIME", help="2h, 3d or a date: from what was alerted then on")
    subscribe.add_argument("--group", metavar="NAME", help="keep the place under this name, and go on from it")
    subscribe.add_argument("--json", action="store_true", help="a JSON line each")
    subscribe.add_argument("--until-idle", type=float, metavar="SECONDS")
    subscribe.set_defaults(command=commands.subscribe)

    deliver = add.add_parser("deliver", parents=[settings], help="send alerts to mail, chats and webhooks")
    deliver.add_argument("what", nargs="?", choices=["test", "secret"], help="send a sample; make a webhook secret")
    deliver.add_argument("route", nargs="?", metavar="ROUTE")
    deliver.add_argument("--routes", type=Path, metavar="FILE", help="where alerts go, YAML")
    deliver.add_argument("--metrics-port", type=int, metavar="PORT", help="serve /metrics there")
    deliver.set_defaults(command=commands.deliver)

    page = add.add_parser("page", parents=[settings], help="what is new as a web page, and as Atom and JSON feeds")
    page.set_defaults(command=commands.page)

    mark = add.add_parser("mark", parents=[settings], help="say that an alert is wrong, or mute its story")
    mark.add_argument("id", metavar="ID", help="the alert's id or its beginning")
    mark.add_argument("verdict", choices=["wrong", "mute", "clear"])
    mark.add_argument("--note", default="", help="why")
    mark.set_defaults(command=commands.mark)

    export = add.add_parser("export", parents=[settings], help="what was said, with its sources: JSON lines or CSV")
    export.add_argument("--since", metavar="TIME", help="first published then or later: 3d, 2026-11-24 …")
    export.add_argument("--until", metavar="TIME", help="first published before then")
    export.add_argument("--topic", dest="topics", action="append", metavar="TOPIC", help="may be given again")
    export.add_argument("--speaker", dest="speakers", action="append", metavar="NAME")
    export.add_argument("--language", dest="languages", action="append", metavar="en|es")
    export.add_argument("--outlet", dest="outlets", action="append", metavar="NAME")
    export.add_argument("--csv", action="store_true")
    export.add_argument("--marks", action="store_true", help="what readers marked, as examples for the evaluation")
    export.set_defaults(command=commands.export)

    trace = add.add_parser("trace", parents=[settings], help="what happened to an article")
    trace.add_argument("article", metavar="URL|ID")
    trace.set_defaults(command=commands.trace)

    replay = add.add_parser("replay", parents=[settings], help="archives, or what came before, once more")
    replay.add_argument("files", nargs="*", type=Path, metavar="FILE", help="JSONL or WARC, into articles.raw")
    replay.add_argument("--from-topic", metavar="TOPIC", help="articles.raw: judge again what came before")
    replay.add_argument("--since", metavar="DATE", help="with --from-topic: 2026-11-20, or with a time")
    replay.add_argument("--dry-run", action="store_true", help="only show which alerts would be new")
    replay.add_argument("--raise", dest="raise_alerts", action="store_true", help="raise them, not just record them")
    replay.set_defaults(command=commands.replay)

    told = "each feed's status, rhythm, last entry, next poll, trouble"
    feeds = add.add_parser("feeds", parents=[settings], help=told)
    feeds.add_argument("--json", action="store_true", help="a JSON line each")
    feeds.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML or OPML, for --opml")
    feeds.add_argument(
        "--opml", type=Path, nargs="?", const=Path(), metavar="FILE",
        help="print an OPML file as a feed list; without FILE, the feed list as OPML",
    )  # fmt: skip
    feeds.set_defaults(command=commands.feeds)
    of_feeds = feeds.add_subparsers(metavar="check")
    check = of_feeds.add_parser("check", parents=[settings], help="try feeds and say what comes back")
    check.add_argument("urls", nargs="+", metavar="URL")
    check.set_defaults(command=commands.feeds_check)

    topics = add.add_parser("topics", help="check a taxonomy")
    of_topics = topics.add_subparsers(required=True, metavar="check")
    check = of_topics.add_parser("check", help="validate it and run its examples")
    check.add_argument("file", type=Path, nargs="?", metavar="FILE")
    check.set_defaults(command=commands.topics_check)

    add.add_parser("doctor", parents=[settings], help="is everything here that a run needs?").set_defaults(
        command=commands.doctor
    )
    schema = add.add_parser("schemas", help="write the JSON Schema of every topic")
    schema.add_argument("directory", type=Path, metavar="DIR")
    schema.set_defaults(command=commands.schemas)

    parse = add.add_parser("parse", help="feed bytes to entries, a JSON line each")
    parse.add_argument("file", type=Path)
    parse.add_argument("--url", required=True)
    parse.set_defaults(command=commands.parse)
    clean = add.add_parser("clean", help="page to clean article, JSON")
    clean.add_argument("file", type=Path)
    clean.add_argument("--url", required=True)
    clean.set_defaults(command=commands.clean)
    statements = add.add_parser("statements", help='{"id","text","lang"?} a line to statements')
    statements.add_argument("file", metavar="FILE|-")
    statements.add_argument("--explain", action="store_true", help="say which rule or feature made each statement")
    statements.set_defaults(command=commands.statements)
    dedupe = add.add_parser("dedupe", help='{"id","text"} a line to {"id","story"}')
    dedupe.add_argument("file", metavar="FILE|-")
    dedupe.set_defaults(command=commands.dedupe)
    return top
