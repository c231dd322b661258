"""The settings of a run, made whole before anything starts: what the command line leaves open is decided here."""

from collections.abc import Sequence

import structlog

from connectors.feeds.feedlist import dump_feeds
from deploy.machine.ports import Ports, free
from deploy.machine.write_whole import write_whole
from schemas.feed import Feed
from schemas.settings import KafkaSettings, MetricsSettings, PageSettings, Settings

log = structlog.get_logger()


def whole(settings: Settings, feeds: Sequence[Feed], ports: Ports, bootstrap_servers: str) -> Settings:
    """`settings` with the Kafka in use, the feeds in a file of this run, and ports for exporter and page.

    Writes the feed list to `<data>/run/feeds.yaml`. Ports are those of the last run where they are free.
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
    """`settings` with the Kafka at this address."""
    return settings.model_copy(update={"kafka": kafka_at(settings.kafka, bootstrap_servers)})


def kafka_at(kafka: KafkaSettings, bootstrap_servers: str) -> KafkaSettings:
    return kafka.model_copy(update={"bootstrap_servers": bootstrap_servers})


def with_metrics_port(metrics: MetricsSettings, ports: Ports) -> MetricsSettings:
    """The configured port; for 0, one that is kept from run to run."""
    return metrics.model_copy(update={"port": metrics.port or ports.get("metrics")})


def with_page_port(page: PageSettings, ports: Ports) -> PageSettings:
    """The configured port if it is free, else one that is kept from run to run; 0 (no page) stays."""
    if not page.port or free(page.port):
        return page
    instead = ports.get("page")
    log.warning("the page's port is taken", port=page.port, instead=instead)
    return page.model_copy(update={"port": instead})
