"""The loop over all feeds: it outlives a broker that is gone and a mistake of ours, and stops when told."""

import asyncio

from connectors.errors import BrokerGone
from tests.support.hostile_server import (
    Rig,
    run,
    settings,
)


def test_while_the_broker_is_gone_nothing_is_lost_and_it_is_said(monkeypatch):
    monkeypatch.setattr("connectors.feeds.kafka_writer._PAUSES", (0.0,))

    async def scene(rig: Rig) -> None:
        rig.published.fail = [BrokerGone("gone"), BrokerGone("still gone")]
        await rig.poll()
        assert len(rig.published.articles()) == 5 and rig.published.states()

    run(scene, "steady")


def test_a_mistake_of_ours_costs_one_poll_not_the_feed(monkeypatch):
    async def scene(rig: Rig) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("a mistake")

        monkeypatch.setattr("connectors.feeds.poll.decide", broken)
        await rig.agenda._poll(rig.urls[0])
        assert rig.poller.counters.failed == {"our-mistake": 1}
        rig.later(hours=1)
        assert rig.urls[0] in rig.agenda.due(rig.now)

    run(scene, "steady")


def test_the_agenda_polls_every_feed_and_stops_when_told():
    used = settings(interval=0.01, adaptive=False)

    async def scene(rig: Rig) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(rig.agenda.run(stop))
        while min(state.polls for state in rig.poller.states.values()) < 3:
            rig.later(seconds=0.02)
            await asyncio.sleep(0)
        stop.set()
        await running
        assert rig.published.states().keys() == set(rig.urls)

    run(scene, "steady", "growing", "missing", used=used)
