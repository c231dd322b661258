"""Checks the locks against known vulnerabilities ("holes"): `python -m deploy.jars.holes`.

Exit code 1 when a pinned version has a hole that is not accepted. The list is known_holes.yaml in this directory.
Versions are compared by their leading numbers: "4.1.91.Final-17.0" is 4.1.91.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.jars.cache import read_lock
from schemas.yaml_file import read_yaml

LIST = Path(__file__).with_name("known_holes.yaml")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]\n]{0,200}\])?==([^\s;\\]+)", re.MULTILINE)


class Hole(BaseModel):
    """An advisory. `fixed`: the first version without the hole, None if there is none; `accepted`: why it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    package: str
    fixed: str | None
    touches: str
    accepted: str | None = None


class Holes(BaseModel):
    """The list, and the day on which it was last compared with published advisories."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checked: date
    holes: tuple[Hole, ...]


def pinned(python_lock: Path) -> dict[str, set[str]]:
    """Package → pinned versions, from the Python lock and from jars.lock."""
    found: dict[str, set[str]] = {}
    for name, version in _PINNED.findall(python_lock.read_text(encoding="utf-8")):
        found.setdefault(name.lower(), set()).add(version)
    for jars in read_lock().values():
        for jar in jars:
            found.setdefault(f"{jar.group}:{jar.artifact}", set()).add(jar.version)
    return found


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: "4.1.91.Final-17.0" → (4, 1, 91)."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def has(hole: Hole, versions: Mapping[str, set[str]]) -> bool:
    """Whether a pinned version has the hole."""
    there = versions.get(hole.package, set())
    return any(hole.fixed is None or numbers(version) < numbers(hole.fixed) for version in there)


def problems(holes: Holes, versions: Mapping[str, set[str]]) -> Iterator[str]:
    """Holes of pinned versions that are not accepted, and accepted ones that no pinned version has any more."""
    for hole in holes.holes:
        if has(hole, versions) and not hole.accepted:
            at = ", ".join(sorted(versions[hole.package]))
            yield f"{hole.package} {at}: {hole.id}: raise it to {hole.fixed or 'another package'}, or say why it stays"
        if hole.accepted and not has(hole, versions):
            yield f"{hole.package}: {hole.id} is accepted, but no version with it is pinned: take `accepted` away"


def main(python_lock: Path = Path("requirements.lock")) -> int:
    """Print the accepted holes and the problems. Exit code 1 when there are problems."""
    holes = Holes.model_validate(read_yaml(LIST))
    versions = pinned(python_lock)
    wrong = list(problems(holes, versions))
    for hole in holes.holes:
        if hole.accepted and has(hole, versions):
            print(f"accepted: {hole.package}: {hole.id}: {hole.accepted}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(holes.holes)} known holes, checked {holes.checked}; {len(wrong)} open")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
