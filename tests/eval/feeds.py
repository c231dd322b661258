"""`make eval-feeds`: every recorded feed parses; of recorded polls, every item and revision is published exactly once.

What the polls hold is counted from the recordings themselves: distinct address and words of title and text. The polls
are served over HTTP at the times they were made, through a poller that is started anew half way.
"""

import asyncio
import re
import sys
import tarfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import NotAFeed
from connectors.formats.parse import parse_feed
from connectors.page_text import plain
from connectors.web.fetcher import Fetcher
from deploy import logs
from schemas.article import FeedEntry
from schemas.ids import fold
from tests.support.hostile_server import FakePublisher, HostileServer, Request, Rig, settings
from tests.support.paths import SHARED

FEEDS = SHARED / "eval" / "feeds"
Polls = list[tuple[datetime, bytes]]


def main() -> int:
    if not FEEDS.exists():
        print(f"skipped: {FEEDS} is not there (BORDERWIRE_SHARED)")
        return 0
    logs.configure("error")
    good = parse_all()
    for archive in sorted(FEEDS.rglob("polls-*.tar*")):
        for name, polls in recorded(archive).items():
            good = asyncio.run(replay(f"{archive.name} {name}", polls)) and good
    print("all well" if good else "not all well")
    return 0 if good else 1


def parse_all() -> bool:
    """Parse every file and print its entries; a file without any is a failure."""
    good = True
    files = [path for path in sorted(FEEDS.rglob("*")) if path.is_file() and path.name != "LICENSE"]
    for path in files:
        if ".tar" in path.name:
            continue
        try:
            feed = parse_feed(path.read_bytes(), "https://example.org/")
            found = f"{feed.kind:14} {len(feed.entries):5} entries, {feed.bad} bad"
            good = good and bool(feed.entries or feed.children)
        except NotAFeed as error:
            found, good = f"no feed: {error}", False
        print(f"{path.relative_to(FEEDS)!s:70} {found}")
    return good


def recorded(archive: Path) -> dict[str, Polls]:
    """Feed name → its polls in the order of the times in their names."""
    polls: dict[str, Polls] = defaultdict(list)
    with tarfile.open(archive) as tar:
        for member in tar:
            match = re.search(r"([\w-]+)/(\d{8}T\d{6})Z", member.name)
            if match and (file := tar.extractfile(member)):
                when = datetime.strptime(match[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                polls[match[1]].append((when, file.read()))
    return {name: sorted(found) for name, found in polls.items()}


async def replay(name: str, polls: Polls) -> bool:
    """Serve the polls to a poller; print what they hold and what was published. True when these are the same."""
    place = 0
    published = FakePublisher()

    async def answer(request: Request) -> None:
        await request.answer(200, polls[place][1], Content_Type="text/xml")

    used = settings(max_body=20_000_000)
    async with HostileServer(feed=answer) as server, Fetcher(used.connectors) as fetcher:
        rig = Rig(server, fetcher, ["feed"], used, published, now=polls[0][0])
        for place, (when, _) in enumerate(polls):
            if place == len(polls) // 2:
                rig = Rig(server, fetcher, ["feed"], used, published, published.states(), when)
            rig.now = when
            await rig.poller.poll(rig.urls[0])
            await rig.poller.delivery.save()
    wanted = {words(entry) for _, data in polls for entry in parse_feed(data, "https://example.org/").entries}
    articles = published.articles()
    got = Counter(words(article.entry) for article in articles)
    twice = len(articles) - len({(article.id, article.version) for article in articles})
    missing, extra = len(wanted - got.keys()), len(got.keys() - wanted)
    items = len({url for url, *_ in wanted})
    print(f"{name}: {len(polls)} polls, {items} items and {len(wanted) - items} revisions in them")
    print(f"  published {len(articles)}; missing {missing}, twice {len(articles) - len(got)}, not in them {extra}")
    return not missing and not extra and not twice and len(articles) == len(wanted)


def words(entry: FeedEntry) -> tuple[str, ...]:
    return (entry.url, *(fold(plain(text)) for text in (entry.title, entry.summary, entry.content)))


if __name__ == "__main__":
    sys.exit(main())
