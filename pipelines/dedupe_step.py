"""Lets the same text of the same article pass only once, however often and from whichever feed it arrives.

State: for each article id, the fingerprints of the texts that passed. It is cleared when nothing arrived for `KEEP` (a
processing-time timer, because the tick source has no watermark). Delivery: state and offsets belong to the same
checkpoint, so a replay decides the same.
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
#: At most this many texts of one article are remembered, the latest.
MAX_TEXTS = 50


class Dedupe(beam.DoFn):
    """Takes (article id, encoded item), yields items. An item whose text was seen before ends as a `duplicate`."""

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
        except Exception as error:  # an error of any kind must cost only this article
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
    """A hash of title and text. It stays the same when only marks, case or the page around the text changed."""
    article = item.tagged.article
    return text_version((fold(article.title), fold(article.text)))
