"""Commands that run one part of a run as a process of its own. On a cluster, each is a container."""

import argparse
from pathlib import Path

from deploy.cli.common import Commands, Refused, kept, running, settings_of
from deploy.output import complain

TITLE = "One part alone"


def add_to(add: Commands, settings: argparse.ArgumentParser) -> None:
    """Add the commands of this group. `settings` has the options shared by all commands that read settings."""
    command = add.add_parser("poll", parents=[settings], description="run only the connectors: feeds into articles.raw")
    command.add_argument("--feeds", type=Path, metavar="FILE", help="feed list, YAML")
    command.set_defaults(command=poll)

    command = add.add_parser("pipeline", parents=[settings], description="submit only the job, to a running job server")
    command.add_argument("--keep", action="store_true", help="run the job server too, and keep the job on the cluster")
    command.add_argument(
        "--worker-pool",
        default="127.0.0.1:8100",
        metavar="HOST:PORT",
        help="with --keep: as a task manager sees its SDK workers (default: 127.0.0.1:8100)",
    )
    command.add_argument("--ship-jars", action="store_true", help="with --keep: the cluster is a plain Flink")
    command.add_argument("beam", nargs="*", metavar="-- BEAM_OPTION", help="options for Beam, after --")
    command.set_defaults(command=pipeline)

    command = add.add_parser(
        "metrics", parents=[settings], description="run only the exporter: /metrics, /healthz and /readyz"
    )
    command.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=int, help="default: 9464")
    command.set_defaults(command=metrics)

    command = add.add_parser(
        "page",
        parents=[settings],
        description="serve the newest statements as a web page and feeds, also of a run that has ended",
    )
    command.set_defaults(command=page)

    command = add.add_parser("deliver", parents=[settings], description="send alerts to mail, chats and webhooks")
    command.add_argument("what", nargs="?", choices=["test", "secret"], help="send a sample; make a webhook secret")
    command.add_argument("route", nargs="?", metavar="ROUTE")
    command.add_argument("--routes", type=Path, metavar="FILE", help="where alerts go, YAML")
    command.add_argument("--metrics-port", type=int, metavar="PORT", help="serve /metrics there")
    command.set_defaults(command=deliver)

    command = add.add_parser("flink", description="run one process of a Flink cluster, from the pinned jars")
    command.add_argument("role", choices=["jobmanager", "taskmanager"])
    command.add_argument("--conf", type=Path, required=True, metavar="DIR", help="where flink-conf.yaml is")
    command.set_defaults(command=flink)

    command = add.add_parser("workers", description="run the SDK workers of a task manager")
    command.add_argument("--port", type=int, default=8100)
    command.set_defaults(command=workers)

    command = add.add_parser("probe", description="check whether a part works. For the health checks of containers")
    command.add_argument("what", metavar="http://…|HOST:PORT|/FILE", help="answers, or was written just now")
    command.set_defaults(command=probe)


def poll(arguments: argparse.Namespace) -> int:
    from deploy.feeds.commands import poll

    return poll(running(arguments))


def pipeline(arguments: argparse.Namespace) -> int:
    if not arguments.keep and not any(option.startswith("--job_endpoint") for option in arguments.beam):
        raise Refused("pipeline: name the job server after --: -- --job_endpoint=HOST:PORT …; or run one with --keep")
    from deploy.engine.job import submit_elsewhere
    from deploy.supervise.cluster_job import keep

    if arguments.keep:
        return keep(running(arguments), arguments.worker_pool, arguments.ship_jars)
    return submit_elsewhere(running(arguments), arguments.beam)


def metrics(arguments: argparse.Namespace) -> int:
    from deploy.metrics.serve import serve_metrics

    return serve_metrics(running(arguments))


def page(arguments: argparse.Namespace) -> int:
    from deploy.page.serve import serve_page

    with kept(arguments) as (settings, _):
        return serve_page(settings)


def deliver(arguments: argparse.Namespace) -> int:
    from deploy.alerts import deliver as delivery

    if arguments.what == "secret":
        return delivery.new_secret()
    if arguments.what == "test":
        if not arguments.route:
            raise Refused("name the route: borderwire deliver test ROUTE")
        return delivery.send_sample(settings_of(arguments), arguments.route)
    return delivery.deliver(running(arguments), arguments.metrics_port)


def flink(arguments: argparse.Namespace) -> int:
    from deploy.engine.flink_cluster import become

    become(arguments.role, arguments.conf)
    return 1


def workers(arguments: argparse.Namespace) -> int:
    from deploy.engine.pool_server import serve_workers

    return serve_workers(arguments.port)


def probe(arguments: argparse.Namespace) -> int:
    from deploy.metrics.probe import probe

    problem = probe(arguments.what)
    if problem:
        complain(problem, "")
    return 1 if problem else 0
