"""Alerts made for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.alert import CONTRACT_VERSION, Alert, AlertArticle, AlertStatement
from schemas.statement import Cue, Sighting, Source, Speaker

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def alert(number: int = 1, **changes: Any) -> Alert:
    """Alert `number`, alerted `number` seconds after noon; `speaker`, `outlet`, `text`, `title` and fields of Alert."""
    at = NOW + timedelta(seconds=number)
    url = changes.pop("url", f"https://example.org/{number}")
    outlet = changes.pop("outlet", "El Mirador")
    speaker = changes.pop("speaker", "Ana Ruiz")
    statement = AlertStatement(
        id=f"s{number}",
        text=changes.pop("text", f"The Mérida Initiative cost us {number} helicopters"),
        before="“",
        after=",” the minister said. The road was closed.",
        source=Source(text="the minister", start=60, end=72),
        cue=Cue(text="said", start=73, end=77, sense="said"),
        kind="direct",
        terms=("Mérida Initiative",),
        sightings=(Sighting(article=f"a{number}", version="v1", outlet=outlet, url=url, at=at),),
    )
    article = AlertArticle(
        id=f"a{number}",
        version="v1",
        title=changes.pop("title", f"Report {number}"),
        outlet=outlet,
        url=url,
        link=f"{url}#:~:text=The%20M%C3%A9rida",
        authors=("Rosa Gil",),
        published=at - timedelta(minutes=5),
        seen=at - timedelta(seconds=2),
    )
    fields: dict[str, Any] = {
        "contract_version": CONTRACT_VERSION,
        "id": f"s{number}",
        "topic": "merida",
        "topic_titles": {"en": "Mérida Initiative", "es": "Iniciativa Mérida"},
        "lang": "en",
        "speaker": Speaker(name=speaker, role="foreign minister") if speaker else None,
        "statements": (statement,),
        "article": article,
        "story": f"story{number}",
        "why": "new: the ledger holds nothing like it",
        "seconds": {"clean": 0.01},
        "alerted": at,
    }
    return Alert(**(fields | changes))


def dated(made: Alert, at: datetime) -> Alert:
    """The alert as if its article had been published, seen and alerted at that time."""
    article = made.article.model_copy(update={"published": at, "seen": at})
    return made.model_copy(update={"article": article, "alerted": at})
