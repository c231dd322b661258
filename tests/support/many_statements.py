"""Articles of any number of statements, for tests of the ledger."""

from datetime import UTC, datetime

from pipelines.item import Item
from pipelines.newness.judge import Rules
from schemas.article import CleanArticle, TaggedArticle
from schemas.outcome import RawRef
from schemas.settings import Settings
from schemas.statement import Span, Speaker, Statement

RULES = Rules.of(Settings().pipeline)
NOW = datetime.now(UTC)
WORDS = (
    "crate",
    "rifle",
    "harbor",
    "senator",
    "budget",
    "border",
    "convoy",
    "ledger",
    "truck",
    "depot",
    "radio",
    "bridge",
    "court",
    "permit",
    "seal",
)


def item(texts: list[str], story: str = "s", name: str = "a", lang: str = "en") -> Item:
    """An article in which one speaker says each of the texts, on topic."""
    whole, statements = "", []
    for text in texts:
        span = Span(start=len(whole), end=len(whole) + len(text))
        statements.append(
            Statement(content=(span,), speaker=Speaker(name="Ana Ruiz"), kind="direct", topics=("merida",))
        )
        whole += text + "\n\n"
    article = CleanArticle(text=whole, lang=lang, published=NOW, outlet="O", url="https://o.example/a")
    tagged = TaggedArticle(
        id=name,
        version="v",
        feed="f",
        origin="live",
        seen=NOW,
        article=article,
        story=story,
        topics=("merida",),
        statements=tuple(statements),
    )
    return Item(raw=RawRef(topic="articles.raw", partition=0, offset=0), tagged=tagged)


def different(count: int) -> list[str]:
    """Texts that say different things, in much the same words."""
    return [
        f"the {WORDS[n % 15]} and the {WORDS[n // 15 % 15]} cost {n + 2} million for {WORDS[n * 7 % 15]} number {n}"
        for n in range(count)
    ]
