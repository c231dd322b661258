"""The connectors with a real broker: polled, killed with -9, polled again; nothing lost, nothing twice."""

import asyncio
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import WrongPartitions
from connectors.feeds.state_store import load_states
from connectors.kafka import Publisher, read_all
from connectors.kafka_topics import require_partitions
from schemas.article import CleanArticle, RawArticle, TaggedArticle
from schemas.codec import decode, encode
from schemas.kafka.topic_tail import TopicTail
from tests.support.brokers import broker
from tests.support.hostile_server import HostileServer, always, numbered
from tests.support.strangers import as_stranger, strangers_python

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    with broker(tmp_path_factory.mktemp("connectors")) as (_, settings):
        yield settings


def poll_command(kafka, directory) -> list[str]:
    return [
        sys.executable, "-m", "deploy.cli", "poll", "--config", str(directory / "settings.yaml"),
        "--feeds", str(directory / "feeds.yaml"), "--data", str(directory),
        "--bootstrap-servers", kafka.kafka.bootstrap_servers,
    ]  # fmt: skip


def write_settings(directory) -> None:
    (directory / "settings.yaml").write_text(
        "connectors: {interval: 0.2, adaptive: false, fetch_pages: false, allow_networks: [127.0.0.0/8]}\n"
    )


def test_killed_pollers_publish_every_entry_and_no_version_twice(kafka, tmp_path):
    """A feed that grows by one at each request, under pollers that are killed at moments they do not choose."""

    async def feed(request) -> None:
        await request.answer(200, numbered(20, request.hit), Content_Type="application/rss+xml")

    async def scene() -> int:
        async with HostileServer(feed=feed) as server:
            (tmp_path / "feeds.yaml").write_text(f"- {{url: '{server.base}/feed', outlet: O}}\n")
            write_settings(tmp_path)
            for life in (4.0, 3.5, 3.2, 4.0):
                process = subprocess.Popen(
                    poll_command(kafka, tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                before, deadline = server.hits["feed"], time.monotonic() + 60
                while server.hits["feed"] < before + 3:
                    assert time.monotonic() < deadline and process.poll() is None
                    await asyncio.sleep(0.05)
                await asyncio.sleep(life / 4)
                process.send_signal(signal.SIGTERM if life == 4.0 and before else signal.SIGKILL)
                process.wait(30)
            return server.hits["feed"]

    asked = asyncio.run(scene())
    articles = [decode(RawArticle, value) for value in read_all(kafka.kafka, "articles.raw").values()]
    wanted = {f"https://example.org/story/{n}" for n in range(1, asked + 19)}
    got = [article.entry.url for article in articles]
    assert len(set(got)) == len(got) and wanted - set(got) == set(), "the last answer may not have been dealt with"
    (state,) = load_states(kafka.kafka).values()
    assert state.polls >= 3 and state.last_success


def test_a_process_takes_up_its_list_on_sighup_on_a_change_and_at_the_next_start(kafka, tmp_path):
    """Also of feeds that were removed while the process was stopped, no state is left in the table."""

    def table() -> dict[str, int]:
        return {url: state.polls for url, state in load_states(kafka.kafka).items()}

    async def scene() -> None:
        write_settings(tmp_path)
        pages = {name: always(numbered(3), Content_Type="application/rss+xml") for name in "abc"}
        async with HostileServer(**pages) as server:
            a, b, c = (f"{server.base}/{name}" for name in "abc")

            def listed(*urls: str) -> None:
                (tmp_path / "new.yaml").write_text("".join(f"- {{url: '{url}', outlet: O}}\n" for url in urls))
                (tmp_path / "new.yaml").replace(tmp_path / "feeds.yaml")

            async def until_true(true) -> None:
                async with asyncio.timeout(120):
                    while not await asyncio.to_thread(true):
                        await asyncio.sleep(0.3)

            async def polling(done) -> None:
                with log.open("wb") as out, subprocess.Popen(poll_command(kafka, tmp_path), stderr=out) as process:
                    try:
                        await done(process)
                        process.terminate()
                        assert await asyncio.to_thread(process.wait, 60) == 0
                    finally:
                        process.kill()

            async def changed(process) -> None:
                await until_true(lambda: {a, b} <= table().keys() and table()[a] and table()[b])
                process.send_signal(signal.SIGHUP)
                await until_true(lambda: "feed_list_unchanged" in log.read_text())
                listed(b, c)
                await until_true(lambda: table().keys() == {b, c} and table()[c])
                assert "feed_list_taken_up" in log.read_text() and server.hits["c"]

            async def begun_again(_process) -> None:
                await until_true(lambda: table().keys() == {c})

            log = tmp_path / "log"
            listed(a, b)
            await polling(changed)
            listed(c)
            await polling(begun_again)

    asyncio.run(scene())


def test_another_user_of_this_machine_is_told_whose_broker_it_may_be(kafka):
    command = ["-m", "deploy.cli", "subscribe", "merida", "--bootstrap-servers", kafka.kafka.bootstrap_servers]
    done = as_stranger([strangers_python(), *command, "--data", "/nowhere"])
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert "does not answer" in line and "The broker of `borderwire run` refuses other users" in line


def test_a_tail_gives_what_came_since_a_time_and_then_what_comes(kafka):
    def tagged(number: int) -> TaggedArticle:
        article = CleanArticle(title=f"Title {number}", url=f"https://e.org/{number}")
        return TaggedArticle(
            id=str(number), version="v", feed="https://e.org/f", origin="live", seen=datetime.now(UTC), article=article
        )

    def read(tail: TopicTail, count: int) -> list[str]:
        found: list[bytes] = []
        for _ in range(20):
            found += [value for _, _, value in tail.poll(1000) if value]
            if len(found) >= count:
                break
        return sorted(decode(TaggedArticle, value).id for value in found)

    publisher = Publisher(kafka.kafka)
    publisher.publish([("articles.tagged", str(n), encode(tagged(n))) for n in (1, 2, 3)])
    tail = TopicTail(kafka.kafka, ["articles.tagged"], since=datetime.now(UTC) - timedelta(hours=48))
    assert read(tail, 3) == ["1", "2", "3"]
    later = TopicTail(kafka.kafka, ["articles.tagged"], since=datetime.now(UTC) + timedelta(seconds=1))
    publisher.publish([("articles.tagged", "4", encode(tagged(4)))])
    assert read(tail, 1) == read(later, 1) == ["4"]
    publisher.close()


def test_a_job_does_not_start_that_would_leave_partitions_unread(kafka):
    require_partitions(kafka.kafka)
    for other in (2, 8):
        with pytest.raises(WrongPartitions, match=f"kafka.partitions is {other}, but articles.raw has 4: set it to 4"):
            require_partitions(kafka.kafka.model_copy(update={"partitions": other}))
