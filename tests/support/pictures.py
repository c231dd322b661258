"""`make pictures`: the pictures of the page in docs/, from what the last `make demo` left, wide and as on a phone, in both
languages. Needs Chromium."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from deploy.demo.__main__ import DATA, demo_settings
from deploy.supervise.ended_run import kept_broker
from schemas.kafka.topic_tail import TopicTail
from tests.support.browser import DESK, PHONE, opened
from tests.support.page_site import TOPICS, Site, site
from tests.support.paths import ROOT

#: Name of the picture → the view that it shows.
VIEWS = {"page": "/", "speaker": "/speaker?speaker=Etcheverry", "sources": "/sources"}


def fill(made: Site) -> None:
    with kept_broker(demo_settings(DATA)) as (settings, _):
        topics = [*(f"alerts.{topic}" for topic in TOPICS), "statements", "articles.tagged", "feeds.state"]
        tail = TopicTail(settings.kafka, topics)
        for topic, _, value in tail.read():
            made.store.put(topic, value)
        tail.close()
    made.store.sort()


def take(made: Site, folder: Path) -> list[Path]:
    """Pictures named VIEW-LANGUAGE-WIDTH.png."""
    taken = []
    for size in (DESK, PHONE):
        browser = opened("light", size)
        try:
            browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "America/Mexico_City"})
            for name, path in VIEWS.items():
                for lang in ("en", "es"):
                    made.store.refreshed = datetime.now(UTC)
                    browser.get(f"{made.base}{path}{'&' if '?' in path else '?'}ui={lang}")
                    taken.append(folder / f"{name}-{lang}-{size[0]}.png")
                    browser.save_screenshot(str(taken[-1]))
        finally:
            browser.quit()
    return taken


def main() -> int:
    if not (DATA / "kafka").exists():
        print(f"nothing is in {DATA}: run make demo first")
        return 1
    with site() as made:
        fill(made)
        for path in take(made, ROOT / "docs"):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
