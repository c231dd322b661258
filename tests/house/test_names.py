"""One public name, one meaning: a class or function whose name stands in several files is listed, with the reason."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.house.imports import modules
from tests.support.paths import ROOT

#: Name -> why it may be defined more than once.
SEVERAL: Mapping[str, str] = {
    "main": "what is run as `python -m …` begins there",
    "build": "a job's function, which lays it out on a pipeline; deploy/engine/job.py calls that of pipelines/news.py",
    "fold": "a word as it is compared: each room folds what it compares",
    "tag": "pipelines/pure_steps.py puts topics on an article, the taggers mark words; neither is seen by the other",
    "taxonomy": "the cached taxonomy, for the job and for files",
    "told": "one line of words for a figure, a log event or a reason",
    "plain": "markup away; of a title in connectors, of a line in pipelines, which do not know each other",
}


def test_every_public_name_has_one_meaning() -> None:
    places = public_names(ROOT)
    several = {name: files for name, files in places.items() if len(files) > 1 and name not in SEVERAL}
    assert several == {}


def test_the_list_has_no_name_that_needs_it_no_more() -> None:
    places = public_names(ROOT)
    assert [name for name in SEVERAL if len(places.get(name, [])) < 2] == []


def test_a_name_with_two_meanings_is_told(tmp_path: Path) -> None:
    for file, line in (("schemas/one.py", "class Place: ..."), ("deploy/alerts/two.py", "def Place(): ..."),
                       ("connectors/three.py", "def _Place(): ...")):  # fmt: skip
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(line, encoding="utf-8")
    assert public_names(tmp_path) == {"Place": ["schemas/one.py", "deploy/alerts/two.py"]}


def public_names(root: Path) -> dict[str, list[str]]:
    """Name -> files that define it at their top level. Those of the command line are named after its commands."""
    found = defaultdict(list)
    for module, file in modules(root).items():
        if module.startswith("deploy.cli."):
            continue
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith(
                "_"
            ):
                found[node.name].append(str(file.relative_to(root)))
    return dict(found)
