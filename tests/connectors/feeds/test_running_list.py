"""A feed list that changes while feeds are polled: what is taken up, what is refused, what becomes of the states."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.feeds.poll import Poller
from connectors.feeds.poll_loop import Agenda
from connectors.feeds.running_list import follow_list, take_up_list
from connectors.web.fetcher import Fetcher
from schemas.running_file import Difference, FollowedFile, difference
from tests.support.hostile_server import PARSERS, FakePublisher, HostileServer, Rig, always, numbered, settings

PARTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2))


@given(PARTS, PARTS)
def test_a_difference_leads_from_one_version_to_the_other(before, after):
    found = difference(before, after)
    made = {name: part for name, part in before.items() if name not in found.removed}
    made |= {name: after[name] for name in (*found.added, *found.changed)}
    assert made == after
    assert bool(found) == (before != after)
    assert not {*found.added} & {*before} and {*found.changed} <= {*before} & {*after}


def test_a_difference_names_only_what_differs():
    assert difference({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 9, "d": 4}) == Difference(("d",), ("b",), ("c",))
    assert difference({"a": 1}, {"a": 2}).told() == {"changed": ["a"]}


def test_a_followed_file_tells_each_change_once(tmp_path):
    path = tmp_path / "list.yaml"
    file = FollowedFile(path)
    assert not file.changed()
    path.write_text("a")
    assert [file.changed(), file.changed()] == [True, False]
    (tmp_path / "new").write_text("b")
    (tmp_path / "new").replace(path)
    assert [file.changed(), file.changed()] == [True, False]
    path.unlink()
    assert not file.changed()


def listed(*rows: str) -> str:
    return "".join(f"- {{{row}}}\n" for row in rows)


def played(
    tmp_path: Path, scene: Callable[[HostileServer, Agenda, FakePublisher, Path], Awaitable[None]], *names: str
) -> None:
    """Runs the real poll loop on a list of these feeds, and follows the list's file."""

    async def play() -> None:
        used = settings(interval=1, min_interval=1, adaptive=False)
        pages = {name: always(numbered(3), Content_Type="application/rss+xml", ETag='"one"') for name in "abc"}
        hanging = asyncio.Event()

        async def hang(_: object) -> None:
            await hanging.wait()

        async with HostileServer(**pages, hang=hang) as server, Fetcher(used.connectors) as fetcher:
            path, stop = tmp_path / "feeds.yaml", asyncio.Event()
            path.write_text(listed(*(f"url: '{server.base}/{name}', outlet: {name.upper()}" for name in names)))
            kept, again = FakePublisher(), asyncio.Event()
            agenda = Agenda(Poller(used, [], fetcher, PARSERS, kept))
            await take_up_list(path, agenda)
            tasks = [asyncio.create_task(agenda.run(stop))]
            tasks.append(asyncio.create_task(follow_list(FollowedFile(path), agenda, again)))
            try:
                async with asyncio.timeout(20):
                    await scene(server, agenda, kept, path)
            finally:
                stop.set()
                await tasks[0]
                tasks[1].cancel()

    asyncio.run(play())


def polled(kept: FakePublisher, url: str) -> bool:
    states = kept.states()
    return url in states and states[url].last_success is not None


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.02)


def test_feeds_are_added_changed_and_removed_while_others_are_polled(tmp_path):
    async def scene(server: HostileServer, agenda: Agenda, kept: FakePublisher, path: Path) -> None:
        a, b, c = (f"{server.base}/{name}" for name in "abc")
        await until(lambda: len(kept.articles()) == 6 and polled(kept, a) and polled(kept, b))
        with capture_logs() as logs:
            path.write_text(listed(f"url: '{b}', outlet: Otro", f"url: '{c}', outlet: C"))
            await until(lambda: polled(kept, c) and kept.states()[b].outlet == "Otro")
            await until(lambda: ("feeds.state", a, None) in kept.messages)
        (line,) = [line for line in logs if line["event"] == "feed_list_taken_up"]
        assert (line["added"], line["changed"], line["removed"]) == ([c], [b], [a])
        assert {article.outlet for article in kept.articles()} == {"A", "B", "C"}
        asked = server.hits["a"]
        await until(lambda: server.hits["b"] > 3 and server.hits["c"] > 3)
        assert server.hits["a"] == asked
        assert list(agenda.feeds) == [b, c]

    played(tmp_path, scene, "a", "b")


def test_a_bad_new_list_changes_nothing_and_says_why_in_one_line(tmp_path):
    async def scene(server: HostileServer, agenda: Agenda, kept: FakePublisher, path: Path) -> None:
        good = path.read_text()
        for bad in ("", "- {url: x, outlet: A}", "- [", good + good, "url: https://e.org"):
            with capture_logs() as logs:
                path.write_text(bad)
                await until(lambda found=logs: [line for line in found if "feed_list" in line["event"]])
            (line,) = [line for line in logs if "feed_list" in line["event"]]
            assert line["event"] == "feed_list_refused" and "\n" not in line["reason"]
        asked = server.hits["a"]
        await until(lambda: server.hits["a"] > asked + 1)
        path.write_text(good + listed(f"url: '{server.base}/b', outlet: B"))
        await until(lambda: server.hits["b"])

    played(tmp_path, scene, "a")


def test_a_feed_is_removed_while_its_server_hangs_and_leaves_no_state(tmp_path):
    async def scene(server: HostileServer, agenda: Agenda, kept: FakePublisher, path: Path) -> None:
        await until(lambda: server.hits["hang"])
        path.write_text(listed(f"url: '{server.base}/a', outlet: A"))
        await until(lambda: ("feeds.state", f"{server.base}/hang", None) in kept.messages)
        await until(lambda: server.hits["a"] > 1)
        of_hang = [value for topic, key, value in kept.messages if topic == "feeds.state" and key.endswith("/hang")]
        assert of_hang[-1] is None

    played(tmp_path, scene, "hang")


def test_states_of_feeds_that_were_removed_while_nothing_ran_leave_the_table_at_the_start():
    async def scene() -> None:
        async with (
            HostileServer(a=always(numbered(3)), b=always(numbered(3))) as server,
            Fetcher(settings().connectors) as fetcher,
        ):
            before = Rig(server, fetcher, ["a", "b"], settings())
            for url in before.urls:
                await before.poller.poll(url)
            await before.poller.delivery.save()
            states = before.published.states()
            states.unusable = ("https://gone.example/damaged",)
            after = Rig(server, fetcher, ["b"], settings(), states=states)
            await after.poller.delivery.save()
            written = [(key, value) for topic, key, value in after.published.messages if topic == "feeds.state"]
            assert sorted(written) == sorted([(before.urls[0], None), ("https://gone.example/damaged", None)])
            assert after.state.polls == 1 and list(after.poller.states) == [before.urls[1]]

    asyncio.run(scene())


@pytest.mark.parametrize("field", ["outlet: Otro", "outlet: A, type: listing, select: {items: li}"])
def test_a_changed_feed_is_read_whole_at_its_next_poll(tmp_path, field):
    async def scene(server: HostileServer, agenda: Agenda, kept: FakePublisher, path: Path) -> None:
        url = f"{server.base}/a"
        await until(lambda: polled(kept, url))
        before = len(server.requests)
        path.write_text(listed(f"url: '{url}', {field}"))
        await until(lambda: str(agenda.feeds[url].outlet) in field and agenda.feeds[url].type in f"feed {field}")
        await until(lambda: len(server.requests) > before + 3)
        assert any("if-none-match" not in headers for _, headers in server.requests[before:])

    played(tmp_path, scene, "a")
