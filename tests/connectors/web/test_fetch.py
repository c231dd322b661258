"""HTTP with hostile servers: every limit holds, every refusal has its kind, no forbidden address is contacted."""

import asyncio
import gzip
import pickle
import ssl
import zlib

import brotli
import pytest
import zstandard
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from connectors.errors import FetchError
from connectors.web.content_codings import decoded
from connectors.web.fetcher import Fetcher, Response
from tests.support import fake_time
from tests.support.certificates import self_signed
from tests.support.hostile_answers import byte_a_second, endless_headers, no_http, reset, silent
from tests.support.hostile_server import HostileServer, always, settings


def get(path: str, resolve=None, used=None, **behaviours) -> Response:
    """One GET of a behaviour. `{port}` in the path stands for the server's port."""

    async def scene() -> Response:
        async with HostileServer(**behaviours) as server:
            more = {"resolve": resolve} if resolve else {}
            async with Fetcher((used or settings()).connectors, **more) as fetcher:
                port = server.base.rpartition(":")[2]
                url = path.format(port=port) if "://" in path else f"{server.base}/{path}"
                return await fetcher.get(url)

    return fake_time.run(scene())


def refused(path: str, **given) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(path, **given)
    return caught.value


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress),
        ("zstd", zstandard.compress), ("identity", bytes), ("gzip, br", lambda d: brotli.compress(gzip.compress(d))),
        ("deflate", lambda d: zlib.compress(d, wbits=-15)), ("", gzip.compress), ("gzip", lambda d: b"<p>" + d),
    ],
)  # fmt: skip
def test_codings_are_undone(coding, pack):
    data = b"word " * 1000
    assert decoded(pack(data), coding, 10_000).removeprefix(b"<p>") == data


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress), ("deflate", zlib.compress)],
)
def test_bombs_stop_at_the_limit(coding, pack):
    bomb = pack(b"\0" * 20_000_000)
    with pytest.raises(FetchError, match="too-large"):
        decoded(bomb, coding, 100_000)
    with pytest.raises(FetchError, match="too-large"):
        decoded(gzip.compress(bomb), f"{coding}, gzip", 100_000)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "klingon", "gzip, gzip, gzip, gzip"])
def test_broken_codings_are_told(coding):
    with pytest.raises(FetchError, match="bad-encoding"):
        decoded(b"no such thing at all", coding, 1000)


def test_a_gzip_body_cut_short_is_told():
    with pytest.raises(FetchError, match="cut short"):
        decoded(gzip.compress(bytes(range(256)) * 20)[:-30], "gzip", 100_000)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_loopback_is_refused_however_it_is_written(host):
    assert refused(f"http://{host}:{{port}}/x", used=settings(allow_networks=())).kind == "refused-address"


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://[fd00::1]/", "http://10.0.0.1:9092/"])
def test_a_redirect_to_a_private_address_is_refused(target):
    assert refused("x", x=always("", 302, Location=target)).kind == "refused-address"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://e.org/", "gopher://x/", "javascript:1", "data:,x"])
def test_a_redirect_to_another_scheme_is_refused(target):
    assert refused("x", x=always("", 302, Location=target)).kind == "refused-url"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://e.org/f", "http://", "nonsense", "http://[::1"])
def test_only_http_and_https_are_asked(url):
    assert refused(url if "://" in url else "x://" + url).kind == "refused-url"


def test_a_name_is_resolved_once_and_only_what_was_checked_is_dialled():
    """DNS that answers differently the second time (rebinding) gets no second time."""
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    assert get("http://feed.example:{port}/x", resolve, x=always("fine")).body == b"fine"
    assert asked == ["feed.example"]


def test_of_several_addresses_only_the_allowed_are_dialled():
    async def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.1", "fd00::1", "127.0.0.1"]

    assert get("http://feed.example:{port}/x", resolve, x=always("fine")).body == b"fine"


def test_a_name_that_turns_private_between_two_requests_is_refused():
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    async def move(request) -> None:
        await request.answer(302, Location=f"http://other.example:{request.base.rpartition(':')[2]}/x")

    assert refused("http://feed.example:{port}/move", resolve=resolve, move=move).kind == "refused-address"


def test_unknown_names_are_a_kind_of_their_own():
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    assert refused("http://feed.example/x", resolve=resolve).kind == "dns"


async def endless(request) -> None:
    await request.head(200, {"Transfer-Encoding": "chunked"})
    while not request.writer.is_closing():
        request.writer.write(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")
        await request.writer.drain()


async def cut(request) -> None:
    await request.head(200, {"Content-Length": "100000"})
    request.writer.write(b"<rss")


async def chain(request) -> None:
    await request.answer(302, Location=f"/chain?{request.hit}")


@pytest.mark.parametrize(
    ("name", "behaviour", "kind"),
    [
        ("drip", byte_a_second, "timeout"), ("silent", silent, "timeout"), ("endless", endless, "too-large"),
        ("endless-headers", endless_headers, "protocol"), ("reset", reset, "connect|protocol"),
        ("cut", cut, "protocol"),
        ("garbage", no_http, "protocol"), ("chain", chain, "redirects"),
        ("circle", always("", 301, Location="/circle"), "redirects"),
        ("lies", always("", 200, Content_Length="99999999"), "too-large"),
        ("bomb", always(gzip.compress(b"\0" * 9_000_000), Content_Encoding="gzip"), "too-large"),
    ],
)  # fmt: skip
def test_what_servers_do(name, behaviour, kind):
    assert refused(name, **{name.replace("-", "_"): behaviour}).kind in kind.split("|")


def test_tls_errors_are_told_from_others():
    assert refused("https://127.0.0.1:{port}/x", x=always("")).kind == "tls"


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    context = self_signed(tmp_path)

    async def scene() -> str:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        async with Fetcher(settings().connectors) as fetcher:
            try:
                await fetcher.get(f"https://127.0.0.1:{port}/")
            except FetchError as error:
                return str(error)
            finally:
                server.close()
        return ""

    assert "CERTIFICATE_VERIFY_FAILED" in fake_time.run(scene())


def test_http_2_is_spoken_where_it_is_offered(tmp_path):
    """A server that knows nothing but HTTP/2, under a certificate that is vouched for."""
    offered = self_signed(tmp_path)
    offered.set_alpn_protocols(["h2"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    connection.send_headers(event.stream_id, [(":status", "200"), ("content-encoding", "br")])
                    connection.send_data(event.stream_id, brotli.compress(b"word " * 9000), end_stream=True)
            writer.write(connection.data_to_send())
        writer.close()

    async def scene() -> Response:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=offered)
        trusting = ssl.create_default_context(cafile=tmp_path / "both.pem")
        async with server, Fetcher(settings().connectors, tls=trusting) as fetcher:
            return await fetcher.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed")

    answer = asyncio.run(scene())
    assert answer.protocol == "HTTP/2" and answer.body == b"word " * 9000


def test_who_asks_is_said_truly():
    async def scene() -> dict[str, str]:
        used = settings(contact="https://o.example").connectors
        async with HostileServer(x=always("")) as server, Fetcher(used) as fetcher:
            await fetcher.get(f"http://user:secret@{server.base.removeprefix('http://')}/x")
            return server.requests[0][1]

    sent = fake_time.run(scene())
    assert sent["user-agent"].startswith("Borderwire/") and "https://o.example" in sent["user-agent"]
    assert "zstd" in sent["accept-encoding"] and "authorization" not in sent


def test_permanent_redirects_are_told_and_temporary_ones_are_not():
    async def first(request) -> None:
        await request.answer(301, Location="/second")

    async def second(request) -> None:
        await request.answer(308, Location="/third")

    async def third(request) -> None:
        await request.answer(302, Location="/end")

    answer = get("first", first=first, second=second, third=third, end=always("here"))
    assert answer.body == b"here" and answer.url.endswith("/end")
    assert answer.permanent and answer.permanent.endswith("/third")
    assert get("third", third=third, end=always("here")).permanent is None


def test_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(FetchError("dns", "no such name")))
    assert (error.kind, error.detail, str(error)) == ("dns", "no such name", "dns: no such name")
