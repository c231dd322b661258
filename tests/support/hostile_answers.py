"""How the servers of publishers and attackers answer: one function for each behaviour that needs one."""

import asyncio

from tests.support.hostile_server import item, numbered, rss


async def byte_a_second(request) -> None:
    await request.head(200, {"Content-Length": "100000"})
    for _ in range(100):
        request.writer.write(b"<")
        await request.writer.drain()
        await asyncio.sleep(1)


async def silent(request) -> None:
    await asyncio.sleep(3600)


async def silent_after_head(request) -> None:
    await request.head(200, {"Content-Length": "100000"})
    await asyncio.sleep(3600)


async def headers_a_second(request) -> None:
    request.writer.write(b"HTTP/1.1 200 X\r\n")
    for number in range(100):
        request.writer.write(f"X-{number}: y\r\n".encode())
        await request.writer.drain()
        await asyncio.sleep(1)


async def endless_headers(request) -> None:
    request.writer.write(b"HTTP/1.1 200 X\r\n")
    while not request.writer.is_closing():
        request.writer.write(b"X-Filler: " + b"y" * 4000 + b"\r\n")
        await request.writer.drain()


async def no_http(request) -> None:
    request.writer.write(b"\x00\xff\x00 no HTTP at all\r\n\r\n")


async def old_http(request) -> None:
    """HTTP/1.0 without a length: the body ends with the connection."""
    request.writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + numbered(2).encode())


async def chunked(request) -> None:
    await request.head(200, {"Transfer-Encoding": "chunked"})
    body = numbered(2).encode()
    for part in (body[:100], body[100:]):
        request.writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    request.writer.write(b"0\r\n\r\n")


async def endless(request) -> None:
    await request.head(200, {"Content-Type": "application/rss+xml"})
    while not request.writer.is_closing():
        request.writer.write(b"<item>" * 1000)
        await request.writer.drain()


async def reset(request) -> None:
    request.writer.transport.abort()


async def half(request) -> None:
    await request.head(200, {"Content-Length": "9999"})
    request.writer.write(numbered(3).encode()[:300])


async def circle(request) -> None:
    await request.answer(302, Location="/redirects-in-a-circle")


async def ladder(request) -> None:
    await request.answer(302, Location=f"/redirects-without-end?{request.hit}")


async def lying_etag(request) -> None:
    """The ETag never changes; whoever believes it sees the first body for ever."""
    if request.headers.get("if-none-match") == '"same"':
        await request.answer(304, ETag='"same"')
    else:
        await request.answer(200, numbered(5, request.hit), ETag='"same"')


async def lying_date(request) -> None:
    if "if-modified-since" in request.headers:
        await request.answer(304)
    else:
        await request.answer(200, numbered(5, request.hit), Last_Modified="Mon, 02 Mar 2026 10:00:00 GMT")


async def churn(request) -> None:
    old = "<guid>https://example.org/story/"
    entries = (item(n).replace(old, f"<guid>hit-number-{request.hit}-") for n in range(5))
    await request.answer(200, rss(*entries))


async def no_guids(request) -> None:
    entries = (item(n).replace(f"<guid>https://example.org/story/{n}</guid>", "") for n in range(5))
    await request.answer(200, rss(f"<!-- {request.hit} -->", *entries))


async def tracking_links(request) -> None:
    """Another tracking parameter in each link at each poll."""
    entries = (item(n).replace("</link>", f"?utm_campaign=c{request.hit}</link>") for n in range(5))
    await request.answer(200, rss(*entries))


async def dates_of_now(request) -> None:
    """Every entry claims to be of this very moment, at every poll."""
    await request.answer(200, rss(*(item(n, date=f"Mon, 02 Mar 2026 11:{request.hit:02}:00 GMT") for n in range(5))))


async def shuffled(request) -> None:
    numbers = list(range(8))
    await request.answer(200, rss(*(item(n) for n in numbers[request.hit % 8 :] + numbers[: request.hit % 8])))


async def two_caches(request) -> None:
    """Two servers behind one name, one of them a version behind."""
    await request.answer(200, numbered(6 + request.hit % 2, 1))


async def edited_to_and_fro(request) -> None:
    words = ("The officers said that nine rifles were found.", "The officers said that seven rifles were found.")
    await request.answer(200, rss(item(1, text=words[request.hit % 2])))


async def cookies_needed(request) -> None:
    await request.answer(302, Location=f"/cookies-needed?{request.hit}", Set_Cookie="seen=1")
