"""New or known: pairs of statements held against each other as the ledger does it, and links between the languages.

python tests/eval/pair_rows.py [--misses]     misses are shown of pairs/open.yaml only: see the head of held.yaml
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipelines.newness.ledger import Claim, Ledger
from pipelines.newness.translations import possible_links
from schemas.statement import LedgerEntry, Sighting, Speaker

FOLDER = Path(__file__).with_name("pairs")
FILES = ("open", "held")
KNOWN = ("indirect", "cut", "reworded")
NEW = ("figure", "denial", "other")
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = DAY + timedelta(days=75)
ELSEWHERE = Sighting(article="second", version="v1", outlet="Second", url="https://second.example/", at=DAY)


class Pair(NamedTuple):
    kind: str
    known: bool
    first: str
    second: str
    speaker: str
    second_speaker: str
    at: datetime
    lang: str


def main() -> int:
    for name in FILES:
        for figure, value in figures(name, show="--misses" in sys.argv and name == "open"):
            print(f"{figure:44} {value:.4f}")
    return 0


def figures(name: str, show: bool = False) -> Iterator[tuple[str, float]]:
    """F1 of both answers over a file's pairs; precision and recall of the links that are marked possible."""
    right = told = due = same = 0
    by_kind: Counter[tuple[str, bool]] = Counter()
    pairs = list(pairs_of(name))
    for pair in pairs:
        found = known(pair)
        same += found == pair.known
        right += found and pair.known
        told += found
        due += pair.known
        by_kind[pair.kind, found == pair.known] += 1
        if show and found != pair.known:
            print(f"  {pair.kind}: {pair.first} | {pair.second}")
    if show:
        print(f"  {name}: {len(pairs)} pairs; wrong by kind:", {k: n for (k, good), n in by_kind.items() if not good})
    false, missed = told - right, due - right
    new = len(pairs) - due
    yield f"pairs {name} known F1", 2 * right / (told + due)
    yield f"pairs {name} new F1", 2 * (new - false) / (2 * (new - false) + false + missed)
    linked, true, possible = links(name, show)
    yield f"pairs {name} possible links P", true / linked if linked else 0.0
    yield f"pairs {name} possible links R", true / possible if possible else 0.0


def pairs_of(name: str) -> Iterator[Pair]:
    entries = load(name)
    for number, entry in enumerate(entries):
        said, who, lang = entry["said"], entry["speaker"], entry["lang"]
        other = entries[(number + 1) % len(entries)]["speaker"]
        for kind in (*KNOWN, *NEW):
            yield Pair(kind, kind in KNOWN, said, entry[kind], who, who, DAY, lang)
        loud = said.upper().replace(",", "").strip("“”«».") + "!"
        yield Pair("case and marks", True, said, loud, who, who, DAY, lang)
        yield Pair("later", True, said, entry["reworded"], who, who.split()[-1], LATER, lang)
        yield Pair("speaker", False, said, said, who, other, DAY, lang)


def known(pair: Pair) -> bool:
    """Whether the ledger that holds the first takes the second for the same. They stand in articles of two stories."""
    ledger = Ledger()
    ledger.put(entry_of("first", pair.first, pair.speaker, pair.lang, DAY))
    claim = Claim(pair.second, Speaker(name=pair.second_speaker), "second", pair.lang)
    return ledger.compare(claim, besides=ELSEWHERE).same is not None


def links(name: str, show: bool) -> tuple[int, int, int]:
    """(links, right ones, how many there are). As hard as can be: all are one speaker's words of one day."""
    entries = [(n, e) for n, e in enumerate(load(name)) if "translation" in e]
    linked = right = 0
    every = [
        entry_of(str(n), e[kind], "A", e["lang"], DAY)
        for n, e in enumerate(load(name))
        for kind in ("said", "other", "figure", "denial")
    ]
    for number, entry in entries:
        lang = "es" if entry["lang"] == "en" else "en"
        made = entry_of("t", entry["translation"], "A", lang, DAY)
        for link in possible_links(made, [one for one in every if one.lang != lang])[:1]:
            linked += 1
            good = link.statement == f"{number} {entry['said'][:40]}"
            right += good
            if show and not good:
                print(f"  link: {entry['translation']} | {link.text}")
    return linked, right, len(entries)


def entry_of(article: str, text: str, speaker: str, lang: str, at: datetime) -> LedgerEntry:
    sighting = Sighting(article=article, version="v1", outlet="First", url="https://first.example/", at=at)
    return LedgerEntry(
        id=f"{article} {text[:40]}",
        story=article,
        text=text,
        speaker=Speaker(name=speaker),
        lang=lang,
        kind="direct",
        topics=("merida",),
        sightings=(sighting,),
        alert="x",
        why="new",
    )


def load(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return entries


if __name__ == "__main__":
    sys.exit(main())
