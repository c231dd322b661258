"""The status for programs: points in time are times."""

from datetime import UTC, datetime

from deploy.engine.flink_rest import Checkpoints
from deploy.metrics.health import Sight
from deploy.metrics.read_progress import Place
from deploy.supervise.status import for_programs

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_points_in_time_are_times_and_all_else_stays() -> None:
    done = Checkpoints(completed=5, failed=0, restored=0, completed_at=AT.timestamp() - 3, size=1, path=None)
    places = (Place("articles.raw", 0, 0, 9, committed=9, ticked=AT.timestamp() - 1), Place("articles.raw", 1, 0, 9))
    sight = Sight(at=AT.timestamp(), checkpoints=done, places=places)
    note = {"pid": 7, "started": AT.timestamp() - 60, "parts": {"kafka": {"pid": 8, "started": 123.0}}}
    told = for_programs(note, sight, ["disk: full"])
    assert (told["healthy"], told["why"]) == (False, ["disk: full"])
    assert told["seen"]["at"] == "2026-11-24T12:00:00.000+00:00"
    assert told["seen"]["checkpoints"]["completed_at"] == "2026-11-24T11:59:57.000+00:00"
    assert [place["ticked"] for place in told["seen"]["places"]] == ["2026-11-24T11:59:59.000+00:00", None]
    assert told["instance"]["started"] == "2026-11-24T11:59:00.000+00:00"
    assert told["instance"]["parts"] == note["parts"]
