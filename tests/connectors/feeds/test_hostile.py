"""The behaviours of publishers and attackers (tests/support/behaviours.py), each polled when it is due."""

import pytest

from connectors.feeds.decide import UNCONDITIONAL
from connectors.web.fetcher import Fetcher
from tests.support import fake_time
from tests.support.behaviours import CASES, STORY, Case
from tests.support.certificates import self_signed
from tests.support.hostile_answers import lying_etag
from tests.support.hostile_server import HostileServer, Rig, always, run, settings


def test_there_are_at_least_forty_behaviours_each_with_its_own_name():
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_behaviour(case: Case, tmp_path):
    async def scene(rig: Rig) -> None:
        decisions = await rig.poll(case.polls)
        assert decisions[-1].result == case.result
        assert len(rig.published.articles()) == case.stored
        assert tuple(event.kind for event in rig.published.events()) == case.told
        state = rig.published.states()[rig.urls[0]]
        assert state == rig.state and state.polls == case.polls
        assert case.wait <= rig.wait() <= 1.21 * case.wait, "jitter adds a tenth, to a time that had one more at most"
        assert state.why_then
        good = case.result in ("fetched", "unchanged")
        assert good == (state.failures == 0) == (state.last_error is None) == (state.last_success == rig.now)
        assert good or state.failures_by_kind[case.result]

    async def play() -> None:
        used = settings().connectors
        answers = [list(names) for names in case.names]

        async def resolve(host: str, port: int) -> list[str]:
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            if not found:
                raise OSError("no such name")
            return found

        more = {"resolve": resolve} if case.names else {}
        behaviours = {case.name: case.answer, "story-feed": STORY}
        tls = self_signed(tmp_path) if case.scheme == "https" and not case.plain else None
        async with HostileServer(tls=tls, **behaviours) as server, Fetcher(used, **more) as fetcher:
            host = "feed.example" if case.names else "127.0.0.1"
            url = f"{case.scheme}://{host}:{server.base.rpartition(':')[2]}/{case.name}"
            await scene(Rig(server, fetcher, [url], settings()))

    fake_time.run(play())


def test_lying_validators_are_found_out_and_no_longer_sent():
    async def scene(rig: Rig) -> None:
        await rig.poll(UNCONDITIONAL + 3)
        assert rig.state.distrusted
        assert "if-none-match" not in rig.server.requests[-1][1]

    run(scene, "lying-etag", lying_etag=lying_etag)


def test_a_feed_that_moved_is_asked_at_its_new_address_and_keeps_its_old_name():
    async def old(request) -> None:
        await request.answer(301, Location="/new")

    async def scene(rig: Rig) -> None:
        await rig.poll(5)
        assert (rig.server.hits["old"], rig.server.hits["new"]) == (3, 5)
        assert [event.kind for event in rig.published.events()] == ["moved"]
        assert len(rig.published.articles()) == 5 and rig.state.url.endswith("/old")

    run(scene, "old", old=old, new=STORY)


def test_a_feed_that_moved_for_a_while_is_asked_at_its_old_address():
    async def scene(rig: Rig) -> None:
        await rig.poll(5)
        assert rig.server.hits["old"] == 5 and rig.state.moved_to is None

    run(scene, "old", old=always("", 302, Location="/new"), new=STORY)
