"""The same text of the same article is taken once, however often and by whichever feed it comes.

State: for each article id, the texts that were let through, kept until nothing came for `KEEP` (a processing-time
timer: the tick source carries no watermark). Delivery: state and offsets are of one checkpoint, so a replay decides
alike.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import apache_beam as beam
from apache_beam.coders import StrUtf8Coder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from pipelines.guard import guard
from pipelines.item import Item, dead_message, outcome_message
from pipelines.steps import DONE
from schemas.codec import decode
from schemas.ids import fold, text_version

KEEP = timedelta(days=14)
#: Of an article that is edited again and again, this many texts are remembered.
MAX_TEXTS = 50


class Dedupe(beam.DoFn):
    """(article id, item as bytes) in, items out; an item whose text was there before leaves as a `duplicate`."""

    TEXTS = ReadModifyWriteStateSpec("texts", StrUtf8Coder())
    FORGET = TimerSpec("forget", TimeDomain.REAL_TIME)

    def process(
        self,
        element: tuple[str, bytes],
        texts: Any = beam.DoFn.StateParam(TEXTS),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> Iterator[Any]:
        started = time.perf_counter()
        item = decode(Item, element[1])
        known = (texts.read() or "").split()
        try:
            with guard().work(item.raw.key, "dedupe"):
                text = fingerprint(item)
        except Exception as error:  # whatever a text provokes costs this article only
            dead = dead_message(item.raw, item.tagged.id, "dedupe", error, element[1], item.tagged.feed)
            yield beam.pvalue.TaggedOutput(DONE, dead)
            return
        forget.set(Timestamp.of(time.time() + KEEP.total_seconds()))
        if text in known:
            item = item.spent("dedupe", time.perf_counter() - started)
            outcome = item.outcome("duplicate", "this text of this article was there before")
            yield beam.pvalue.TaggedOutput(DONE, outcome_message(outcome))
            return
        texts.write(" ".join([*known, text][-MAX_TEXTS:]))
        yield item.spent("dedupe", time.perf_counter() - started)

    @on_timer(FORGET)
    def expire(self, texts: Any = beam.DoFn.StateParam(TEXTS)) -> None:
        texts.clear()


def fingerprint(item: Item) -> str:
    """What two versions of an article share when only marks, case or the page around the words changed."""
    article = item.tagged.article
    return text_version((fold(article.title), fold(article.text)))
