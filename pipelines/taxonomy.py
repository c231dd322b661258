"""The taxonomy of topics: its file, checked, and the search for its topics in a text."""
import datetime
import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.phrases import Pattern, any_of, compile_phrase, fold

DEFAULT = Path(__file__).parent / "data" / "taxonomy.yaml"
WINDOW = 1000
"""Code points before and after a phrase in which its context is looked for."""

_END = re.compile(r"[.!?](?=\s|$)|\n")


def _phrase(source: str) -> str:
    compile_phrase(source)
    return source


Phrases = tuple[Annotated[str, AfterValidator(_phrase)], ...]


class Topic(BaseModel):
    """One topic as written in the file; data/taxonomy.yaml begins with what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(pattern="^[a-z][a-z0-9-]*$")
    title: str
    alerts: bool = False
    since: datetime.date | None = Field(default=None, alias="from")
    until: datetime.date | None = Field(default=None, alias="to")
    names: Phrases = ()
    phrases: Phrases = ()
    loose: Phrases = ()
    close: Phrases = ()
    context: Phrases = ()
    people: Phrases = ()
    excluding: Phrases = ()
    never: Phrases = ()
    related: Phrases = ()
    otherwise: str | None = None
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


class File(BaseModel):
    """The taxonomy file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topics: tuple[Topic, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> "File":
        names = [topic.name for topic in self.topics]
        for topic in self.topics:
            if names.count(topic.name) > 1:
                raise ValueError(f"topic {topic.name!r} stands twice")
            if topic.otherwise is not None and topic.otherwise not in names:
                raise ValueError(f"topic {topic.name!r}: otherwise names no topic: {topic.otherwise!r}")
            if not (topic.names or topic.phrases or topic.otherwise):
                raise ValueError(f"topic {topic.name!r} has neither names nor phrases")
        return self


class TaxonomyError(ValueError):
    """The taxonomy file is not what it should be; the message names the place and what is wrong there."""


@dataclass(frozen=True, order=True)
class Term:
    """A term found: its span (code points, end exclusive) in the text, or in the title where `in_title`."""

    start: int
    end: int
    text: str
    in_title: bool = False


@dataclass(frozen=True)
class TopicMatch:
    """A topic that a text is on, with the terms that say so, in order."""

    topic: str
    terms: tuple[Term, ...]


class Taxonomy:
    """Topics made ready to search. One pass over the folded text finds which phrases can be there at all."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics = tuple(topics)
        self.by_name = {topic.name: topic for topic in topics}
        self._by_anchor: dict[str, set[str]] = {}
        self._patterns: dict[str, Pattern] = {}
        for topic in topics:
            for source in (*topic.names, *topic.phrases, *topic.loose):
                pattern = self._patterns.setdefault(source, compile_phrase(source))
                for anchor in pattern.anchors:
                    self._by_anchor.setdefault(anchor, set()).add(source)
        self._anchors = any_of(self._by_anchor)
        self._by_start: dict[str, tuple[str, ...]] = {}

    @property
    def alerting(self) -> tuple[str, ...]:
        return tuple(topic.name for topic in self.topics if topic.alerts)

    def tag(self, text: str, title: str = "", lang: str | None = None,
            when: datetime.date | None = None) -> list[TopicMatch]:
        """The topics of an article, in the file's order, with their terms.

        `lang` is not needed: phrases of all languages are looked for, since articles quote across the border. `when`,
        the date of the text, leaves out topics that did not exist yet; without it every topic counts.
        """
        whole = f"{title}\n{text}" if title else text
        offset = len(whole) - len(text)
        folded = fold(whole)
        here = {source for m in self._anchors.finditer(folded) for source in self._sources(m[0])}
        if not here:
            return []
        page = _Page(whole, folded, offset)
        found: dict[str, list[tuple[int, int]]] = {}
        for topic in self.topics:
            if when is not None and topic.since is not None and when < topic.since:
                continue
            found[topic.name] = self._spans(topic, page, here)
        for topic in self.topics:
            if topic.otherwise and topic.name in found:
                first = self.by_name[topic.otherwise]
                if not found.get(first.name):
                    never = (*first.never, *topic.never)
                    loose = self._candidates(first.phrases, never, page, here)
                    found[topic.name] = _outermost((*found[topic.name], *loose))
        return [TopicMatch(topic, tuple(_term(whole, offset, span) for span in spans))
                for topic, spans in found.items() if spans]

    def terms_in(self, text: str, topic: str) -> tuple[str, ...]:
        """Words of `text` that belong to a topic, context taken as given: names and phrases, else related words."""
        wanted = self.by_name.get(topic)
        if wanted is None:
            return ()
        page = _Page(text, fold(text), 0)
        of = self.by_name[wanted.otherwise].phrases if wanted.otherwise else ()
        spans = page.find((*wanted.names, *wanted.phrases, *wanted.loose, *of)) or page.find(wanted.related)
        return tuple(dict.fromkeys(text[s:e] for s, e in _outermost(spans)))

    def refers(self, text: str, topic: str) -> tuple[bool, bool]:
        """Whether `text` holds a word by which a topic is called once named: of two words or more; a bare one."""
        page = _Page(text, fold(text), 0)
        spans = page.find(self.by_name[topic].related)
        bare = {"it", "them", "eso", "ello"}
        return any(text[s:e].lower() not in bare for s, e in spans), bool(spans)

    def _sources(self, start: str) -> tuple[str, ...]:
        """Phrases that an anchor found may belong to (the trie stops at the shortest anchor)."""
        if start not in self._by_start:
            self._by_start[start] = tuple(s for a, sources in self._by_anchor.items() if a.startswith(start)
                                          for s in sources)
        return self._by_start[start]

    def _spans(self, topic: Topic, page: "_Page", here: set[str]) -> list[tuple[int, int]]:
        names = self._candidates(topic.names, topic.never, page, here)
        phrases = self._candidates(topic.phrases, topic.never, page, here)
        loose = self._candidates(topic.loose, topic.never, page, here)
        if not names and not phrases and not loose:
            return []
        context = page.find((*topic.context, *topic.people))
        excluded = page.find(topic.excluding)
        if topic.context:
            phrases = [span for span in phrases if any(
                s < page.offset or span[0] - WINDOW <= s and e <= span[1] + WINDOW for s, e in context)]
        if loose:
            close = page.find(topic.close)
            loose = [span for span in loose if _any_in(close, *page.sentence(span))]
        spans = []
        for span in (*names, *phrases, *loose):
            low, high = page.sentence(span)
            if not _any_in(excluded, low, high) or _any_in(context, low, high):
                spans.append(span)
        return _outermost(spans)

    def _candidates(self, sources: Iterable[str], never: tuple[str, ...], page: "_Page",
                    here: set[str]) -> list[tuple[int, int]]:
        spans = [span for source in sources if source in here
                 for span in self._patterns[source].finditer(page.text, page.folded)]
        if spans and never:
            elsewhere = page.find(never)
            spans = [(s, e) for s, e in spans if not any(ns < e and s < ne for ns, ne in elsewhere)]
        return spans


class _Page:
    """A text being searched: title, line end, text; `offset` is where the text begins."""

    def __init__(self, text: str, folded: str, offset: int) -> None:
        self.text, self.folded, self.offset = text, folded, offset
        self._found: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        self._ends: list[int] | None = None

    def find(self, sources: tuple[str, ...]) -> list[tuple[int, int]]:
        if sources not in self._found:
            found = (pattern.finditer(self.text, self.folded) for pattern in _union(sources))
            self._found[sources] = [span for spans in found for span in spans]
        return self._found[sources]

    def sentence(self, span: tuple[int, int]) -> tuple[int, int]:
        """The bounds of the sentence that holds a span, roughly: full stops, line ends."""
        if self._ends is None:
            self._ends = [m.start() for m in _END.finditer(self.folded)]
        i = bisect_right(self._ends, span[0])
        return (self._ends[i - 1] if i else 0), (self._ends[i] if i < len(self._ends) else len(self.text))


@functools.cache
def _union(sources: tuple[str, ...]) -> tuple[Pattern, ...]:
    return tuple(map(compile_phrase, sources))


def _any_in(spans: Iterable[tuple[int, int]], low: int, high: int) -> bool:
    return any(low <= start < high for start, _ in spans)


def _outermost(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda s: (s[0], -s[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept


def _term(whole: str, offset: int, span: tuple[int, int]) -> Term:
    start, end = span
    if start < offset:
        return Term(start, end, whole[start:end], in_title=True)
    return Term(start - offset, end - offset, whole[start:end])


def load(path: Path | None = None) -> Taxonomy:
    """The taxonomy in a YAML file, the one that comes with the program by default. Raises TaxonomyError, OSError."""
    return Taxonomy(read(path or DEFAULT).topics)


def read(path: Path) -> File:
    """The file, checked. Raises TaxonomyError, OSError."""
    try:
        return File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "file"
        raise TaxonomyError(f"{path}: {place}: {first['msg']} (got {str(first['input'])[:80]!r})") from error
