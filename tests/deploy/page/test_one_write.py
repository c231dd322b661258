"""Head and body of a response leave with one system call, in order, also where the connection ends."""

import asyncio
from typing import Any

import httpx

from deploy.page.one_write import OneWrite
from tests.support.page_site import site


class Line:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ended = ""

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def get_extra_info(self, name: str) -> str:
        return f"{name}?"


def written(go: Any) -> Line:
    """The line after `go` wrote to it, and the turn of the event loop is over."""
    line = Line()

    async def turn() -> None:
        go(OneWrite(line, asyncio.get_running_loop()))  # type: ignore[arg-type]
        await asyncio.sleep(0)

    asyncio.run(turn())
    return line


def test_what_is_written_in_one_turn_is_sent_at_once_and_in_order() -> None:
    assert written(lambda to: (to.write(b"head "), to.write(b"body"))).sent == [b"head body"]
    assert written(lambda to: (to.write(b"a"), to.flush(), to.flush(), to.write(b"b"))).sent == [b"a", b"b"]


def test_closing_sends_what_was_written_and_aborting_does_not() -> None:
    closed, aborted = written(lambda to: (to.write(b"a"), to.close())), written(lambda to: (to.write(b"a"), to.abort()))
    assert (closed.sent, closed.ended) == ([b"a"], "closed")
    assert (aborted.sent, aborted.ended) == ([], "aborted")


def test_all_else_is_the_transports_own() -> None:
    found: list[str] = []
    written(lambda to: found.append(to.get_extra_info("peername")))
    assert found == ["peername?"]


def test_a_large_file_arrives_whole() -> None:
    with site() as page:
        script = httpx.get(page.base + "/static/style.css")
        assert len(script.content) == int(script.headers["content-length"]) > 5000
