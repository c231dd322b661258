"""The figures of deliveries, by route: `deliver` writes them into a file, the exporter of a run serves them."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from schemas.write_whole import write_whole

#: Under the data directory.
FILE = "deliver.json"
#: Metric, without `borderwire_delivery_` → its help text.
COUNTERS = {
    "delivered": "Alerts that the other side took.",
    "failures": "Tries that failed.",
    "dead_letters": "Alerts given up on; they stand in deliveries.dead-letter.",
    "muted": "Alerts held back because readers marked them.",
}
GAUGES = {
    "waiting": "Alerts read and not delivered.",
    "failing_seconds": "Since when the destination fails; 0 when it does not.",
}
#: Metric → route → value.
Figures = Mapping[str, Mapping[str, float]]


def of_deliveries(figures: Figures) -> Iterator[Metric]:
    """The metrics of deliveries."""
    kinds: tuple[tuple[dict[str, str], Callable[..., CounterMetricFamily | GaugeMetricFamily]], ...] = (
        (COUNTERS, CounterMetricFamily),
        (GAUGES, GaugeMetricFamily),
    )
    for names, make in kinds:
        for name, text in names.items():
            family = make(f"borderwire_delivery_{name}", text, labels=["route"])
            for route, value in figures.get(name, {}).items():
                family.add_metric([route], value)
            yield family


def write_figures(data: Path, figures: Figures) -> None:
    """Write the figures for the exporter. Raises OSError."""
    write_whole(data / FILE, json.dumps(figures))


def read_figures(data: Path) -> Figures:
    """What `deliver` wrote last; empty when there is no such file, or something else in it."""
    try:
        found = json.loads((data / FILE).read_bytes())
        return {str(name): {str(r): float(v) for r, v in routes.items()} for name, routes in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
