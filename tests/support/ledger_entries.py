"""Ledger entries made for tests."""

from datetime import timedelta
from typing import Any

from schemas.statement import LedgerEntry, Sighting, Speaker
from tests.support.alerts import NOW

DAY = timedelta(days=1)
COST = "The Mérida Initiative cost us forty helicopters that never arrived in Ciudad Juárez"


def entry(number: int, text: str = COST, ago: timedelta = timedelta(hours=2), **more: Any) -> LedgerEntry:
    """Statement `number`, first published `ago` before NOW."""
    at = NOW - ago
    outlets = more.pop("outlets", ("El Mirador",))
    speaker = more.pop("speaker", "Ana Ruiz")
    sightings = tuple(
        Sighting(
            article=f"a{number}-{o}", version="v", outlet=o, url=f"https://{o}.example/{number}", at=at, published=at
        )
        for o in outlets
    )
    fields: dict[str, Any] = {
        "id": f"s{number}",
        "text": text,
        "speaker": Speaker(name=speaker) if speaker else None,
        "kind": "indirect",
        "lang": "en",
        "topics": ("merida",),
        "story": f"story{number}",
        "sightings": sightings,
        "why": "new",
    }
    return LedgerEntry(**(fields | more))
