"""What a run tells of deliveries and of what was given up on: in its metrics, and in its log, which is the journal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from deploy.alerts.route_workers import DeliveryFigures
from deploy.metrics import exporter as exporting
from deploy.metrics import tally as tallies
from deploy.metrics.deliveries import COUNTERS, FILE, GAUGES, write_figures
from schemas.codec import encode
from schemas.delivery import Undelivered
from schemas.outcome import DeadLetter, RawRef
from schemas.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def served(settings: Settings) -> list[str]:
    """The lines of /metrics of a run with these settings."""
    registry = CollectorRegistry()
    registry.register(exporting.Exporter(settings))
    return generate_latest(registry).decode().splitlines()


@pytest.fixture
def with_routes(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, routes=tmp_path / "routes.yaml")


def test_the_exporter_of_a_run_serves_what_deliver_wrote(with_routes: Settings) -> None:
    figures = {name: {"desk": float(n), "mail": 0.0} for n, name in enumerate([*COUNTERS, *GAUGES], 1)}
    write_figures(with_routes.data, figures)
    lines = served(with_routes)
    for name in COUNTERS:
        assert f'borderwire_delivery_{name}_total{{route="desk"}} {figures[name]["desk"]}' in lines
    for name in GAUGES:
        assert f'borderwire_delivery_{name}{{route="desk"}} {figures[name]["desk"]}' in lines


def test_every_figure_of_a_route_is_one_that_is_served(with_routes: Settings) -> None:
    assert DeliveryFigures({}).figures().keys() == {*COUNTERS, *GAUGES}


@pytest.mark.parametrize("content", [None, b"", b"{", b"[1]", b'{"delivered": 3}', b'{"delivered": {"desk": "many"}}'])
def test_no_file_or_a_broken_one_costs_no_other_metric(with_routes: Settings, content: bytes | None) -> None:
    if content is not None:
        (with_routes.data / FILE).write_bytes(content)
    lines = served(with_routes)
    assert any(line.startswith("borderwire_build_info") for line in lines)
    assert not [line for line in lines if line.startswith("borderwire_delivery") and "desk" in line]


def test_a_run_without_routes_tells_nothing_of_deliveries(tmp_path: Path) -> None:
    write_figures(tmp_path, {"delivered": {"desk": 1}})
    assert "borderwire_delivery" not in "\n".join(served(Settings(data=tmp_path)))


def test_dead_letters_and_undelivered_alerts_are_lines_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = DeadLetter(
        raw=RawRef(topic="articles.raw", partition=2, offset=7), step="clean", error="ValueError: too deep",
        record=b"x", at=NOW,
    )  # fmt: skip
    undelivered = Undelivered(
        route="desk", topic="alerts.merida", partition=0, offset=3, alert="a1", error="HTTP 400", at=NOW, record=b"x"
    )

    class Tail:
        def __init__(self, _kafka: object, topics: list[str], from_end: bool) -> None:
            assert {"articles.dead-letter", "deliveries.dead-letter"} <= {*topics} and from_end

        def read(self) -> Iterator[tuple[str, bytes, bytes]]:
            yield "articles.dead-letter", b"", encode(dead)
            yield "deliveries.dead-letter", b"", encode(undelivered)
            yield "deliveries.dead-letter", b"", b"{"

    monkeypatch.setattr(tallies, "TopicTail", Tail)
    monkeypatch.setattr(tallies, "RawCount", lambda _settings: None)
    with capture_logs() as logs:
        assert list(tallies.Tally(Settings(data=tmp_path), keep=False).update()) == []
    first, second = logs
    assert (first["log_level"], first["raw"], first["step"]) == ("warning", "articles.raw-2-7", "clean")
    assert "too deep" in first["error"]
    assert (second["log_level"], second["route"], second["alert"], second["reason"]) == (
        "error", "desk", "a1", "HTTP 400",
    )  # fmt: skip
