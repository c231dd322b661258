"""Durations as people write them in settings, routes and on the command line: one format everywhere."""

import contextlib
import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

#: What every message about a wrong duration says is right.
RIGHT = "write 90s, 30m, 72h, 3d or ISO 8601, such as PT72H"
#: A longer one would lead to times before the first year.
LONGEST = timedelta(days=36500)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd])", re.ASCII)
_ISO = re.compile(r"P(?=.)(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?", re.ASCII)


def duration(text: object) -> timedelta:
    """ "72h", "30m", "90s", "3d", "1h30m" or ISO 8601 ("PT72H") → timedelta.

    Raises ValueError for anything else. A plain number is refused, because it has no unit.
    """
    if isinstance(text, timedelta):
        return text
    written = str(text).strip()
    if isinstance(text, int | float) or re.fullmatch(r"\d+(?:\.\d+)?", written, re.ASCII):
        raise ValueError(f"a duration needs a unit: {RIGHT}")
    found = None
    parts = _SHORT.findall(written)
    with contextlib.suppress(ValueError, OverflowError):  # larger than timedelta can hold
        if parts and "".join(number + unit for number, unit in parts) == written:
            found = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
        elif _ISO.fullmatch(written) and not written.endswith("T"):
            found = TypeAdapter(timedelta).validate_python(written)
    if found is None or found > LONGEST:
        raise ValueError(f"no duration: {RIGHT}")
    return found


def seconds(value: Any) -> float:
    """A duration in one of these forms, or a plain number of seconds → seconds. Raises ValueError."""
    if isinstance(value, str) and not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value.strip(), re.ASCII):
        return duration(value).total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"no duration: {RIGHT}, or a number of seconds")
    return float(value)


#: A setting that is a duration with a unit.
Duration = Annotated[timedelta, BeforeValidator(duration)]
#: A setting in seconds, which may also be written as a duration.
Seconds = Annotated[float, BeforeValidator(seconds)]
