"""The realistic stream through the whole chain, with every alert printed, so that somebody can look at each.

    python tests/eval/stream_alerts.py [--json]     3,000 Spanish articles and 800 English pages of $BORDERWIRE_SHARED

Each article counts as seen on the day it is dated, so that age holds nothing back. Verdicts: stream_verdicts.yaml.
"""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from deploy.config import load_settings
from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from pipelines.newness.known import Known
from pipelines.pure_steps import clean, find_statements, tag
from schemas.alert import Alert
from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import encode
from schemas.outcome import Outcome, RawRef
from tests.support.paths import SHARED

STREAM = SHARED / "eval" / "stream"


def main() -> int:
    if not STREAM.exists():
        print(f"skipped: {STREAM} is not there")
        return 0
    outcomes: Counter[str] = Counter()
    for outcome, alerts in run():
        outcomes[outcome.outcome] += 1
        for alert in alerts:
            print(alert.model_dump_json(exclude_none=True) if "--json" in sys.argv else "\n".join(told(alert)))
    print(f"{outcomes.total()} articles: {dict(outcomes)}", file=sys.stderr)
    return 0


def run() -> Iterator[tuple[Outcome, tuple[Alert, ...]]]:
    """The outcome and the alerts of each article, in the order of their dates."""
    settings = load_settings().pipeline
    topics, known = frozenset(settings.alert_topics), Known()
    for number, raw in enumerate(sorted(articles(), key=lambda raw: (raw.seen, raw.id))):
        item: Item | Outcome = clean(RawRef(topic="articles.raw", partition=0, offset=number), encode(raw))
        if isinstance(item, Item):
            item = tag(item, None, topics)
        if isinstance(item, Outcome):
            yield item, ()
            continue
        item = find_statements(item, None)
        item = item.with_tagged(story=known.story_of(item.tagged))
        found = judge(item, known.ledger, Rules.of(settings), raw.seen)
        yield item.outcome(found.outcome, found.reason, verdicts=found.verdicts), found.alerts


def articles() -> Iterator[RawArticle]:
    for name in ("es-articles", "en-pages"):
        with gzip.open(STREAM / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from (raw_article(json.loads(line)) for line in lines)


def raw_article(row: dict[str, Any]) -> RawArticle:
    dated = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
    url = f"https://stream.example/{row['id']}"
    body = row.get("html", "").encode()
    page = Page(url=url, status=200, content_type="text/html; charset=utf-8", body=body, size=len(body))
    entry = FeedEntry(id=url, url=url, title=row["title"].strip(" >&"), content=row.get("text", ""), published=dated)
    return RawArticle(
        id=row["id"],
        version="v1",
        feed="https://stream.example/feed",
        outlet="Stream",
        lang=row["lang"],
        entry=entry,
        page=page if body else None,
        seen=dated,
    )


def told(alert: Alert) -> Iterator[str]:
    yield f"{alert.topic}  {alert.article.id}  {alert.speaker.name if alert.speaker else '-'}"
    for statement in alert.statements:
        yield f"    {statement.text}"
        yield f"    by {', '.join(map(repr, statement.terms))}"


if __name__ == "__main__":
    sys.exit(main())
