"""What a statement is about: its own words, then what it refers to; never just what its article is about elsewhere."""
import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date

from pipelines.taxonomy import Taxonomy, TopicMatch
from schemas.statement import Statement

_SENTENCE = re.compile(r"[.!?…]+[”’\"»)\]]*(?=\s)|\n+")
_BACK = 2
"""Sentences before a statement's own in which the topic may have been named."""
_LEAD = 2
"""The sentences at the start of an article that do what a headline does."""
_FAR = 8
"""Sentences over which an article headed by the topic stays on it without naming it again."""


def about(taxonomy: Taxonomy, article_text: str, title: str, statements: Sequence[Statement],
          when: date | None = None) -> list[Statement]:
    """The statements with `topics` filled, in their order. `when` is the article's date: see `Taxonomy.tag`.

    A statement is on a topic when a term of it stands in the statement; or when the statement holds a word by which
    the topic is called once it was named ("the programme", "esa ayuda": `related` in the taxonomy) and the topic was
    named in its own sentence, in the two before it, by the statement before it, or in the headline or lead.
    """
    matches = taxonomy.tag(article_text, title, when=when)
    if not matches or not statements:
        return [s.model_copy(update={"topics": ()}) for s in statements]
    ends = [m.end() for m in _SENTENCE.finditer(article_text)]
    topics: list[list[str]] = [[] for _ in statements]
    for match in matches:
        for found, is_on in zip(topics, _on_topic(taxonomy, match, article_text, ends, statements), strict=True):
            if is_on:
                found.append(match.topic)
    return [s.model_copy(update={"topics": tuple(found)}) for s, found in zip(statements, topics, strict=True)]


def _on_topic(taxonomy: Taxonomy, match: TopicMatch, text: str, ends: list[int],
              statements: Sequence[Statement]) -> list[bool]:
    terms = [(term.start, term.end) for term in match.terms if not term.in_title]
    named = {bisect_right(ends, start) for start, _ in terms}
    titled = any(term.in_title for term in match.terms)
    headed = {*named, 0} if titled else named if any(sentence < _LEAD for sentence in named) else set()
    result = [False] * len(statements)
    order = sorted(range(len(statements)), key=lambda i: statements[i].content[0].start)
    last: int | None = None  # the sentence in which a statement on the topic ended
    for i in order:
        spans = [(span.start, span.end) for span in statements[i].content]
        first, final = bisect_right(ends, spans[0][0]), bisect_right(ends, spans[-1][1] - 1)
        if any(start < e and s < end for start, end in terms for s, e in spans):
            result[i] = True
        else:
            words = " … ".join(text[s:e] for s, e in spans)
            strong, weak = taxonomy.refers(words, match.topic)
            near = any(first - _BACK <= n <= final for n in named) or (last is not None and first - last <= 1)
            since = max((n for n in (*headed, -1 if last is None else last) if n <= final), default=-1)
            recent = bool(headed) and since >= max(0, first - _FAR)
            result[i] = (strong and (near or recent)) or (weak and (first in named or first - 1 in named))
        if result[i]:
            last = final
    return result
