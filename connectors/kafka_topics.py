"""The Kafka topics: creates those that are missing and checks partitions against the settings."""

import contextlib

from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from connectors.errors import BrokerGone, WrongPartitions, why
from schemas.kafka.clients import admin
from schemas.settings import KafkaSettings, Settings

_DAY = 24 * 3600 * 1000
#: Kafka's size limit is this many times `max_record_bytes`: a dead letter holds a whole record in base64 and more.
ROOM = 3


def topics(settings: Settings) -> dict[str, tuple[int, dict[str, str]]]:
    """Every topic (without prefix) → its partitions and configuration."""
    many, size = settings.kafka.partitions, str(ROOM * settings.kafka.max_record_bytes)

    def kept(days: int) -> dict[str, str]:
        return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY), "max.message.bytes": size}

    compacted = {"cleanup.policy": "compact", "max.message.bytes": size}
    return {
        "articles.raw": (many, kept(14)),
        "articles.tagged": (many, kept(14)),
        "articles.outcomes": (many, kept(14)),
        "articles.dead-letter": (many, kept(30)),
        "statements": (1, compacted),
        **{f"alerts.{topic}": (1, kept(90)) for topic in settings.pipeline.alert_topics},
        "deliveries.dead-letter": (1, kept(90)),
        "marks": (1, compacted),
        "feeds.state": (1, compacted),
        "feeds.events": (1, kept(90)),
    }


def ensure_topics(settings: Settings) -> None:
    """Creates the topics that are missing; existing topics are not changed. Raises BrokerGone."""
    kafka = settings.kafka
    try:
        with admin(kafka) as client:
            there = set(client.list_topics())
            new = [
                NewTopic(kafka.topic(name), partitions, kafka.replication_factor, topic_configs=config)
                for name, (partitions, config) in topics(settings).items()
                if kafka.topic(name) not in there
            ]
            if new:
                with contextlib.suppress(TopicAlreadyExistsError):
                    client.create_topics(new)
                client.wait_for_topics([topic.name for topic in new])
    except (KafkaError, OSError) as error:
        refused = "" if kafka.security_protocol == "PLAINTEXT" else " (or it refuses the password or the certificate)"
        raise BrokerGone(f"{kafka.bootstrap_servers}: topics cannot be made: {why(error)}{refused}") from None


def require_answer(settings: KafkaSettings, patience: float = 5.0) -> None:
    """Returns when Kafka answers. Raises BrokerGone when it does not within `patience` seconds."""
    most = int(patience * 1000)
    try:
        with admin(settings, bootstrap_timeout_ms=most, request_timeout_ms=most) as client:
            client.list_topics()
    except (KafkaError, OSError, ValueError, AssertionError) as error:
        raise BrokerGone(
            f"Kafka at {settings.bootstrap_servers} does not answer: {(str(error) or type(error).__name__)[:300]}: "
            "does it run, is its address right, and is it yours? The broker of `borderwire run` refuses other users"
        ) from None


def require_partitions(settings: KafkaSettings) -> None:
    """Raises WrongPartitions if `articles.raw` has more or fewer partitions than the settings say, because records in
    further partitions would never be read. Raises BrokerGone if Kafka does not answer."""
    name = settings.topic("articles.raw")
    try:
        with admin(settings) as client:
            (topic,) = client.describe_topics([name])
    except (KafkaError, OSError) as error:
        servers = settings.bootstrap_servers
        raise BrokerGone(f"{servers}: the partitions of {name} cannot be listed: {why(error)}") from None
    there = len(topic["partitions"])
    # 0: the topic was just created with the right number, and this broker does not know it yet.
    if there not in (0, settings.partitions):
        raise WrongPartitions(
            f"kafka.partitions is {settings.partitions}, but {name} has {there}: set it to {there}; docs/scale.md says "
            "how to have more"
        )
