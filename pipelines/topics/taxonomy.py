"""The search for the topics of a taxonomy in a text."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.topics.phrases import Span, finder, merged
from pipelines.topics.searched_text import SearchedText, any_in, compiled, not_part, outermost_spans, overlap
from pipelines.topics.topic_file import DEFAULT, Rule, TaxonomyError, Topic, read_topic_file
from schemas.reason import Term

__all__ = ["DEFAULT", "Taxonomy", "TaxonomyError", "Topic", "TopicMatch", "load_taxonomy", "read_topic_file"]

WINDOW = 1000
"""Code points before and after a phrase in which its context is looked for."""

LIMIT = 200_000
"""Code points of a text that are searched."""


@dataclass(frozen=True)
class TopicMatch:
    """A topic that a text is on, with the terms that say so, in order."""

    topic: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Signs:
    """What speaks for and against a topic in a text, as spans of title and text together, each list in order.

    `terms` put the text on the topic by themselves; `weak` are terms whose conditions are not met here; `words` are the
    topic's plain words (`signs` in the file), `related` what it is called once it was named; `context` and `excluding`
    as in the file.
    """

    terms: list[Span]
    weak: list[Span]
    words: list[Span]
    related: list[Span]
    context: list[Span]
    excluding: list[Span]


@dataclass(frozen=True)
class Survey:
    """A text searched for all topics: `signs` holds those that it is on, in the file's order."""

    page: SearchedText
    signs: dict[str, Signs]

    def matches(self) -> list[TopicMatch]:
        return [
            TopicMatch(topic, tuple(self.term(topic, span) for span in signs.terms))
            for topic, signs in self.signs.items()
        ]

    def term(self, topic: str, span: Span) -> Term:
        start, end = span
        in_title = start < self.page.offset
        shift = 0 if in_title else self.page.offset
        return Term(
            topic=topic, text=self.page.text[start:end], start=start - shift, end=end - shift, in_title=in_title
        )


class Taxonomy:
    """Topics made ready to search.

    One pass over the folded text finds the words that phrases hinge on; a phrase is then looked for only in the
    sentences that hold such a word, and context only for topics with a phrase found.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics = tuple(topics)
        self.by_name = {topic.name: topic for topic in topics}
        self._own = {topic.name: frozenset(topic.own) for topic in topics}
        self._words = {topic.name: merged(topic.signs) for topic in topics}
        by_anchor: dict[str, dict[str, None]] = {}
        for source in (source for topic in topics for source in (*topic.own, *self._words[topic.name])):
            for anchor in compiled(source).anchors:
                by_anchor.setdefault(anchor, {})[source] = None
        self._anchors = finder(by_anchor)
        self._by_anchor = {anchor.rstrip("*"): _sources(anchor, by_anchor) for anchor in by_anchor}
        self._by_anchor |= {a.rstrip("*"): _sources(a, by_anchor) for a in by_anchor if a.endswith("*")}

    @property
    def alerting(self) -> tuple[str, ...]:
        return tuple(topic.name for topic in self.topics if topic.alerts)

    def tag(
        self, text: str, title: str = "", lang: str | None = None, when: datetime.date | None = None
    ) -> list[TopicMatch]:
        """The topics of an article, in the file's order, with their terms.

        `lang` is not needed: phrases of all languages are looked for, since articles quote across the border. `when`,
        the date of the text, leaves out topics that did not exist yet; without it every topic counts.
        """
        return self.survey(text, title, when).matches()

    def survey(self, text: str, title: str = "", when: datetime.date | None = None) -> Survey:
        """All signs of the topics that an article is on; `when` as for `tag`."""
        whole = f"{title}\n\n{text}" if title else text
        page = SearchedText(whole[:LIMIT], len(whole) - len(text))
        for m in self._anchors.finditer(page.folded):
            page.mark(m.start(), self._by_anchor[m[0]])
        if not page.marked:
            return Survey(page, {})
        found: dict[str, tuple[list[Span], list[Span]]] = {}
        for topic in self.topics:
            if when is None or topic.since is None or when >= topic.since:
                none = page.marked.keys().isdisjoint(self._own[topic.name])
                found[topic.name] = ([], []) if none else _spans(topic, page)
        for topic in self.topics:
            if topic.otherwise and topic.name in found and not found.get(topic.otherwise, ([], []))[0]:
                other = self.by_name[topic.otherwise]
                loose = _candidates(other.phrases, (*other.never, *topic.never), page)
                found[topic.name] = outermost_spans((*found[topic.name][0], *loose)), found[topic.name][1]
        signs = {}
        for name, (terms, weak) in found.items():
            topic = self.by_name[name]
            words = outermost_spans(span for source in self._words[name] for span in page.marked_spans(source))
            if terms and _elsewhere(page, page.find(topic.excluding), page.find(topic.context)):
                named = outermost_spans(_candidates(topic.names, topic.never, page))
                weak = outermost_spans((*weak, *(span for span in terms if overlap(span, named) is None)))
                terms = [span for span in terms if overlap(span, named) is not None]
            if words:
                words = _outside(words, page.find(topic.never))
            if terms:
                never = page.find(topic.never)
                related, context = _outside(page.find(topic.related), never), _outside(page.find(topic.context), never)
                signs[name] = Signs(terms, weak, words, related, context, page.find(topic.excluding))
        return Survey(page, signs)


def _sources(found: str, by_anchor: dict[str, dict[str, None]]) -> tuple[str, ...]:
    """The phrases that an anchor found may belong to; the beginning of a word stands for all anchors that begin so."""
    if not found.endswith("*"):
        return tuple(by_anchor[found])
    return tuple(dict.fromkeys(s for a, sources in by_anchor.items() if a.startswith(found[:-1]) for s in sources))


def _spans(topic: Topic, page: SearchedText) -> tuple[list[Span], list[Span]]:
    """The topic's terms, and those whose conditions are not met, both in order."""
    spans = _candidates(topic.names, topic.never, page)
    phrases = _candidates(topic.phrases, topic.never, page)
    weak: list[Span] = []
    for rule in topic.together:
        for span in _candidates((rule.phrase,), topic.never, page):
            (spans if _holds(rule, topic.never, page, page.sentence(span[0])) else weak).append(span)
    if not spans and not phrases:
        return [], outermost_spans(weak)
    never = page.find(topic.never)
    context = [span for span in page.find(topic.context) if not_part(span, never)]
    if topic.context:
        near = sorted((*context, *page.find(topic.weight)))
        in_title = bool(near) and near[0][0] < page.offset
        for s, e in phrases:
            (spans if in_title or any_in(near, s - WINDOW, e + WINDOW) else weak).append((s, e))
    else:
        spans += phrases
    excluded = page.find(topic.excluding)
    if excluded:
        bounds = {span: page.bounds(page.sentence(span[0])) for span in (*spans, *weak)}
        spans, weak = (
            [s for s in some if not any_in(excluded, *bounds[s]) or any_in(context, *bounds[s])]
            for some in (spans, weak)
        )
    spans = outermost_spans(spans)
    return spans, [span for span in outermost_spans(weak) if overlap(span, spans) is None]


def _elsewhere(page: SearchedText, excluding: Sequence[Span], context: Sequence[Span]) -> bool:
    """Whether an article is about what rules a topic out: it begins with that and not with the context, and holds more
    of it."""
    head = page.ends[0]
    return (
        bool(excluding)
        and excluding[0][0] < head
        and not (context and context[0][0] < head)
        and len(excluding) > len(context)
    )


def _outside(spans: Iterable[Span], never: Sequence[Span]) -> list[Span]:
    return [span for span in spans if overlap(span, never) is None]


def _holds(rule: Rule, never: tuple[str, ...], page: SearchedText, sentence: int) -> bool:
    return (
        all(page.holds(other, never, sentence) for other in rule.sentence)
        and all(page.holds(other, never) for other in rule.article)
        and not any(page.holds(other, ()) for other in rule.nowhere)
    )


def _candidates(sources: Iterable[str], never: tuple[str, ...], page: SearchedText) -> list[Span]:
    spans = [span for source in sources if source in page.marked for span in page.marked_spans(source)]
    elsewhere = page.find(never) if spans else []
    return [span for span in spans if overlap(span, elsewhere) is None]


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The taxonomy in a YAML file, the one that comes with the program by default. Raises TaxonomyError, OSError."""
    return Taxonomy(read_topic_file(path or DEFAULT).topics)
