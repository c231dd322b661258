"""Network streams for httpcore on asyncio streams: half the work of httpcore's general ones, and closed at once."""

import asyncio
import ssl
from typing import Any

import httpcore


class Stream(httpcore.AsyncNetworkStream):
    """Reads and writes with timeouts in seconds. Raises httpcore's timeout and network exceptions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout(f"nothing came for {timeout:g} s") from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError:
            raise httpcore.WriteTimeout(f"nothing was taken for {timeout:g} s") from None
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no TLS handshake within {timeout:g} s") from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: the TLS object, and `is_readable`, by which it detects that the server closed."""
        if info == "is_readable":
            return self._reader.at_eof() or self._writer.is_closing()
        return self._writer.get_extra_info(info)


async def dial(address: str, port: int, timeout: float | None) -> Stream:
    """Connects to an IP address (no name resolution). Raises httpcore.ConnectTimeout and ConnectError."""
    try:
        async with asyncio.timeout(timeout):
            return Stream(*await asyncio.open_connection(address, port))
    except TimeoutError:
        raise httpcore.ConnectTimeout(f"{address}: no connection within {timeout:g} s") from None
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
