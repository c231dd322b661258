"""Reads parts of a request: parameters, a form, conditions."""

from datetime import datetime
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from connectors.http_headers import http_date
from deploy.page.query import OTHER, UnknownValue

#: Limits of a form: bytes, and number of fields.
LONGEST_FORM, MOST_FIELDS = 10_000, 10


def only(request: Request, *names: str) -> None:
    """Raises UnknownValue for a parameter that this view does not have."""
    for name in request.query_params:
        if name not in names:
            raise UnknownValue("filter", name[:100], [each for each in OTHER if each in names])


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises HTTPException for one that is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            raise HTTPException(413)
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


def unchanged(request: Request, tag: str, changed: datetime | None) -> bool:
    """Whether the client of a conditional GET has the current version.

    If-None-Match takes precedence over If-Modified-Since (RFC 9110, 13.2.2).
    """
    if wanted := request.headers.get("if-none-match"):
        return wanted == "*" or tag in (part.strip().removeprefix("W/") for part in wanted.split(","))
    since = http_date(request.headers.get("if-modified-since"))
    return since is not None and changed is not None and changed <= since
