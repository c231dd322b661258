"""The dedupe step alone, fed with made-up articles. For bench_state.py."""

from collections.abc import Iterator
from datetime import UTC, datetime

import apache_beam as beam
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource

from pipelines.dedupe_step import Dedupe
from pipelines.item import Item
from pipelines.steps import DONE
from schemas.article import CleanArticle, TaggedArticle
from schemas.codec import encode
from schemas.ids import article_id
from schemas.outcome import RawRef

TICK_MS = 100


class Articles(beam.DoFn):
    """`each` articles a tick, all of them different, until there were `count` of them."""

    def __init__(self, count: int, each: int) -> None:
        self.count, self.each, self.made = count, each, 0

    def process(self, _tick: object) -> Iterator[tuple[str, bytes]]:
        now = datetime.now(UTC)
        for number in range(self.made, min(self.count, self.made + self.each)):
            url = f"https://news.example/{number}"
            clean = CleanArticle(title=f"Report {number}", text=f"Text {number}", url=url, outlet="News")
            tagged = TaggedArticle(id=article_id(url), version="v", feed="f", origin="live", seen=now, article=clean)
            self.made = number + 1
            raw = RawRef(topic="t", partition=0, offset=number)
            yield tagged.id, encode(Item(raw=raw, tagged=tagged))


def build(pipeline: beam.Pipeline, args: list[str]) -> None:
    count, each = map(int, args)
    (
        pipeline
        | "Ticks" >> FlinkStreamingImpulseSource().set_interval_ms(TICK_MS)
        | "Articles" >> beam.ParDo(Articles(count, each)).with_output_types(tuple[str, bytes])
        | "Spread" >> beam.Reshuffle()
        | "Dedupe" >> beam.ParDo(Dedupe()).with_outputs(DONE, main="items")
    )
