"""Converts counts, feed states and observations (`Sight`) to Prometheus metric families. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from deploy.metrics.counts import COUNTERS, HISTOGRAMS, Counts, feed_label
from deploy.metrics.health import Sight, troubles
from schemas.feed import FeedState

FEED = ("feed", "outlet")
#: (topic, partition) → records.
ByPartition = Mapping[tuple[str, int], int]


def of_counts(counts: Counts) -> Iterator[Metric]:
    """The metrics counted from the topics."""
    for name, spec in COUNTERS.items():
        family = CounterMetricFamily(name, spec.help, labels=spec.labels)
        for labels, number in counts.counters[name].items():
            family.add_metric(labels, number)
        yield family
    for name, spec in HISTOGRAMS.items():
        histogram = HistogramMetricFamily(name, spec.help, labels=spec.labels)
        for labels, found in counts.histograms[name].items():
            bounds = [*map(str, map(float, spec.buckets)), "+Inf"]
            histogram.add_metric(labels, list(zip(bounds, accumulate(found.counts), strict=True)), found.total)
        yield histogram
    yield gauge("borderwire_ledger_entries", "Statements in the ledger.", counts.ledger_entries)
    last = counts.last_outcome
    yield gauge("borderwire_last_outcome_timestamp_seconds", "When the last outcome was written.", last)


def of_feeds(feeds: Iterable[FeedState], unreadable: int = 0) -> Iterator[Metric]:
    """The metrics of each source, from its state in `feeds.state`, and how many states are unreadable."""
    yield gauge("borderwire_feed_states_unreadable", "Feeds whose state could not be read.", unreadable)
    polls = CounterMetricFamily("borderwire_feed_polls", "Polls by result.", labels=(*FEED, "result"))
    failed = CounterMetricFamily("borderwire_feed_poll_failures", "Failed polls by kind.", labels=(*FEED, "kind"))
    entries = CounterMetricFamily("borderwire_feed_entries", "Entries sent on.", labels=(*FEED, "why"))
    pages = CounterMetricFamily("borderwire_feed_pages", "Pages asked for.", labels=FEED)
    lost = CounterMetricFamily("borderwire_feed_page_failures", "Pages not fetched, by kind.", labels=(*FEED, "kind"))
    up = GaugeMetricFamily("borderwire_feed_up", "1: the last poll succeeded.", labels=FEED)
    trouble = GaugeMetricFamily("borderwire_feed_trouble", "1: reported and not over.", labels=(*FEED, "trouble"))
    times = {
        "success": "When a poll last succeeded.",
        "entry": "When a poll last brought a new entry.",
        "poll": "When it was last polled.",
    }
    stamps = {
        what: GaugeMetricFamily(f"borderwire_feed_last_{what}_timestamp_seconds", text, labels=FEED)
        for what, text in times.items()
    }
    for state in feeds:
        feed = (feed_label(state.url), state.outlet)
        for result in ("fetched", "unchanged"):
            polls.add_metric((*feed, result), state.counts.get(result, 0))
        polls.add_metric((*feed, "failed"), sum(state.failures_by_kind.values()))
        for kind, number in state.failures_by_kind.items():
            failed.add_metric((*feed, kind), number)
        for why in ("new", "revised"):
            entries.add_metric((*feed, why), state.counts.get(why, 0))
        pages.add_metric(feed, state.counts.get("pages", 0))
        for kind, number in state.pages_failed.items():
            lost.add_metric((*feed, kind), number)
        up.add_metric(feed, state.failures == 0 and state.polls > 0)
        for kind in state.trouble:
            trouble.add_metric((*feed, kind), 1)
        moments = {"success": state.last_success, "entry": state.last_new, "poll": state.last_poll}
        for what, moment in moments.items():
            if moment:
                stamps[what].add_metric(feed, moment.timestamp())
    yield from (polls, failed, entries, pages, lost, up, trouble, *stamps.values())


def of_sight(sight: Sight, pending: ByPartition, expired: ByPartition) -> Iterator[Metric]:
    """Metrics of Kafka, Flink, the processes and the disk. `pending` and `expired` are numbers of raw records."""
    yield gauge("borderwire_healthy", "1: recent checkpoint, recent tick, every part runs.", not troubles(sight))
    yield from _progress(sight, pending, expired)
    if sight.checkpoints:
        found = sight.checkpoints
        yield gauge("borderwire_checkpoint_timestamp_seconds", "When one was last completed.", found.completed_at)
        yield gauge("borderwire_checkpoint_size_bytes", "Size of the last completed one.", found.size)
        yield gauge("borderwire_checkpoint_duration_seconds", "How long the last completed one took.", found.seconds)
        yield counter("borderwire_checkpoints_completed", "Completed, by the job that runs.", found.completed)
        yield counter("borderwire_checkpoints_failed", "Failed, by the job that runs.", found.failed)
    yield from _processes(sight)
    if sight.free is not None:
        yield gauge("borderwire_disk_free_bytes", "Free on the disk of the data directory.", sight.free)
    used = GaugeMetricFamily("borderwire_data_size_bytes", "What the data directory holds.", labels=("directory",))
    for directory, size in sight.used.items():
        used.add_metric((directory,), size)
    yield used
    yield gauge("borderwire_fetching_paused", "1: fetching waits until there is room on the disk.", bool(sight.paused))


def _progress(sight: Sight, pending: ByPartition, expired: ByPartition) -> Iterator[Metric]:
    labels = ("topic", "partition")
    names: dict[str, GaugeMetricFamily | CounterMetricFamily] = {
        "lag": GaugeMetricFamily("borderwire_consumer_lag_records", "Raw records not read yet.", labels=labels),
        "age": GaugeMetricFamily(
            "borderwire_consumer_oldest_unread_timestamp_seconds", "When the oldest of them was written.", labels=labels
        ),
        "tick": GaugeMetricFamily(
            "borderwire_tick_timestamp_seconds", "The last tick that a checkpoint confirmed.", labels=labels
        ),
        "end": CounterMetricFamily("borderwire_raw_records", "Raw records ever written.", labels=labels),
        "pending": GaugeMetricFamily(
            "borderwire_pending_records", "Raw records without outcome or dead letter.", labels=labels
        ),
        "expired": CounterMetricFamily(
            "borderwire_expired_records", "Raw records that Kafka deleted before they had an outcome.", labels=labels
        ),
    }
    for place in sight.places:
        key, found = (place.topic, place.partition), (place.topic, str(place.partition))
        names["lag"].add_metric(found, place.lag)
        names["end"].add_metric(found, place.end)
        names["pending"].add_metric(found, pending.get(key, 0))
        names["expired"].add_metric(found, expired.get(key, 0))
        if place.waiting is not None:
            names["age"].add_metric(found, place.waiting)
        if place.ticked is not None:
            names["tick"].add_metric(found, place.ticked)
    yield from names.values()


def _processes(sight: Sight) -> Iterator[Metric]:
    label = ("part",)
    up = GaugeMetricFamily("borderwire_part_up", "1: the part runs.", labels=label)
    memory = GaugeMetricFamily("borderwire_part_resident_memory_bytes", "Memory with its children.", labels=label)
    cpu = CounterMetricFamily("borderwire_part_cpu_seconds", "CPU of its present processes.", labels=label)
    count = GaugeMetricFamily("borderwire_part_processes", "Its processes.", labels=label)
    restarts = CounterMetricFamily("borderwire_part_restarts", "How often it was started again.", labels=label)
    for part in sight.parts:
        up.add_metric((part.name,), part.alive)
        memory.add_metric((part.name,), part.memory)
        cpu.add_metric((part.name,), part.cpu)
        count.add_metric((part.name,), part.processes)
        restarts.add_metric((part.name,), part.restarts)
    yield from (up, memory, cpu, count, restarts)


def gauge(name: str, text: str, value: float | None) -> Metric:
    """A gauge without labels; without a value it has no sample."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric((), value)
    return family


def counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)
