"""Takes up changes of the feed list and of the taxonomy while everything runs, and says what needs a restart."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from connectors.errors import BadFeedList
from connectors.feeds.feedlist import dump_feeds, load_feeds
from pipelines.topics.topic_file import DEFAULT, Topic, read_topic_file
from schemas.feed import Feed
from schemas.running_file import FollowedFile, difference
from schemas.settings import Settings
from schemas.write_whole import write_whole

log = structlog.get_logger()


class RunningFiles:
    """Follows the files that a person edits. The connectors follow a copy of the feed list, so that a list with a
    mistake never keeps them from starting again; the job's workers and `deliver` follow their own files."""

    def __init__(self, source: Path | None, settings: Settings) -> None:
        """`source` is the feed list that a person edits, `settings` are those of the run, with the copy's path."""
        self.source = FollowedFile(source) if source else None
        self.settings = settings
        self.taxonomy = FollowedFile(settings.pipeline.taxonomy or DEFAULT)
        self.topics = read_topics(self.taxonomy.path)  # the settings were completed from it, so it can be used

    def look(self, again: bool = False) -> Sequence[Feed] | None:
        """Take up what was changed, with `again` also what looks unchanged. Returns the feeds if the list was read."""
        if self.taxonomy.changed() or again:
            self._read_topics()
        return self._read_feeds() if self.source and (self.source.changed() or again) else None

    def _read_feeds(self) -> Sequence[Feed] | None:
        assert self.source and self.settings.feeds
        try:
            feeds = load_feeds(self.source.path)
        except BadFeedList as error:
            log.error("feed_list_refused", reason=str(error), so="the feeds stay as they are")
            return None
        write_whole(self.settings.feeds, dump_feeds(feeds))
        log.info("feed_list_read", feeds=len(feeds), path=str(self.source.path))
        return feeds

    def _read_topics(self) -> None:
        try:
            topics = topics_of(self.taxonomy.path)
        except (OSError, ValueError) as error:
            log.error("taxonomy_refused", reason=" ".join(str(error).split())[:500], so="the topics stay as they are")
            return
        found, self.topics = difference(self.topics, topics), topics
        if found:
            restart = needs_restart(topics, self.settings.pipeline.alert_topics)
            log.info("topics_taken_up", **found.told(), needs_restart=restart or None)


def topics_of(path: Path) -> dict[str, Topic]:
    """The topics of a taxonomy file by name. Raises OSError or ValueError if it cannot be used."""
    from pipelines.topics.taxonomy import Taxonomy  # only for a changed file: its libraries take a second

    topics = read_topics(path)
    Taxonomy(tuple(topics.values()))
    return topics


def read_topics(path: Path) -> dict[str, Topic]:
    """The topics of a taxonomy file by name. Raises OSError or ValueError if it is no taxonomy."""
    return {topic.name: topic for topic in read_topic_file(path).topics}


def needs_restart(topics: Mapping[str, Topic], alerting: Sequence[str]) -> list[str]:
    """The topics that begin or cease to alert: the job writes to the alert topics that it had at its start."""
    now = {name for name, topic in topics.items() if topic.alerts}
    return sorted(now ^ set(alerting))
