"""The panels of the Grafana dashboards, as tables: what each shows, and the PromQL query that it needs.

To change a dashboard, change it here and run `python -m deploy.metrics.dashboards`. A test compares the
queries with what the exporter serves.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Panel:
    """`queries` maps a legend to PromQL. `kind` is Grafana's panel type. `width` is in 24ths of a row. Values of `bad`
    or more are red; with `low`, values below it."""

    title: str
    queries: dict[str, str]
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 7
    bad: float | None = None
    low: bool = False
    mappings: dict[str, str] = field(default_factory=dict)


def stat(
    title: str, query: str, unit: str = "short", bad: float | None = None, low: bool = False, **more: Any
) -> Panel:
    return Panel(title, {"": query}, "stat", unit, 4, 4, bad, low, **more)


def quantiles(metric: str, by: str = "le") -> dict[str, str]:
    rate = f"sum by ({by}) (rate({metric}_bucket[$__rate_interval]))"
    label = "" if by == "le" else "{{" + by.partition(", ")[2] + "}} "
    return {f"{label}p{name}": f"histogram_quantile(0.{name}, {rate})" for name in ("50", "95")}


def grew(metric: str, over: str, by: str, top: int | None = None) -> dict[str, str]:
    """The increase of a counter within `over`, for each value of the label `by`; with `top`, only the largest ones."""
    query = f"sum by ({by}) (increase({metric}[{over}]))"
    return {"{{" + by + "}}": f"topk({top}, {query})" if top else query}


OPERATIONS = (
    stat("Healthy", "borderwire_healthy", bad=1, low=True, mappings={"1": "yes", "0": "NO"}),
    stat("Last checkpoint", "time() - borderwire_checkpoint_timestamp_seconds", "s", bad=60),
    stat("Oldest tick", "time() - min(borderwire_tick_timestamp_seconds)", "s", bad=60),
    stat("Waiting to be read", "sum(borderwire_consumer_lag_records)", bad=200),
    stat("Read, without an outcome", "sum(borderwire_pending_records) - sum(borderwire_consumer_lag_records)", bad=500),
    stat("Last outcome", "time() - borderwire_last_outcome_timestamp_seconds", "s", bad=900),
    Panel(
        "Articles in and out",
        {
            "fetched": "sum(rate(borderwire_raw_records_total[$__rate_interval]))",
            "{{outcome}}": "sum by (outcome) (rate(borderwire_outcomes_total[$__rate_interval]))",
            "dead letter": "sum(rate(borderwire_dead_letters_total[$__rate_interval]))",
        },
        unit="ops",
        width=12,
    ),
    Panel("Seen to alerted", quantiles("borderwire_seen_to_alerted_seconds"), unit="s", width=6, bad=5),
    Panel("Seen to outcome", quantiles("borderwire_seen_to_outcome_seconds"), unit="s", width=6),
    Panel("Lag by partition", {"{{partition}}": "borderwire_consumer_lag_records"}),
    Panel("Time a step spends on a record", quantiles("borderwire_step_duration_seconds", "le, step"), unit="s"),
    Panel(
        "Records into each step",
        {"{{step}}": "sum by (step) (rate(borderwire_step_records_in_total[$__rate_interval]))"},
        unit="ops",
    ),
    Panel("Dead letters within the hour", grew("borderwire_dead_letters_total", "1h", "step"), bad=3),
    Panel("Checkpoint size", {"size": "borderwire_checkpoint_size_bytes"}, unit="bytes"),
    Panel(
        "Checkpoint duration and failures",
        {
            "seconds": "borderwire_checkpoint_duration_seconds",
            "failed within the hour": "increase(borderwire_checkpoints_failed_total[1h])",
        },
    ),
    Panel("Memory by part", {"{{part}}": "borderwire_part_resident_memory_bytes"}, unit="bytes"),
    Panel("CPU by part", {"{{part}}": "rate(borderwire_part_cpu_seconds_total[$__rate_interval])"}, unit="percentunit"),
    Panel("Restarts within the hour", {"{{part}}": "increase(borderwire_part_restarts_total[1h])"}, bad=3),
    Panel("Disk", {"free": "borderwire_disk_free_bytes", "{{directory}}": "borderwire_data_size_bytes"}, unit="bytes"),
    Panel(
        "Records lost or written twice, ever",
        {
            "expired unread": "sum(borderwire_expired_records_total)",
            "alerts repeated": "sum(borderwire_alerts_repeated_total)",
            "unreadable": "sum(borderwire_unreadable_records_total)",
            "states of feeds unreadable": "borderwire_feed_states_unreadable",
        },
        bad=1,
    ),
    Panel("Ledger", {"statements": "borderwire_ledger_entries"}),
    Panel("Delivery: waiting", {"{{route}}": "borderwire_delivery_waiting"}, width=12),
    Panel("Delivery: failing for", {"{{route}}": "borderwire_delivery_failing_seconds"}, unit="s", width=12, bad=900),
)
COVERAGE = (
    stat("Sources", "count(borderwire_feed_up)"),
    stat("Answering", "sum(borderwire_feed_up)"),
    stat("In trouble", "count(sum by (feed) (borderwire_feed_trouble)) or vector(0)", bad=1),
    stat(
        "Silent for three days",
        "count(time() - borderwire_feed_last_entry_timestamp_seconds > 259200) or vector(0)",
        bad=1,
    ),
    stat("Pages refused", "borderwire:blocked_pages:share", "percentunit", bad=0.2),
    stat("New entries, 24 h", 'sum(increase(borderwire_feed_entries_total{why="new"}[24h]))'),
    Panel(
        "Silent sources: time since the last new entry",
        {"{{outlet}}": "topk(30, time() - borderwire_feed_last_entry_timestamp_seconds)"},
        "table",
        "s",
        12,
        11,
    ),
    Panel("Sources in trouble", {"{{outlet}}": "borderwire_feed_trouble == 1"}, "table", width=12, height=11),
    Panel("Polls", {"{{result}}": "sum by (result) (rate(borderwire_feed_polls_total[$__rate_interval]))"}, unit="ops"),
    Panel("Failed polls by kind", grew("borderwire_feed_poll_failures_total", "1h", "kind")),
    Panel("Pages that could not be fetched, by kind", grew("borderwire_feed_page_failures_total", "1h", "kind")),
    Panel(
        "New entries by outlet, 24 h",
        grew('borderwire_feed_entries_total{why="new"}', "24h", "outlet", 20),
        "bargauge",
        width=12,
        height=11,
    ),
    Panel(
        "On topic by outlet, 7 days",
        grew('borderwire_feed_outcomes_total{outcome=~"alerted|recorded"}', "7d", "outlet", 20),
        "bargauge",
        width=12,
        height=11,
    ),
    Panel("Problems reported to operators", grew("borderwire_feed_events_total", "1h", "kind"), width=24),
)
NEWS = (
    stat("Alerts, 24 h", "sum(increase(borderwire_alerts_total[24h]))"),
    stat("Statements, 24 h", "sum(increase(borderwire_statements_total[24h]))"),
    stat("Articles on topic, 24 h", "sum(increase(borderwire_topic_articles_total[24h]))"),
    stat("Reprints and repeats, 24 h", 'sum(increase(borderwire_outcomes_total{outcome=~"recorded|duplicate"}[24h]))'),
    stat("Alerted after seen, p95", "borderwire:seen_to_alerted_seconds:p95", "s", bad=5),
    stat(
        "Alerted after published, median",
        "histogram_quantile(0.5, sum by (le) (rate(borderwire_published_to_alerted_seconds_bucket[24h])))",
        "s",
    ),
    Panel("Alerts by topic, an hour each", grew("borderwire_alerts_total", "1h", "topic"), width=12),
    Panel("Statements by topic, an hour each", grew("borderwire_statements_total", "1h", "topic"), width=12),
    Panel("Speakers, 24 h", grew("borderwire_speaker_alerts_total", "24h", "speaker", 20), "bargauge", "short", 12, 11),
    Panel(
        "Statements by kind, 24 h", grew("borderwire_statements_total", "24h", "kind"), "bargauge", width=6, height=11
    ),
    Panel(
        "Statements in alerts by language, 24 h",
        grew("borderwire_alert_statements_total", "24h", "lang"),
        "bargauge",
        width=6,
        height=11,
    ),
    Panel("Articles by topic, a day each", grew("borderwire_topic_articles_total", "1d", "topic"), width=12),
    Panel(
        "Published to seen, by topic",
        quantiles("borderwire_published_to_seen_seconds", "le, topic"),
        unit="s",
        width=12,
    ),
)
