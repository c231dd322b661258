"""Articles made for tests of newness: each consists of claims, of one speaker or several."""

from datetime import UTC, datetime

from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from schemas.article import CleanArticle, TaggedArticle
from schemas.outcome import RawRef
from schemas.reason import Term
from schemas.statement import Said, Source, Span, Speaker, Statement

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULES = Rules(frozenset({"merida", "arms-trafficking"}))
CLAIM = "The Mérida Initiative is dead and nobody in this office will bring it back"
SPANISH = "La Iniciativa Mérida está muerta y nadie en esta oficina la va a traer de regreso"


def item(
    *claims,
    article="a1",
    version="v1",
    outlet="Ledger",
    published=NOW,
    origin="live",
    story="s",
    seen=NOW,
    lang="en",
    cue=None,
):
    """An item whose article consists of claims: (speaker, text) or (speaker, text, topics) or (…, said date)."""
    text, statements = "", []
    for speaker, words, *rest in claims:
        span = Span(start=len(text), end=len(text) + len(words))
        statements.append(
            Statement(
                content=(span,),
                source=Source(text="she", start=0, end=0),
                speaker=Speaker(name=speaker) if speaker else None,
                said=Said(text="then", date=rest[1]) if len(rest) > 1 else None,
                cue=cue,
                kind="indirect" if cue else "direct",
                topics=(about := rest[0] if rest else ("merida",)),
                terms=tuple(Term(topic=t, text=words[:6], start=span.start, end=span.start + 6) for t in about),
            )
        )
        text += words + "\n\n"
    tagged = TaggedArticle(
        id=article,
        version=version,
        story=story,
        feed="https://example.org/feed",
        origin=origin,
        seen=seen,
        article=CleanArticle(
            title="T",
            text=text,
            published=published,
            outlet=outlet,
            url=f"https://{outlet}.example/{article}",
            lang=lang,
        ),
        topics=("merida",),
        statements=tuple(statements),
    )
    return Item(raw=RawRef(topic="articles.raw", partition=0, offset=0), tagged=tagged)


def ruled(one, ledger, rules=RULES):
    return judge(one, ledger, rules, NOW)
