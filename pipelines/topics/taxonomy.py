"""The search for the topics of a taxonomy in a text."""
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.topics.phrases import Span, finder
from pipelines.topics.searched_text import Page, any_in, compiled, not_part, outermost, overlap
from pipelines.topics.topic_file import DEFAULT, Rule, TaxonomyError, Topic, read
from schemas.reason import Term

__all__ = ["DEFAULT", "Taxonomy", "TaxonomyError", "Topic", "TopicMatch", "load", "read"]

WINDOW = 1000
"""Code points before and after a phrase in which its context is looked for."""

LIMIT = 200_000
"""Code points of a text that are searched."""


@dataclass(frozen=True)
class TopicMatch:
    """A topic that a text is on, with the terms that say so, in order."""

    topic: str
    terms: tuple[Term, ...]


class Taxonomy:
    """Topics made ready to search.

    One pass over the folded text finds the words that phrases hinge on; a phrase is then looked for only in the
    sentences that hold such a word, and context only for topics with a phrase found.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics = tuple(topics)
        self.by_name = {topic.name: topic for topic in topics}
        self._own = [frozenset(topic.own) for topic in topics]
        by_anchor: dict[str, dict[str, None]] = {}
        for source in (source for topic in topics for source in topic.own):
            for anchor in compiled(source).anchors:
                by_anchor.setdefault(anchor, {})[source] = None
        self._anchors = finder(by_anchor)
        self._by_anchor = {anchor.rstrip("*"): _sources(anchor, by_anchor) for anchor in by_anchor}
        self._by_anchor |= {a.rstrip("*"): _sources(a, by_anchor) for a in by_anchor if a.endswith("*")}

    @property
    def alerting(self) -> tuple[str, ...]:
        return tuple(topic.name for topic in self.topics if topic.alerts)

    def tag(self, text: str, title: str = "", lang: str | None = None,
            when: datetime.date | None = None) -> list[TopicMatch]:
        """The topics of an article, in the file's order, with their terms.

        `lang` is not needed: phrases of all languages are looked for, since articles quote across the border. `when`,
        the date of the text, leaves out topics that did not exist yet; without it every topic counts.
        """
        whole = f"{title}\n\n{text}" if title else text
        offset = len(whole) - len(text)
        page = Page(whole[:LIMIT], offset)
        for m in self._anchors.finditer(page.folded):
            page.mark(m.start(), self._by_anchor[m[0]])
        if not page.marked:
            return []
        found = {topic.name: [] if page.marked.keys().isdisjoint(own) else _spans(topic, page)
                 for topic, own in zip(self.topics, self._own, strict=True)
                 if when is None or topic.since is None or when >= topic.since}
        for topic in self.topics:
            if topic.otherwise and not found.get(topic.otherwise) and topic.name in found:
                other = self.by_name[topic.otherwise]
                loose = _candidates(other.phrases, (*other.never, *topic.never), page)
                found[topic.name] = outermost((*found[topic.name], *loose))
        return [TopicMatch(topic, tuple(_term(topic, whole, offset, span) for span in spans))
                for topic, spans in found.items() if spans]

    def related_in(self, text: str, topic: str) -> list[Span]:
        """Where a text holds words by which the topic is called once it was named, in order."""
        return Page(text[:LIMIT], 0).find(self.by_name[topic].related)


def _sources(found: str, by_anchor: dict[str, dict[str, None]]) -> tuple[str, ...]:
    """The phrases that an anchor found may belong to; the beginning of a word stands for all anchors that begin so."""
    if not found.endswith("*"):
        return tuple(by_anchor[found])
    return tuple(dict.fromkeys(s for a, sources in by_anchor.items() if a.startswith(found[:-1]) for s in sources))


def _spans(topic: Topic, page: Page) -> list[Span]:
    spans = _candidates(topic.names, topic.never, page)
    phrases = _candidates(topic.phrases, topic.never, page)
    for rule in topic.together:
        spans += [span for span in _candidates((rule.phrase,), topic.never, page)
                  if _holds(rule, topic.never, page, page.sentence(span[0]))]
    if not spans and not phrases:
        return []
    never = page.find(topic.never)
    context = [span for span in page.find(topic.context) if not_part(span, never)]
    if topic.context:
        near = sorted((*context, *page.find(topic.weight)))
        in_title = bool(near) and near[0][0] < page.offset
        spans += [(s, e) for s, e in phrases if in_title or any_in(near, s - WINDOW, e + WINDOW)]
    else:
        spans += phrases
    excluded = page.find(topic.excluding)
    if excluded:
        bounds = {span: page.bounds(page.sentence(span[0])) for span in spans}
        spans = [s for s in spans if not any_in(excluded, *bounds[s]) or any_in(context, *bounds[s])]
    return outermost(spans)


def _holds(rule: Rule, never: tuple[str, ...], page: Page, sentence: int) -> bool:
    return (all(page.holds(other, never, sentence) for other in rule.sentence)
            and all(page.holds(other, never) for other in rule.article)
            and not any(page.holds(other, ()) for other in rule.nowhere))


def _candidates(sources: Iterable[str], never: tuple[str, ...], page: Page) -> list[Span]:
    spans = [span for source in sources if source in page.marked for span in page.marked_spans(source)]
    elsewhere = page.find(never) if spans else []
    return [span for span in spans if overlap(span, elsewhere) is None]


def _term(topic: str, whole: str, offset: int, span: Span) -> Term:
    start, end = span
    in_title = start < offset
    shift = 0 if in_title else offset
    return Term(topic=topic, text=whole[start:end], start=start - shift, end=end - shift, in_title=in_title)


def load(path: Path | None = None) -> Taxonomy:
    """The taxonomy in a YAML file, the one that comes with the program by default. Raises TaxonomyError, OSError."""
    return Taxonomy(read(path or DEFAULT).topics)
