"""Changes of the feed list and the taxonomy while everything runs."""

from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs

from connectors.feeds.feedlist import load_feeds
from deploy.supervise.running_files import RunningFiles, topics_of
from pipelines.topics.running import RunningTaxonomy
from pipelines.topics.topic_file import DEFAULT
from schemas.settings import Settings


@pytest.fixture
def files(tmp_path: Path) -> tuple[RunningFiles, Path, Path, Path]:
    """The followed files of a run; the feed list, its copy for the connectors, and the taxonomy."""
    source, copy, taxonomy = tmp_path / "feeds.yaml", tmp_path / "run" / "feeds.yaml", tmp_path / "taxonomy.yaml"
    source.write_text("- {url: https://e.org/a, outlet: A}\n")
    taxonomy.write_text(DEFAULT.read_text(encoding="utf-8"), encoding="utf-8")
    settings = Settings(feeds=copy)
    alerting = tuple(name for name, topic in topics_of(taxonomy).items() if topic.alerts)
    pipeline = settings.pipeline.model_copy(update={"taxonomy": taxonomy, "alert_topics": alerting})
    return RunningFiles(source, settings.model_copy(update={"pipeline": pipeline})), source, copy, taxonomy


def test_a_changed_feed_list_becomes_the_copy_that_the_connectors_follow(files):
    running, source, copy, _ = files
    assert running.look() is None and not copy.exists()
    source.write_text("- {url: https://e.org/a, outlet: A}\n- {url: https://e.org/b, outlet: B}\n")
    assert [feed.outlet for feed in running.look() or ()] == ["A", "B"]
    assert [feed.outlet for feed in load_feeds(copy)] == ["A", "B"]
    assert running.look() is None
    assert running.look(again=True) is not None


def test_a_list_with_a_mistake_leaves_the_copy_as_it_is(files):
    running, source, copy, _ = files
    running.look(again=True)
    before = copy.read_bytes()
    source.write_text("- {url: https://e.org/a}\n")
    with capture_logs() as logs:
        assert running.look() is None
    assert [line["event"] for line in logs] == ["feed_list_refused"]
    assert "outlet: missing" in logs[0]["reason"]
    assert copy.read_bytes() == before


def changed(path: Path, **alerts: bool) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = [topic for topic in data["topics"] if topic["name"] not in alerts]
    rows += [{"name": name, "title": name, "alerts": on, "names": ["zeppelin"]} for name, on in alerts.items()]
    path.write_text(yaml.safe_dump({**data, "topics": rows}, allow_unicode=True), encoding="utf-8")


def test_changed_topics_are_told_and_what_needs_a_restart_is_named(files):
    running, _, _, taxonomy = files
    changed(taxonomy, quiet=False, loud=True)
    with capture_logs() as logs:
        running.look()
    (line,) = logs
    assert (line["event"], line["added"], line["needs_restart"]) == ("topics_taken_up", ["quiet", "loud"], ["loud"])
    taxonomy.write_text("topics: [\n- }")
    with capture_logs() as logs:
        running.look()
    assert [line["event"] for line in logs] == ["taxonomy_refused"] and "\n" not in logs[0]["reason"]


def test_the_job_tags_by_the_changed_file_and_keeps_the_last_good_one(files):
    taxonomy = files[3]
    running = RunningTaxonomy(taxonomy)
    text = "Un zeppelin cruzó la frontera."
    assert not running.current().tag(text)
    changed(taxonomy, quiet=False)
    assert [match.topic for match in running.current().tag(text)] == ["quiet"]
    taxonomy.write_text("topics: 7")
    with capture_logs() as logs:
        assert [match.topic for match in running.current().tag(text)] == ["quiet"]
    assert [line["event"] for line in logs] == ["taxonomy_refused"]
    assert [match.topic for match in running.current().tag(text)] == ["quiet"]
