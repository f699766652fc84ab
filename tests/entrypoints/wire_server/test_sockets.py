"""WebSockets over real connections: the handshake, bounds, breaches of the protocol, the end.

The client is an independent one where it can be, and bytes where no client would send them.
"""

import asyncio
import base64
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from drawbridge.app.listening import listen, port_of
from drawbridge.entrypoints.wire_server import sockets
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.entrypoints.wire_server.sockets import Socket, Talking
from drawbridge.wire.http import WireAnswer, WireRequest

KEY = base64.b64encode(b"k" * 16)
MASK = b"\x01\x02\x03\x04"
TEXT, BINARY, CONT, CLOSE, PING = 1, 2, 0, 8, 9


class Echo:
    """Says back what it hears; refuses one path, breaks on another, floods on a third."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.ended = asyncio.Event()
        self.socket: Socket | None = None
        self.path = b""

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        assert address == "127.0.0.1"
        return WireAnswer(200, request.path)

    def hear_refused(self, code: str, address: str) -> None:
        assert address == "127.0.0.1"
        self.refused.append(code)

    async def open_socket(self, request: WireRequest, address: str) -> Talking | WireAnswer:
        assert address == "127.0.0.1"
        self.path = request.path
        if request.path == b"/closed":
            return WireAnswer(403, b"no")
        if request.path == b"/broken":
            message = "planted-secret-text"
            raise RuntimeError(message)
        return self

    def answer_by_path(self, socket: Socket) -> None:
        if self.path == b"/breaks":
            message = "planted-secret-text"
            raise RuntimeError(message)
        while self.path == b"/floods" and socket.is_open:
            socket.send("x" * 65_536)

    async def talk(self, socket: Socket) -> None:
        self.socket = socket
        try:
            while (frame := await socket.receive()) is not None:
                self.answer_by_path(socket)
                socket.send(frame)
        finally:
            self.ended.set()


@asynccontextmanager
async def serving(echo: Echo, *, opens: bool = True) -> AsyncIterator[tuple[WireServer, int]]:
    listener = listen("127.0.0.1", 0)
    server = WireServer([Served(listener, echo, opening=echo if opens else None)])
    await server.start()
    try:
        yield server, port_of(listener)
    finally:
        await server.stop(5)


@asynccontextmanager
async def client(port: int, path: str = "/", **how: Any) -> AsyncIterator[ClientConnection]:  # noqa: ANN401  how a client opens
    async with connect(f"ws://127.0.0.1:{port}{path}", proxy=None, **how) as opened:
        yield opened


def handshake(first: bytes = b"GET / HTTP/1.1", **changed: bytes | None) -> bytes:
    """Write a handshake, with headers changed or (None) left out."""
    headers: dict[str, bytes | None] = {
        "host": b"h",
        "upgrade": b"websocket",
        "connection": b"keep-alive, Upgrade",
        "sec_websocket_key": KEY,
        "sec_websocket_version": b"13",
        **changed,
    }
    lines = [
        b"%b: %b" % (name.replace("_", "-").encode(), value)
        for name, value in headers.items()
        if value is not None
    ]
    return b"\r\n".join([first, *lines]) + b"\r\n\r\n"


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """Write a frame as a client does, or as none should."""
    head = bytes([opcode | (0x80 if fin else 0)])
    size, bit = len(data), 0x80 if masked else 0
    if size < 126:
        head += bytes([size | bit])
    elif size < 65_536:
        head += bytes([126 | bit]) + struct.pack("!H", size)
    else:
        head += bytes([127 | bit]) + struct.pack("!Q", size)
    if not masked:
        return head + data
    return head + MASK + bytes(byte ^ MASK[place % 4] for place, byte in enumerate(data))


async def talk(port: int, *pieces: bytes) -> bytes:
    """Say it piece by piece, and give all that was said back until the end.

    A goodbye is answered by one, as clients do.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = b""
    for place, piece in enumerate(pieces):
        writer.write(piece)
        await writer.drain()
        if not place and len(pieces) > 1:
            told = await reader.readuntil(b"\r\n\r\n")
    async with asyncio.timeout(10):
        while data := await reader.read(65_536):
            told += data
            if bytes([0x88]) in data and len(pieces) > 1:
                writer.write(frame(CLOSE))
    writer.close()
    return told


async def test_an_independent_client_talks_and_says_goodbye() -> None:
    echo = Echo()
    async with serving(echo) as (_, port):
        async with client(port, "/a/b") as opened:
            await opened.send("grüße")
            assert await opened.recv() == "grüße"
            await opened.send([b"in", b" two", b" parts"])
            assert await opened.recv() == b"in two parts"
            assert opened.protocol.extensions == []
        assert opened.close_code == 1000
        await asyncio.wait_for(echo.ended.wait(), 5)
    assert echo.path == b"/a/b"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (handshake(b"POST / HTTP/1.1"), "upgrade_not_taken"),
        (handshake(b"GET / HTTP/1.0"), "upgrade_not_taken"),
        (handshake(upgrade=b"h2c"), "upgrade_not_taken"),
        (handshake(connection=b"keep-alive"), "upgrade_not_taken"),
        (handshake(sec_websocket_version=b"8"), "upgrade_not_taken"),
        (handshake(sec_websocket_version=None), "upgrade_not_taken"),
        (handshake(sec_websocket_key=None), "upgrade_not_taken"),
        (handshake(sec_websocket_key=b"c2hvcnQ="), "upgrade_not_taken"),
        (handshake(sec_websocket_key=b"not base64 at all =="), "upgrade_not_taken"),
        (handshake(content_length=b"0"), "upgrade_not_taken"),
        (handshake(transfer_encoding=b"chunked"), "upgrade_not_taken"),
        (handshake(origin=b"https://evil.example"), "upgrade_not_taken"),
        (handshake(origin=b"null"), "upgrade_not_taken"),
        (handshake(origin=b"http://h@evil.example"), "upgrade_not_taken"),
        (handshake(host=b"h\r\nSec-WebSocket-Key: " + KEY), "header_twice"),
        (handshake() + frame(TEXT, b"too early"), "too_early"),
        (handshake() + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "too_early"),
    ],
)
async def test_what_is_no_handshake_opens_nothing(sent: bytes, code: str) -> None:
    echo = Echo()
    async with serving(echo) as (_, port):
        told = await talk(port, sent)
    assert b" 101 " not in told
    assert told.split(b" ")[1] in {b"400", b"501"}
    assert echo.refused == [code]
    assert echo.socket is None


async def test_requests_before_a_handshake_are_answered_and_after_it_come_frames() -> None:
    async with serving(Echo()) as (_, port):
        asked = b"GET /first HTTP/1.1\r\nHost: h\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asked + handshake())
        assert b"/first" in await reader.readuntil(b"/first")
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(TEXT, b"hi"))
        assert await reader.readexactly(4) == b"\x81\x02hi"
        writer.close()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(TEXT, b"hi", masked=False), 1002),
        (bytes([0xC1]) + frame(TEXT, b"hi")[1:], 1002),
        (frame(3, b"hi"), 1002),
        (frame(CONT, b"hi"), 1002),
        (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, struct.pack("!H", 999)), 1002),
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(BINARY, b"x" * (sockets.MOST_MESSAGE_BYTES + 1)), 1009),
        (frame(TEXT, b"x" * 40_000, fin=False) + frame(CONT, b"x" * 40_000), 1009),
        (frame(TEXT, b"x", fin=False) + frame(CONT, fin=False) * 70, 1009),
        (frame(PING, b"x") * 2_100, 1008),
        (frame(TEXT, b"x") * 2_100, 1008),
    ],
)
async def test_who_breaks_the_rules_is_told_which_and_ended(frames: bytes, code: int) -> None:
    echo = Echo()
    async with serving(echo) as (_, port):
        told = await talk(port, handshake(), frames)
        assert struct.pack("!H", code) in told[-140:]
        await asyncio.wait_for(echo.ended.wait(), 5)


async def test_a_length_that_nobody_sends_is_refused_before_it_is_waited_for() -> None:
    async with serving(Echo()) as (_, port):
        told = await talk(port, handshake(), b"\x82\xff" + struct.pack("!Q", 1 << 62) + MASK)
    assert struct.pack("!H", 1009) in told


async def test_who_reads_nothing_is_cut_off_and_nobody_waits_for_it() -> None:
    echo = Echo()
    async with serving(echo) as (_, port), client(port, "/floods") as opened:
        opened.transport.pause_reading()
        await opened.send("begin")
        await asyncio.wait_for(echo.ended.wait(), 10)
        assert echo.socket is not None
        assert echo.socket.code == sockets.POLICY
        opened.transport.abort()


async def test_who_is_silent_is_asked_for_a_sign_of_life_and_then_ended() -> None:
    echo = Echo()
    async with serving(echo) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake() + b"")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(TEXT, b"hi"))
        assert await reader.readexactly(4) == b"\x81\x02hi"
        assert echo.socket is not None
        now_s = asyncio.get_running_loop().time()
        echo.socket.watch(now_s + sockets.PING_EVERY_S + 1)
        assert await reader.readexactly(2) == b"\x89\x00"
        echo.socket.watch(now_s + sockets.SILENT_S + 1)
        assert await reader.read() == b""
        await asyncio.wait_for(echo.ended.wait(), 5)
        writer.close()


async def test_who_does_not_go_when_told_to_is_cut_off() -> None:
    echo = Echo()
    async with serving(echo) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(TEXT, b"hi"))
        await reader.readexactly(4)
        assert echo.socket is not None
        echo.socket.close(sockets.AGAIN_LATER)
        assert await reader.readexactly(4) == b"\x88\x02" + struct.pack("!H", 1012)
        # What it says now is nothing, and its end is not waited for.
        writer.write(frame(TEXT, b"still here"))
        echo.socket.watch(asyncio.get_running_loop().time() + 6)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_refused_socket_is_answered_as_any_request() -> None:
    async with serving(Echo()) as (_, port):
        told = await talk(port, handshake(b"GET /closed HTTP/1.1"))
    assert told.startswith(b"HTTP/1.1 403 ")
    assert b"connection: close" in told


async def test_a_server_without_sockets_says_so() -> None:
    async with serving(Echo(), opens=False) as (_, port):
        assert (await talk(port, handshake())).startswith(b"HTTP/1.1 501 ")


@pytest.mark.parametrize("path", ["/broken", "/breaks"])
async def test_a_fault_of_ours_says_nothing_and_ends_the_socket(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(Echo()) as (_, port):
        first = handshake(b"GET %b HTTP/1.1" % path.encode())
        told = await talk(port, first, frame(TEXT, b"hi"))
    assert (b" 500 " in told) is (path == "/broken")
    assert (struct.pack("!H", 1011) in told) is (path == "/breaks")
    assert b"planted" not in told
    assert "planted-secret-text" not in caplog.text


async def test_sockets_are_told_that_the_server_goes_away() -> None:
    echo = Echo()
    async with serving(echo) as (server, port), client(port) as opened:
        await opened.send("hi")
        assert await opened.recv() == "hi"
        await server.stop(5)
        with pytest.raises(ConnectionClosed):
            await opened.recv()
        assert opened.close_code in {1001, 1006}


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_bytes_whatever_are_a_fault_of_ours(pieces: list[bytes], framed: bool) -> None:  # noqa: FBT001  drawn by hypothesis
    if framed:
        pieces = [frame(piece[0] & 0x0F if piece else TEXT, piece) for piece in pieces]

    async def say() -> Echo:
        echo = Echo()
        async with serving(echo) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(handshake())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"".join(pieces))
            writer.write_eof()
            with contextlib.suppress(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await asyncio.wait_for(echo.ended.wait(), 10)
        return echo

    echo = asyncio.run(say())
    assert echo.socket is not None
    assert echo.socket.code != sockets.BROKEN
