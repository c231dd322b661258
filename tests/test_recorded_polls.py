"""Ten days of recorded polls through the poller: every item and every revision is published exactly once."""
import asyncio
import os
import re
import tarfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostile_server import FakePublisher, HostileServer, Rig, settings

from connectors.http import Fetcher
from connectors.identity import plain
from connectors.parse import parse_feed
from schemas.ids import fold

SHARED = Path(os.environ.get("BORDERWIRE_SHARED", Path(__file__).parent.parent.parent / "shared"))
ARCHIVE = SHARED / "eval" / "feeds" / "polls-2021-07.tar.xz"


def recorded() -> dict[str, list[tuple[datetime, bytes]]]:
    polls: dict[str, list[tuple[datetime, bytes]]] = defaultdict(list)
    with tarfile.open(ARCHIVE) as tar:
        for member in tar:
            match = re.search(r"(\w+)/(\d{8}T\d{6})Z_", member.name)
            if match and (file := tar.extractfile(member)):
                when = datetime.strptime(match[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                polls[match[1]].append((when, file.read()))
    return {name: sorted(found) for name, found in polls.items()}


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the recorded polls are not beside this checkout (BORDERWIRE_SHARED)")
def test_every_item_and_every_revision_exactly_once():
    polls = recorded()
    published = FakePublisher()

    async def scene(name: str) -> None:
        place = 0

        async def feed(request) -> None:
            await request.answer(200, polls[name][place][1], Content_Type="text/xml")

        used = settings(max_body=5_000_000, total_timeout=20.0, read_timeout=10.0)
        async with HostileServer(**{name: feed}) as server, Fetcher(used.connectors) as fetcher:
            rig = Rig(server, fetcher, [name], used, published, now=polls[name][0][0])
            for place, (when, _) in enumerate(polls[name]):
                rig.now = when
                if place == len(polls[name]) // 2:
                    rig = Rig(server, fetcher, [name], used, published, published.states(), when)
                await rig.poller.poll(rig.urls[0])
                await rig.poller.delivery.save()

    for name in polls:
        asyncio.run(scene(name))
    articles = published.articles()
    keys = [(article.id, article.version) for article in articles]
    assert len(set(keys)) == len(keys), "nothing twice, also over a restart"
    wanted = set()
    for found in polls.values():
        for _, data in found:
            for entry in parse_feed(data, "https://example.org/").entries:
                wanted.add((entry.url, *(fold(plain(text)) for text in (entry.title, entry.summary, entry.content))))
    got = {
        (a.entry.url, *(fold(plain(text)) for text in (a.entry.title, a.entry.summary, a.entry.content)))
        for a in articles
    }
    assert got == wanted
    assert len(articles) == len(wanted)
