"""What each command does: settings, then one call. Imports are inside, so that small commands start fast."""
import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from schemas.delivery import Filter
    from schemas.settings import Settings


class Refused(ValueError):
    """The command cannot run as it was called; the message says why and what would be right."""


def settings_of(arguments: argparse.Namespace) -> "Settings":
    """Settings from --config with the other arguments on top. Raises Refused for what is wrong in them."""
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
        return config.load_settings(arguments.config, overrides)
    except config.ConfigError as error:
        raise Refused(str(error)) from None


def running(arguments: argparse.Namespace) -> "Settings":
    """Settings whose Kafka is the configured one, else that of the instance running on the data directory."""
    from deploy.machine.instance import with_running_broker

    return with_running_broker(settings_of(arguments))


def run(arguments: argparse.Namespace) -> int:
    from deploy.supervise.run import run

    return run(settings_of(arguments), arguments.until_idle, arguments.rebuild)


def status(arguments: argparse.Namespace) -> int:
    from deploy.supervise.status import status

    return status(settings_of(arguments), arguments.json)


def stop(arguments: argparse.Namespace) -> int:
    from deploy.supervise.stop import stop

    return stop(settings_of(arguments).data, arguments.savepoint)


def poll(arguments: argparse.Namespace) -> int:
    from deploy.feeds.commands import poll

    return poll(running(arguments))


def pipeline(arguments: argparse.Namespace) -> int:
    from deploy.engine.job import submit_elsewhere
    from deploy.supervise.cluster_job import keep

    if arguments.keep:
        return keep(running(arguments), arguments.worker_pool, arguments.ship_jars)
    return submit_elsewhere(running(arguments), arguments.beam)


def metrics(arguments: argparse.Namespace) -> int:
    from deploy.metrics.serve import serve

    return serve(running(arguments))


def flink(arguments: argparse.Namespace) -> int:
    from deploy.engine.flink_cluster import BadFlinkConf, become
    from deploy.jars.download import DownloadError

    try:
        become(arguments.role, arguments.conf)
    except (BadFlinkConf, DownloadError) as error:
        raise Refused(str(error)) from None
    return 1


def workers(arguments: argparse.Namespace) -> int:
    from deploy.engine.pool_server import serve

    return serve(arguments.port)


def probe(arguments: argparse.Namespace) -> int:
    from deploy.metrics.probe import probe

    problem = probe(arguments.what)
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def subscribe(arguments: argparse.Namespace) -> int:
    from deploy.alerts.subscribe import Start, printer, subscribe
    from deploy.supervise.ended_run import kept_broker

    start = Start(arguments.from_beginning, moment(arguments.since), arguments.group)
    with kept_broker(settings_of(arguments)) as (settings, ended):
        show = printer(arguments.json)
        return subscribe(settings, wanted(arguments), start, show, arguments.until_idle, until_end=ended)


def wanted(arguments: argparse.Namespace) -> "Filter":
    """The alerts that the arguments ask for. Raises Refused for a kind that there is not."""
    from pydantic import ValidationError

    from schemas.delivery import Filter

    names = ("topics", "speakers", "languages", "outlets", "kinds")
    try:
        return Filter.model_validate({name: getattr(arguments, name, None) or () for name in names})
    except ValidationError as error:
        raise Refused(str(error)) from None


def moment(text: str | None) -> "datetime | None":
    """"2h" or "3d" ago, or a date or time in ISO 8601, in UTC where it names no zone. Raises Refused."""
    from datetime import UTC, datetime

    from deploy.config import ConfigError, duration

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        return datetime.now(UTC) - duration(text)
    except (ConfigError, OverflowError):
        raise Refused(f"{text!r} is no time: write 2h, 3d, 2026-11-24 or 2026-11-24T08:00-06:00") from None


def deliver(arguments: argparse.Namespace) -> int:
    from deploy.alerts import deliver as delivery

    if arguments.what == "secret":
        return delivery.new_secret()
    if arguments.what == "test":
        if not arguments.route:
            raise Refused("name the route: borderwire deliver test ROUTE")
        return delivery.send_sample(settings_of(arguments), arguments.route)
    return delivery.deliver(running(arguments), arguments.metrics_port)


def page(arguments: argparse.Namespace) -> int:
    from connectors.errors import BrokerGone
    from deploy.page.serve import serve

    try:
        return serve(running(arguments))
    except BrokerGone as error:
        print(f"borderwire: {error}", file=sys.stderr)
        return 1


def mark(arguments: argparse.Namespace) -> int:
    from connectors.errors import BrokerGone
    from deploy.alerts import marks

    verdict = None if arguments.verdict == "clear" else arguments.verdict
    try:
        alert = marks.mark(running(arguments), arguments.id, verdict, arguments.note)
    except BrokerGone as error:
        print(f"borderwire: {error}", file=sys.stderr)
        return 1
    print(f"{alert.id}: {verdict or 'no mark'}: {alert.statements[0].text}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    from deploy.alerts import export as history
    from deploy.supervise.ended_run import kept_broker

    with kept_broker(settings_of(arguments)) as (settings, _):
        if arguments.marks:
            return history.export_examples(settings, arguments.csv)
        since, until = moment(arguments.since), moment(arguments.until)
        return history.export(settings, wanted(arguments), since, until, arguments.csv)


def trace(arguments: argparse.Namespace) -> int:
    from deploy.alerts.trace import trace

    return trace(running(arguments), arguments.article)


def replay(arguments: argparse.Namespace) -> int:
    if bool(arguments.files) == bool(arguments.from_topic):
        raise Refused("replay: name files, or a topic with --from-topic articles.raw --since DATE")
    if arguments.files:
        from deploy.feeds.commands import replay

        return replay(running(arguments), arguments.files)
    from deploy.alerts.rejudge import rejudge, since_when

    try:
        since = since_when(arguments.since or "")
    except ValueError:
        raise Refused(f"--since: {arguments.since!r} is no date: write 2026-11-20 or 2026-11-20T08:00") from None
    return rejudge(running(arguments), arguments.from_topic, since, arguments.dry_run, arguments.raise_alerts)


def feeds(arguments: argparse.Namespace) -> int:
    from deploy.feeds.table import export_opml, import_opml, table

    if arguments.opml is None:
        return table(running(arguments), arguments.json)
    return import_opml(arguments.opml) if arguments.opml.name else export_opml(settings_of(arguments).feeds)


def feeds_check(arguments: argparse.Namespace) -> int:
    from deploy.feeds.check import check

    return check(settings_of(arguments), arguments.urls)


def topics_check(arguments: argparse.Namespace) -> int:
    from pipelines.topics.check import check

    problems = check(arguments.file)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "no problems")
    return 1 if problems else 0


def doctor(arguments: argparse.Namespace) -> int:
    from deploy.cli.doctor import doctor

    return doctor(settings_of(arguments))


def schemas(arguments: argparse.Namespace) -> int:
    from schemas.export import export

    for path in export(arguments.directory):
        print(path)
    return 0


def parse(arguments: argparse.Namespace) -> int:
    from connectors.errors import FetchError, NotAFeed
    from connectors.formats.parse import parse_file

    try:
        return print_lines(parse_file(arguments.file, arguments.url))
    except (NotAFeed, FetchError) as error:
        print(f"{arguments.file}: no feed: {error}", file=sys.stderr)
        return 1


def clean(arguments: argparse.Namespace) -> int:
    from pipelines.errors import NoArticle
    from pipelines.on_files import clean_file

    try:
        return print_lines([clean_file(arguments.file, arguments.url)])
    except NoArticle as error:
        print(f"{arguments.file}: no article: {error}", file=sys.stderr)
        return 1


def statements(arguments: argparse.Namespace) -> int:
    from pipelines.on_files import statement_lines

    return print_lines(statement_lines(lines_of(arguments.file), arguments.explain))


def dedupe(arguments: argparse.Namespace) -> int:
    from pipelines.on_files import dedupe_lines

    return print_lines(dedupe_lines(lines_of(arguments.file)))


def lines_of(name: str) -> Iterator[str]:
    """The lines of a file or of standard input; bytes that are no UTF-8 become lone surrogates, not an error."""
    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as source:
        yield from io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape")


def print_lines(results: Iterable[Any]) -> int:
    """A JSON line each on standard output; what is an error goes to standard error, and makes the exit code 1."""
    failed = False
    for result in results:
        if isinstance(result, Exception):
            failed = True
            print(result, file=sys.stderr)
        else:
            print(json.dumps(result, ensure_ascii=False))
    return 1 if failed else 0
