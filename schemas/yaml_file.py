"""Reads YAML files that people write. Any problem with a file gives one clear error."""

from pathlib import Path
from typing import Any

import yaml

#: Largest file in bytes. Settings and feed lists have some thousands.
LONGEST = 10_000_000
#: Deepest nesting. libyaml calls itself for each level and would end the process with a segmentation fault.
DEEPEST = 100
#: libyaml, ten times as fast, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadYaml(ValueError):
    """The file cannot be used. The message is one line: the file, what is wrong, what would be right."""

    mistake = True


def read_yaml(path: Path) -> Any:
    """What the file holds, by YAML's safe types. Raises BadYaml."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise BadYaml(f"{path}: {error.strerror or error}: name a file that can be read") from None
    except ValueError as error:
        raise BadYaml(f"{str(path)!r}: {error}: name a file that can be read") from None
    if len(data) > LONGEST:
        raise BadYaml(f"{path}: more than {LONGEST} bytes: name a YAML file")
    try:
        text = data.decode("utf-8-sig")
        if _depth(text) > DEEPEST:
            raise BadYaml(f"{path}: no YAML: nested deeper than {DEEPEST} levels")
        return yaml.load(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        raise BadYaml(f"{path}: no YAML: byte {error.start} is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadYaml(f"{path}: no YAML: {where}{_short(getattr(error, 'problem', None) or error)}") from None
    except RecursionError:
        raise BadYaml(f"{path}: no YAML: nested too deep") from None
    except BadYaml:
        raise
    except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError) as error:
        raise BadYaml(f"{path}: a value that cannot be, such as the 31st of February: {_short(error)}") from None


def _depth(text: str) -> int:
    """How deep lists and mappings are nested. Raises yaml.YAMLError."""
    depth = deepest = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if (deepest := max(deepest, depth)) > DEEPEST:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _short(told: object) -> str:
    return " ".join(str(told).split())[:200]
