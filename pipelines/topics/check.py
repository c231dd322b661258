"""The topics of an article and of its statements, and a check of the taxonomy file (data/taxonomy.yaml)."""

from pathlib import Path

from pipelines.topics.aboutness import about
from pipelines.topics.taxonomy import (
    DEFAULT,
    Taxonomy,
    TaxonomyError,
    Topic,
    TopicMatch,
    load_taxonomy,
    read_topic_file,
)

__all__ = ["Taxonomy", "TaxonomyError", "Topic", "TopicMatch", "about", "check_topics", "load_taxonomy"]


def check_topics(path: Path | None = None) -> list[str]:
    """The problems of a taxonomy file: its first mistake, or else the examples that fail. Empty when it is correct."""
    try:
        topics = read_topic_file(path or DEFAULT).topics
    except (TaxonomyError, OSError) as error:
        return [str(error)]
    taxonomy = Taxonomy(topics)
    problems = []
    for topic in topics:
        for example in topic.examples:
            if topic.name not in (found := [match.topic for match in taxonomy.tag(example)]):
                problems.append(f"{topic.name}: example is not on it, but on {found or 'nothing'}: {example}")
        for example in topic.counter_examples:
            for match in taxonomy.tag(example):
                if match.topic == topic.name:
                    terms = ", ".join(repr(term.text) for term in match.terms)
                    problems.append(f"{topic.name}: counter-example is on it by {terms}: {example}")
        if not topic.examples:
            problems.append(f"{topic.name}: has no examples")
    return problems
