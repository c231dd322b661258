"""Completes the settings of a run before anything starts: fills in what the command line and files leave open."""

from collections.abc import Sequence

import structlog

from connectors.feeds.feedlist import dump_feeds
from deploy.machine.ports import Ports, free
from schemas.feed import Feed
from schemas.settings import KafkaSettings, MetricsSettings, PageSettings, Settings
from schemas.write_whole import write_whole

log = structlog.get_logger()


def whole(settings: Settings, feeds: Sequence[Feed], ports: Ports, bootstrap_servers: str) -> Settings:
    """`settings` with the address of the Kafka in use, the path of this run's feed list, and all ports filled in.

    Writes the feed list to `<data>/run/feeds.yaml`. Ports chosen here are those of the last run if still free.
    """
    path = settings.data.absolute() / "run" / "feeds.yaml"
    write_whole(path, dump_feeds(feeds))
    return settings.model_copy(
        update={
            "feeds": path,
            "kafka": kafka_at(settings.kafka, bootstrap_servers),
            "metrics": with_metrics_port(settings.metrics, ports),
            "page": with_page_port(settings.page, ports),
        }
    )


def with_kafka(settings: Settings, bootstrap_servers: str) -> Settings:
    """`settings` with this Kafka address."""
    return settings.model_copy(update={"kafka": kafka_at(settings.kafka, bootstrap_servers)})


def kafka_at(kafka: KafkaSettings, bootstrap_servers: str) -> KafkaSettings:
    return kafka.model_copy(update={"bootstrap_servers": bootstrap_servers})


def with_metrics_port(metrics: MetricsSettings, ports: Ports) -> MetricsSettings:
    """Keep the configured port if it is free. Otherwise, or without one, use a free port that stays the same."""
    if metrics.port and free(metrics.port):
        return metrics
    instead = ports.get("metrics")
    if metrics.port:
        log.warning("the port of the metrics is taken", port=metrics.port, instead=instead)
    return metrics.model_copy(update={"port": instead})


def with_page_port(page: PageSettings, ports: Ports) -> PageSettings:
    """Keep the configured port if it is free, or if it is 0 (no page). Otherwise use a remembered free port."""
    if not page.port or free(page.port):
        return page
    instead = ports.get("page")
    log.warning("the page's port is taken", port=page.port, instead=instead)
    return page.model_copy(update={"port": instead})
