"""The Kafka topics that the connectors make: partitions, retention, compaction."""

from connectors.kafka_topics import topics
from schemas.settings import Settings


def test_every_topic_has_what_the_design_says():
    made = topics(Settings())
    assert made["articles.raw"][0] == 4 and made["statements"][0] == made["alerts.merida"][0] == 1
    assert made["feeds.state"][1]["cleanup.policy"] == made["statements"][1]["cleanup.policy"] == "compact"
    assert made["articles.raw"][1]["retention.ms"] == str(14 * 86400 * 1000)
    assert made["alerts.arms-trafficking"][1]["retention.ms"] == str(90 * 86400 * 1000)
