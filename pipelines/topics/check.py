"""What an article, and what each statement in it, is about. The topics are data: data/taxonomy.yaml."""

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
    """What is wrong with a taxonomy file: its mistakes, else its examples that fail; empty when all is well."""
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
