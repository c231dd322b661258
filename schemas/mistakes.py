"""Says in plain words what is wrong with a value in a file that a person writes."""

import re
import reprlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

#: Kind of pydantic's error → what would be right. `{…}` is filled from the error's context.
_RIGHT = {
    "int": "it must be a whole number", "float": "it must be a number", "decimal": "it must be a number",
    "bool": "it must be true or false", "string": "it must be a text", "bytes": "it must be a text",
    "list": "it must be a list", "tuple": "it must be a list", "set": "it must be a list",
    "dict": "it must be a mapping", "mapping": "it must be a mapping", "model": "it must be a mapping",
    "path": "it must be a path", "date": "it must be a date such as 2026-11-24",
    "datetime": "it must be a time such as 2026-11-24T08:00:00Z",
    "time": "it must be a time of day such as '22:00'", "time_delta": "it must be a duration such as 72h",
    "ip": "it must be a network such as 10.1.0.0/16", "url": "it must be an http or https address",
    "missing": "it is missing", "none": "it must be empty", "finite": "it must be a finite number",
    "greater_than_equal": "it must be at least {ge}", "greater_than": "it must be more than {gt}",
    "less_than_equal": "it must be at most {le}", "less_than": "it must be less than {lt}",
    "literal_error": "it must be one of {expected}", "enum": "it must be one of {expected}",
    "string_pattern_mismatch": "it must match {pattern}", "string_too_long": "it must be shorter",
    "string_too_short": "it must be longer", "too_short": "it needs at least {min_length}",
    "too_long": "it may have at most {max_length}", "multiple_of": "it must be a multiple of {multiple_of}",
}  # fmt: skip
_TIMEDELTA = re.compile(r"datetime\.timedelta\((?:days=(\d{1,9}))?(?:, )?(?:seconds=(\d{1,9})|0)?\)", re.ASCII)
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 80
#: Aliases let a small YAML file hold lists in lists with billions of members.
_SHOWN.maxlevel = 3
#: The longest that is shown of a value, in characters.
_MOST = 200


def mistakes(error: ValidationError, secret: bool = False) -> list[str]:
    """One line for each wrong field: its name, its value (unless `secret`) and what would be right."""
    problems = error.errors(include_url=False)
    return list(dict.fromkeys(mistake(problem, secret) for problem in problems))


def mistake(problem: Mapping[str, Any], secret: bool = False) -> str:
    """One line about one of pydantic's problems."""
    field = field_of(problem["loc"])
    before = f"{field}: " if field else ""
    if problem["type"] == "extra_forbidden":
        return f"{before}no such setting: remove it or correct its name"
    if problem["type"] == "missing":
        return f"{before}it is missing"
    if problem["input"] is None:
        return f"{before}it has no value: write one, or remove the line"
    value = "" if secret else f"{value_shown(problem['input'])} is not valid: "
    return f"{before}{value}{right(problem)}"


def value_shown(value: object) -> str:
    """A wrong value, shortened so that a message with it stays one readable line."""
    text = _SHOWN.repr(value)
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def right(problem: Mapping[str, Any]) -> str:
    """What would be right in the place of the value."""
    kind, context = problem["type"], problem.get("ctx") or {}
    if kind in ("value_error", "assertion_error"):
        return " ".join(str(context.get("error", problem["msg"])).split())
    named = next((name for name in sorted(_RIGHT, key=len, reverse=True) if kind.startswith(name)), None)
    if named is None:
        return str(problem["msg"]).replace("Input should be", "it must be").replace("Value error, ", "")
    return _RIGHT[named].format_map({name: _written(value) for name, value in context.items()})


def _written(value: object) -> str:
    """A limit as a person would write it. pydantic gives some as the text of a timedelta."""
    if found := _TIMEDELTA.fullmatch(str(value)):
        return f"{int(found[1] or 0) * 86400 + int(found[2] or 0)}s"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return str(value)


def field_of(place: tuple[Any, ...]) -> str:
    """The dotted name of a field. Left out are the parts that pydantic adds for types, such as `lax-or-strict[…]`."""
    return ".".join(str(part) for part in place if not str(part).endswith(("]", "()")) and str(part) != "[key]")[:200]
