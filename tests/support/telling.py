"""Articles by title, speaker and words, for tests of what is new: (what the record is called, the record)."""

from datetime import UTC, datetime, timedelta

from schemas.article import FeedEntry, RawArticle

NOW = datetime.now(UTC).replace(microsecond=0)
FILLER = {
    "en": "The road between the two towns was closed for most of the morning. Traders waited beside their lorries and "
    "talked little. By noon the wind had turned and the first buses came through again. Nobody at the town hall "
    "could tell how long the repairs would take.",
    "es": "El camino entre los dos pueblos estuvo cerrado casi toda la mañana. Los comerciantes esperaron junto a sus "
    "camiones sin hablar mucho. Al mediodía cambió el viento y pasaron los primeros autobuses. Nadie en el "
    "ayuntamiento supo cuánto durarán las obras.",
}


def article(
    name: str,
    *paragraphs: str,
    lang: str = "en",
    outlet: str = "",
    version: str = "v1",
    ago: timedelta = timedelta(hours=1),
    title: str = "News of the day",
) -> RawArticle:
    """An article of these paragraphs, seen and published so long `ago`; its words begin with its name's, so that no two
    articles share a story unless their paragraphs are long."""
    url = f"https://news.example/{name}"
    text = "\n\n".join((*paragraphs, *(f"{name} {line}." for line in FILLER[lang].split(". "))))
    entry = FeedEntry(id=url, url=url, title=title, content=text, published=NOW - ago)
    return RawArticle(
        id=name,
        version=version,
        feed="https://news.example/feed",
        outlet=outlet or name,
        lang=lang,
        entry=entry,
        seen=NOW - ago,
    )


def said(speaker: str, words: str) -> str:
    return f"“{words},” Senator {speaker} told reporters in Ciudad Juárez."


def dijo(speaker: str, words: str) -> str:
    return f"«{words}», dijo la senadora {speaker} a la prensa en Ciudad Juárez."
