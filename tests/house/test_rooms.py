"""The rules of the house: which room may import which. Each rule is broken on purpose here, and must then be told."""

import importlib.metadata
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.house.imports import TOPS, circles, imports, modules, room
from tests.support.paths import ROOT

#: What all rooms of `deploy` may use.
BASE = "deploy.logs deploy.output deploy.config deploy.errors"
#: Room -> the rooms of its top-level package that it may import from. Its own room is always allowed; `may` has what is
#: allowed between the top-level packages. A star stands for every room. The files at the top of `connectors` are one
#: room, the base of the others; in `pipelines` and `deploy` such a file is a room of its own.
RULES: Mapping[str, str] = {
    "connectors": "",
    "connectors.web": "connectors",
    "connectors.formats": "connectors connectors.web",
    "connectors.feeds": "connectors connectors.web connectors.formats",
    "connectors.delivery": "connectors",
    "pipelines.errors": "",
    "pipelines.fit": "pipelines.errors",
    "pipelines.item": "pipelines.errors pipelines.fit",
    "pipelines.text": "pipelines.errors",
    "pipelines.guard": "",
    "pipelines.kafka": "pipelines.errors pipelines.guard pipelines.fit pipelines.item pipelines.text",
    "pipelines.newness": "pipelines.errors pipelines.item pipelines.text pipelines.kafka",
    "pipelines.clean": "pipelines.errors pipelines.item pipelines.text",
    "pipelines.topics": "pipelines.errors pipelines.item pipelines.text",
    "pipelines.statements": "pipelines.errors pipelines.item pipelines.text",
    "pipelines.*": "pipelines.*",
    "deploy.logs": "",
    "deploy.output": "",
    "deploy.errors": "",
    "deploy.config": BASE,
    "deploy.machine": BASE,
    "deploy.jars": BASE,
    "deploy.guard": "deploy.jars",
    "deploy.engine": f"{BASE} deploy.machine deploy.jars deploy.guard",
    "deploy.metrics": f"{BASE} deploy.machine deploy.jars deploy.engine",
    "deploy.alerts": f"{BASE} deploy.machine deploy.jars deploy.engine deploy.metrics",
    "deploy.feeds": f"{BASE} deploy.machine",
    "deploy.page": f"{BASE} deploy.machine deploy.alerts deploy.feeds",
    "deploy.supervise": f"{BASE} deploy.machine deploy.jars deploy.engine deploy.metrics deploy.alerts",
    "deploy.*": "deploy.*",
}
#: A call that creates a client of kafka-python.
CLIENT = re.compile(r"\bKafka(Producer|Consumer|AdminClient)\(")
#: Our names at the top level; a library that brought a package of such a name would be imported in our place.
NAMES = {*TOPS, "tests"}


def may(importer: str, imported: str) -> bool:
    """Whether a room may import another: `schemas` is for all, `deploy` may import everything, else by RULES."""
    ours, theirs = importer.partition(".")[0], imported.partition(".")[0]
    if ours != theirs:
        return theirs == "schemas" or (ours == "deploy" and theirs in ("connectors", "pipelines"))
    rule = RULES.get(importer, RULES.get(f"{ours}.*", "")).split()
    return importer == imported or ours == "schemas" or imported in rule or f"{ours}.*" in rule


def broken(root: Path) -> Iterator[str]:
    """Imports that no rule allows, and circles of files."""
    graph = imports(root)
    for module, others in graph.items():
        for other, line in others.items():
            if not may(room(module), room(other)):
                yield f"{module} line {line}: {room(module)} may not import {room(other)}"
    yield from (f"circle: {' -> '.join(circle)}" for circle in circles(graph))


def test_every_import_keeps_the_rules() -> None:
    assert list(broken(ROOT)) == []


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        ("schemas/feed.py", "from connectors import errors", "may not import connectors"),
        ("connectors/errors.py", "from pipelines import item", "may not import pipelines.item"),
        ("pipelines/item.py", "from connectors import errors", "may not import connectors"),
        ("connectors/web/fetcher.py", "from connectors.formats import hints", "may not import connectors.formats"),
        ("connectors/formats/parse.py", "from connectors.feeds import poll", "may not import connectors.feeds"),
        ("connectors/delivery/routes.py", "from connectors.web import fetcher", "may not import connectors.web"),
        ("pipelines/text/language.py", "from pipelines.newness import judge", "may not import pipelines.newness"),
        ("pipelines/clean/article.py", "from pipelines.topics import check", "may not import pipelines.topics"),
        ("pipelines/topics/check.py", "from pipelines import news", "may not import pipelines.news"),
        ("deploy/machine/process.py", "from deploy.engine import broker", "may not import deploy.engine"),
        ("deploy/engine/broker.py", "from deploy.metrics import health", "may not import deploy.metrics"),
        ("deploy/metrics/health.py", "from deploy.alerts import marks", "may not import deploy.alerts"),
        ("deploy/alerts/marks.py", "from deploy.supervise import run", "may not import deploy.supervise"),
        ("deploy/supervise/run.py", "from deploy.cli import parser", "may not import deploy.cli"),
        ("connectors/errors.py", "def f():\n    from deploy import config", "may not import deploy.config"),
        ("connectors/feeds/changes.py", "from connectors.feeds import decide", "circle: connectors.feeds.changes"),
    ],
)
def test_an_import_that_breaks_a_rule_is_told(file: str, line: str, told: str, tmp_path: Path) -> None:
    for top in TOPS:
        shutil.copytree(ROOT / top, tmp_path / top, ignore=lambda _, names: [n for n in names if _dull(n)])
    changed = tmp_path / file
    changed.write_text(changed.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    assert any(told in problem for problem in broken(tmp_path))


def _dull(name: str) -> bool:
    return "." in name and not name.endswith(".py")


def test_kafka_clients_are_created_in_one_place() -> None:
    """So that all have the settings' security, acknowledgement and limits. The tests ask that place for theirs too."""
    files = [file for top in (*TOPS, "tests") for file in (ROOT / top).rglob("*.py")]
    assert [str(file.relative_to(ROOT)) for file in files if CLIENT.search(file.read_text(encoding="utf-8"))] == [
        "schemas/kafka/clients.py",
        "schemas/kafka/sound_consumer.py",
    ]


def test_every_rule_is_about_a_room_that_is_there() -> None:
    rooms = {room(module) for module in modules(ROOT)}
    assert {name for name in RULES if not name.endswith("*")} <= rooms


def test_every_package_is_listed_in_setup_py() -> None:
    written = (ROOT / "setup.py").read_text(encoding="utf-8")
    packages = {name for name, file in modules(ROOT).items() if file.name == "__init__.py"}
    assert [name for name in sorted(packages) if f'"{name}"' not in written] == []


def test_every_folder_with_code_is_a_package() -> None:
    folders = {file.parent for file in modules(ROOT).values()}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_installed_distribution_has_a_package_of_one_of_our_names() -> None:
    shadowing = {
        f"{distribution.name}: {file}"
        for distribution in importlib.metadata.distributions()
        if distribution.name != "borderwire"
        for file in distribution.files or ()
        if file.parts[0].removesuffix(".py") in NAMES
    }
    assert not shadowing


def test_each_room_says_what_is_in_it() -> None:
    packages = sorted(path for top in TOPS for path in (ROOT / top).rglob("__init__.py"))
    assert len(packages) > 30
    assert [str(path.relative_to(ROOT)) for path in packages if '"""' not in path.read_text(encoding="utf-8")[:3]] == []
