"""The server of bots over TLS: who does not come to the point is cut off."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from drawbridge.app.listening import listen, port_of
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.wire.http import WireAnswer, WireRequest
from tests.entrypoints.wire_server.test_sockets import Echo
from tests.kit.certificates import authority_and_server

ASK = b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n"


class Large:
    """Answers with more than fits into one record."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        assert address == "127.0.0.1"
        self.seen.append(request.path)
        return WireAnswer(200, b"x" * 200_000 + request.path, ())

    def hear_refused(self, code: str, address: str) -> None:
        """Nothing is counted."""


@asynccontextmanager
async def serving(folder: Path, large: Large) -> AsyncIterator[tuple[str, int]]:
    authority, context = authority_and_server(folder, "127.0.0.1")
    listener = listen("127.0.0.1", 0)
    server = WireServer([Served(listener, large, context)], handshake_within_s=1)
    await server.start()
    try:
        yield authority, port_of(listener)
    finally:
        await server.stop(5)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01", ASK % b"plain"])
async def test_a_handshake_that_does_not_come_or_is_none_is_cut_off(
    tmp_path: Path, said: bytes
) -> None:
    large = Large()
    async with serving(tmp_path, large) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        told = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    assert b"HTTP" not in told
    assert large.seen == []


async def test_requests_on_one_connection_are_answered_in_order_and_whole(tmp_path: Path) -> None:
    large = Large()
    async with serving(tmp_path, large) as (authority, port):
        context = ssl.create_default_context(cadata=authority)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, limit=1_000_000
        )
        writer.write(b"".join(ASK % it for it in (b"a", b"b", b"c")))
        for path in (b"/a", b"/b", b"/c"):
            told = await reader.readuntil(b"xx" + path)
            assert told.count(b"x") == 200_000
        writer.close()
        await writer.wait_closed()
    assert large.seen == [b"/a", b"/b", b"/c"]


async def test_who_says_goodbye_before_the_answer_ends_the_connection(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    large = Large()
    async with serving(tmp_path, large) as (authority, port):
        context = ssl.create_default_context(cadata=authority)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(ASK % b"a")
        writer.close()
        await writer.wait_closed()
        assert reader.at_eof()
    assert caplog.records == []


async def test_a_socket_over_tls_talks_as_any_other(tmp_path: Path) -> None:
    echo = Echo()
    authority, context = authority_and_server(tmp_path, "127.0.0.1")
    listener = listen("127.0.0.1", 0)
    server = WireServer([Served(listener, echo, context, echo)])
    await server.start()
    trusting = ssl.create_default_context(cadata=authority)
    try:
        address = f"wss://127.0.0.1:{port_of(listener)}/"
        async with connect(address, ssl=trusting, proxy=None) as opened:
            await opened.send("x" * 60_000)
            assert await opened.recv() == "x" * 60_000
        assert opened.close_code == 1000
        await asyncio.wait_for(echo.ended.wait(), 5)
    finally:
        await server.stop(5)
