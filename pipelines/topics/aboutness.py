"""What a statement is about: its own words, then what it refers to; never just what its article is about elsewhere."""
import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date

from pipelines.topics.phrases import Span
from pipelines.topics.taxonomy import Taxonomy, TopicMatch
from schemas.reason import Term
from schemas.statement import Statement

_SENTENCE = re.compile(r"[.!?…]+[”’\"»)\]]*(?=\s)|\n+")
_BACK = 2
"""Sentences before a statement's own in which the topic may have been named."""
_LEAD = 2
"""The sentences at the start of an article that do what a headline does."""
_FAR = 8
"""Sentences over which an article headed by the topic stays on it without naming it again."""
_PRONOUN = re.compile(r"\b(?:it|them|eso|ello|esto|\w+[aei]rl[oa]s?)\b", re.IGNORECASE)
"""Words that may stand for anything, in Spanish also behind a verb: they count only just behind the topic's name."""


def about(taxonomy: Taxonomy, article_text: str, title: str, statements: Sequence[Statement],
          when: date | None = None) -> list[Statement]:
    """The statements with `topics` and `terms` filled, in their order. `when`: the article's date, see `Taxonomy.tag`.

    A statement is on a topic when a term of it stands in the statement; or when the statement holds a word by which
    the topic is called once it was named ("the programme", "esa ayuda": `related` in the taxonomy) and the topic was
    named in its own sentence, in the two before it, by the statement before it, or in the headline or lead. Its terms
    are those, or the word that refers and the term referred to.
    """
    matches = taxonomy.tag(article_text, title, when=when)
    terms: list[list[Term]] = [[] for _ in statements]
    ends = [m.end() for m in _SENTENCE.finditer(article_text)] if matches and statements else []
    for match in matches:
        related = taxonomy.related_in(article_text, match.topic)
        for found, its in zip(terms, _on_topic(match, related, article_text, ends, statements), strict=True):
            found += its
    return [s.model_copy(update={"topics": tuple(dict.fromkeys(term.topic for term in found)), "terms": tuple(found)})
            for s, found in zip(statements, terms, strict=True)]


def _on_topic(match: TopicMatch, related: Sequence[Span], text: str, ends: list[int],
              statements: Sequence[Statement]) -> list[list[Term]]:
    """For each statement the terms that put it on the topic; none where it is not on it."""
    terms = [term for term in match.terms if not term.in_title]
    named = {bisect_right(ends, term.start) for term in terms}
    titled = any(term.in_title for term in match.terms)
    headed = {*named, 0} if titled else named if any(sentence < _LEAD for sentence in named) else set()
    pronouns = [m.span() for m in _PRONOUN.finditer(text)]
    result: list[list[Term]] = [[] for _ in statements]
    order = sorted(range(len(statements)), key=lambda i: statements[i].content[0].start)
    last: int | None = None  # the sentence in which a statement on the topic ended
    for i in order:
        spans = [(span.start, span.end) for span in statements[i].content]
        first, final = bisect_right(ends, spans[0][0]), bisect_right(ends, spans[-1][1] - 1)
        result[i] = [t for t in terms if any(t.start < e and s < t.end for s, e in spans)]
        if not result[i]:
            weak = [(a, b) for a, b in (*related, *pronouns) if any(s <= a and b <= e for s, e in spans)]
            strong = [(a, b) for a, b in weak if not _PRONOUN.fullmatch(text[a:b])]
            near = any(first - _BACK <= n <= final for n in named) or (last is not None and first - last <= 1)
            since = max((n for n in (*headed, -1 if last is None else last) if n <= final), default=-1)
            recent = bool(headed) and since >= max(0, first - _FAR)
            words = strong if near or recent else []
            if not words and (first in named or first - 1 in named):
                words = weak
            result[i] = _referring(match, words[0], text) if words else []
        if result[i]:
            last = final
    return result


def _referring(match: TopicMatch, words: Span, text: str) -> list[Term]:
    """The words that refer to a topic, and the term they stand for: the last before them, else the first there is."""
    start, end = words
    before = [term for term in match.terms if term.in_title or term.start < start]
    word = Term(topic=match.topic, text=text[start:end], start=start, end=end)
    return [word, before[-1] if before else match.terms[0]]
