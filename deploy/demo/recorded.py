"""Recorded files of the demo: replaces their placeholders, and determines the media type of a file.

{{base}}        the server's address, http://127.0.0.1:PORT
{{rfc822:H}}    the time H hours before the server started, in RSS's format; H may be a decimal fraction
{{iso:H}}       the same in ISO 8601 (Atom, JSON Feed, <meta>, <time>)
{{long_en:H}}   the same for readers: November 24, 2026; {{long_es:H}}: 24 de noviembre de 2026
"""

import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

CONTENT_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".json": "application/feed+json",
    "atom.xml": "application/atom+xml",
    ".xml": "application/rss+xml",
}
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MONTHS_ES = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
PLACEHOLDER = re.compile(rb"\{\{(base|rfc822|iso|long_en|long_es)(?::([0-9.]+))?\}\}")
CHARSET = re.compile(rb"""(?:encoding=|charset=)["']?([A-Za-z0-9_-]+)""")


def render(source: bytes, base: str, now: datetime) -> bytes:
    """Replace the placeholders of a recorded file. Raises ValueError for a date without its hours."""

    def value(match: re.Match[bytes]) -> bytes:
        name = match[1].decode()
        if name == "base":
            return base.encode()
        if match[2] is None:
            raise ValueError(f"{{{{{name}}}}} lacks its hours: write {{{{{name}:3}}}}")
        return date_text(name, now - timedelta(hours=float(match[2]))).encode()

    return PLACEHOLDER.sub(value, source)


def date_text(form: str, when: datetime) -> str:
    """A date as text. `form` is rfc822, iso, long_en or long_es."""
    if form == "rfc822":
        return format_datetime(when)
    if form == "iso":
        return when.isoformat(timespec="seconds")
    if form == "long_en":
        return f"{MONTHS_EN[when.month - 1]} {when.day}, {when.year}"
    return f"{when.day} de {MONTHS_ES[when.month - 1]} de {when.year}"


def content_type(path: Path, body: bytes) -> str:
    """The media type by the file's name (HTML by its doctype), with the charset that the file itself declares."""
    kind = CONTENT_TYPES.get(path.name) or CONTENT_TYPES.get(path.suffix, "application/octet-stream")
    if body.lstrip()[:9].lower() == b"<!doctype":
        kind = "text/html"
    declared = CHARSET.search(body[:1000])
    return f"{kind}; charset={declared[1].decode()}" if declared else kind
