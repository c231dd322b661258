"""Finds the topics of a taxonomy in a text."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.topics import article_words
from pipelines.topics.phrases import Span, finder, merged
from pipelines.topics.searched_text import (
    SearchedText,
    any_in,
    compiled,
    elsewhere,
    not_part,
    outermost_spans,
    outside,
    overlap,
)
from pipelines.topics.topic_file import DEFAULT, Rule, TaxonomyError, Topic, read_topic_file
from pipelines.topics.word_stems import stems_outside
from schemas.reason import Term

__all__ = ["DEFAULT", "Taxonomy", "TaxonomyError", "Topic", "TopicMatch", "load_taxonomy", "read_topic_file"]

WINDOW = 1000
"""The context of a phrase is searched for within this many code points before and after it."""

LIMIT = 200_000
"""At most this many code points of a text are searched."""

SHOWN = 3
"""At most so many weak terms or plain words show why an article without terms is on a topic; it may have none."""


@dataclass(frozen=True)
class TopicMatch:
    """A topic that a text is on, with the terms that show it, in order; none if only the text as a whole shows it."""

    topic: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Signs:
    """Evidence for and against a topic in a text, as spans over title and text together. Each list is in order.

    `terms` alone put the text on the topic. `weak` are terms whose conditions are not met here. `words` are plain words
    of the topic (`signs` in the file). `related` are words that refer to the topic after it was named. `context` and
    `excluding` are as in the file. `by_words`: the probability that the words of a text without terms as a whole put
    it on the topic, if they do; else 0.
    """

    terms: list[Span]
    weak: list[Span]
    words: list[Span]
    related: list[Span]
    context: list[Span]
    excluding: list[Span]
    by_words: float = 0.0


@dataclass(frozen=True)
class Survey:
    """A text searched for all topics. `signs` has the topics that the text is on, in the order of the file: by its
    terms, or by its words as a whole (article_words.py).

    If the text is on a topic that alerts, `signs` also has other topics that alert and of which it has only weak terms:
    they have no `terms`, the text is not on them, but single statements may be.
    """

    page: SearchedText
    signs: dict[str, Signs]

    def matches(self) -> list[TopicMatch]:
        return [
            TopicMatch(
                topic, tuple(self.term(topic, span) for span in signs.terms or (signs.weak or signs.words)[:SHOWN])
            )
            for topic, signs in self.signs.items()
            if signs.terms or signs.by_words
        ]

    def term(self, topic: str, span: Span) -> Term:
        start, end = span
        in_title = start < self.page.offset
        shift = 0 if in_title else self.page.offset
        return Term(
            topic=topic, text=self.page.text[start:end], start=start - shift, end=end - shift, in_title=in_title
        )


class Taxonomy:
    """Topics compiled for the search.

    One pass over the folded text finds the anchors, the rarest words of the phrases. A phrase is then searched for only
    in the sentences that contain its anchor, and context only for topics of which a phrase was found.
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
        """The topics of an article, in the order of the file, with their terms.

        `lang` is not used: phrases of all languages are searched for, because articles quote the other language.
        `when` is the date of the text and excludes topics that did not exist yet; None includes all topics.
        """
        return self.survey(text, title, when).matches()

    def survey(self, text: str, title: str = "", when: datetime.date | None = None) -> Survey:
        """The signs of all topics that an article is on. `when`: as for `tag`."""
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
        found = {name: self._kept(self.by_name[name], *its, page) for name, its in found.items()}
        by_words = self._by_words(page, found)
        leading = any((its[0] or name in by_words) and self.by_name[name].alerts for name, its in found.items())
        signs = {}
        for name, (terms, weak) in found.items():
            topic = self.by_name[name]
            if terms or name in by_words or weak and topic.alerts and leading:
                never = page.find(topic.never)
                words = self._plain(name, page, never)
                related, context = (outside(page.find(its), never) for its in (topic.related, topic.context))
                excluding = page.find(topic.excluding)
                signs[name] = Signs(terms, weak, words, related, context, excluding, by_words.get(name, 0.0))
        return Survey(page, signs)

    def _by_words(self, page: SearchedText, found: dict[str, tuple[list[Span], list[Span]]]) -> dict[str, float]:
        """The topics without terms that the words of the text as a whole put it on, with the probability."""
        models = article_words.article_models()
        others = {topic.otherwise for topic in self.topics if topic.name in found and found[topic.name][0]}
        chances = {}
        for name, (terms, _) in found.items():
            if not terms and name in models and name not in others:
                needed = article_words.needed(self.by_name[name], page, models[name])
                if needed and (chance := article_words.chance(models[name], self.stems(page, name, ()))) >= needed:
                    chances[name] = chance
        return chances

    def _plain(self, topic: str, page: SearchedText, never: Sequence[Span]) -> list[Span]:
        """The plain words of a topic in the text."""
        words = outermost_spans(span for source in self._words[topic] for span in page.marked_spans(source))
        return outside(words, never)

    def stems(self, page: SearchedText, topic: str, terms: Sequence[Span]) -> frozenset[str]:
        """The stems of a text outside the topic's terms, and outside phrases that only look like them."""
        spans = (*terms, *page.find(self.by_name[topic].never))
        return stems_outside(page.folded, spans) if spans else page.stems

    @staticmethod
    def _kept(topic: Topic, terms: list[Span], weak: list[Span], page: SearchedText) -> tuple[list[Span], list[Span]]:
        """The same spans, but only names are terms in an article about something that excludes the topic."""
        if not terms or not elsewhere(page, page.find(topic.excluding), page.find(topic.context)):
            return terms, weak
        named = outermost_spans(_candidates(topic.names, topic.never, page))
        weak = outermost_spans((*weak, *(span for span in terms if overlap(span, named) is None)))
        return [span for span in terms if overlap(span, named) is not None], weak


def _sources(found: str, by_anchor: dict[str, dict[str, None]]) -> tuple[str, ...]:
    """The phrases to which a found anchor may belong. A starred one also stands for all anchors that begin with it."""
    if not found.endswith("*"):
        return tuple(by_anchor[found])
    return tuple(dict.fromkeys(s for a, sources in by_anchor.items() if a.startswith(found[:-1]) for s in sources))


def _spans(topic: Topic, page: SearchedText) -> tuple[list[Span], list[Span]]:
    """(terms of the topic, terms whose conditions are not met), both in order."""
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
    """Load a taxonomy from a YAML file, by default the one shipped with the program. Raises TaxonomyError, OSError."""
    return Taxonomy(read_topic_file(path or DEFAULT).topics)
