"""The Beam job: it reads raw articles and writes alerts, ledger entries, and one outcome or dead letter per record.

    read ▸ clean ▸ tag ▸ dedupe ▸ statements ▸ alert ▸ write

The steps before `dedupe` run where the record was read, and most articles end there, off topic. Only those on topic
pass through Flink to the worker that has the state of their key.

Do not rename the stateful steps, nor the steps that feed them: Flink matches saved state to steps by name.
"""

from functools import partial

import apache_beam as beam

from pipelines.alert_step import Alerting, to_one_key
from pipelines.dedupe_step import Dedupe
from pipelines.edges import Edges
from pipelines.item import Message
from pipelines.pure_steps import clean, find_statements, tag, warm_up
from pipelines.steps import DONE, Decode, Step, by_article
from schemas.settings import Settings


def build(root: beam.Pipeline, settings: Settings, edges: Edges) -> None:
    """Add the job's steps to `root`. `edges` is the source and the sink of records: Kafka, or lists in a test."""
    taxonomy, alert_topics = settings.pipeline.taxonomy, frozenset(settings.pipeline.alert_topics)
    pure_tag = partial(tag, path=taxonomy, alert_topics=alert_topics)
    pure_statements = partial(find_statements, path=taxonomy)

    raw = root | "Read" >> edges.read
    cleaned = raw | "Clean" >> step(Decode(clean, partial(warm_up, taxonomy)))
    tagged = cleaned.items | "Tag" >> step(Step("tag", pure_tag))
    keyed = tagged.items | "ByArticle" >> beam.Map(by_article).with_output_types(tuple[str, bytes])
    deduped = keyed | "Dedupe" >> step(Dedupe())
    stated = deduped.items | "Statements" >> step(Step("statements", pure_statements))
    on_topic = stated.items | "ToOneKey" >> beam.Map(to_one_key).with_output_types(tuple[str, bytes])
    judged = on_topic | "Alert" >> beam.ParDo(Alerting(settings, edges.make_store)).with_output_types(Message)

    done = (cleaned[DONE], tagged[DONE], deduped[DONE], stated[DONE], judged)
    _ = done | "Done" >> beam.Flatten() | "Write" >> edges.write


def step(function: beam.DoFn) -> beam.PTransform:
    """A step with two outputs: `items` for the next step, and `DONE` for messages that are ready to be written."""
    return beam.ParDo(function).with_outputs(DONE, main="items")
