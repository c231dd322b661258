"""A feed server for measuring, a process of its own: its CPU is not that of whoever is measured.

`/same/N` has an ETag and answers 304 to it; `/grow/N` shows another new entry at each request. Prints its port.
"""

import asyncio
import hashlib
from collections import Counter

ENTRIES = 30
_WORDS = (
    "The spokesman said on Friday that officers at the bridge had found rifle parts in a lorry, and that the number of "
    "such finds had risen since spring, according to the customs house. "
)


def entry(feed: str, number: int) -> str:
    stamp = f"Mon, 02 Mar 2026 {number // 60 % 24:02}:{number % 60:02}:00 GMT"
    link = f"https://news.example/{feed}/{number}"
    text = f"<p>{_WORDS * 5}</p><p>Report {number} of {feed}. {_WORDS}</p>"
    return (
        f"<item><title>Officers stop shipment {number} of {feed}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{stamp}</pubDate><dc:creator>Desk {number % 7}</dc:creator><category>Border</category>"
        f"<description>{_WORDS}</description><content:encoded><![CDATA[{text}]]></content:encoded></item>"
    )


def body(feed: str, newest: int) -> bytes:
    items = "".join(entry(feed, number) for number in range(newest + ENTRIES, newest, -1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>{feed}</title>{items}</channel></rss>'
    ).encode()


class Site:
    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, _, fields = head.decode("latin-1").partition("\r\n")
                path = first.split(" ")[1]
                kind, _, feed = path.strip("/").partition("/")
                data = body(feed, self.hits[path] if kind == "grow" else 0)
                self.hits[path] += 1
                tag = f'"{hashlib.blake2b(data, digest_size=8).hexdigest()}"'
                same = f"if-none-match: {tag}" in fields.lower()
                status = "304 Not Modified" if same else "200 OK"
                writer.write(
                    f"HTTP/1.1 {status}\r\nETag: {tag}\r\nContent-Type: application/rss+xml\r\n"
                    f"Content-Length: {0 if same else len(data)}\r\n\r\n".encode()
                )
                writer.write(b"" if same else data)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def main() -> None:
    server = await asyncio.start_server(Site().serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
