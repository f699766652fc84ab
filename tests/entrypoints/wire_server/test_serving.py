"""Connections over real sockets: order, bounds, slowness, and an end in good order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drawbridge.app.listening import listen, port_of
from drawbridge.entrypoints.wire_server import connection as connections
from drawbridge.entrypoints.wire_server.connection import Connection
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.entrypoints.wire_server.sockets import Socket
from drawbridge.wire.http import WireAnswer, WireRequest
from tests.kit.turns import a_turn

ASK = b"POST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"


class Echo:
    """Answers with what it was asked, and holds back what it is told to hold."""

    def __init__(self) -> None:
        self.seen: list[WireRequest] = []
        self.done: list[bytes] = []
        self.refused: list[str] = []
        self.held: dict[bytes, asyncio.Event] = {}
        self.came = asyncio.Event()

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        assert address == "127.0.0.1"
        self.seen.append(request)
        self.came.set()
        if request.path == b"/breaks":
            message = "planted-secret-text"
            raise RuntimeError(message)
        if request.path in self.held:
            await self.held[request.path].wait()
        self.done.append(request.path)
        large = request.query.removeprefix(b"size=")
        body = b"x" * int(large) if large else request.path + request.body
        return WireAnswer(200, body, ((b"a", b"b"),))

    def hear_refused(self, code: str, address: str) -> None:
        assert address == "127.0.0.1"
        self.refused.append(code)


@asynccontextmanager
async def serving(echo: Echo) -> AsyncIterator[tuple[WireServer, int]]:
    listener = listen("127.0.0.1", 0)
    server = WireServer([Served(listener, echo)])
    await server.start()
    try:
        yield server, port_of(listener)
    finally:
        await server.stop(5)


async def talk(port: int, *pieces: bytes) -> bytes:
    """Say it piece by piece and give everything that was said back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
    told = await reader.read()
    writer.close()
    return told


async def test_a_broken_answer_says_nothing_and_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(Echo()) as (_, port):
        told = await talk(port, b"GET /breaks HTTP/1.1\r\nHost: h\r\n\r\n" + ASK % 1)
    assert told.startswith(b"HTTP/1.1 500 ")
    assert told.count(b"HTTP/1.1") == 1
    assert "planted-secret-text" not in caplog.text
    assert b"planted" not in told


async def test_what_cannot_be_read_ends_the_connection_and_is_heard_of() -> None:
    echo = Echo()
    async with serving(echo) as (_, port):
        told = await talk(port, b"GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"connection: close" in told
    assert (echo.refused, echo.seen) == (["bad_target"], [])


async def test_what_stands_before_something_unreadable_is_not_carried_out() -> None:
    """Scenario 82: whoever hides a request behind another may have written both."""
    echo = Echo()
    async with serving(echo) as (_, port):
        told = await talk(port, ASK % 1 + b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 400 ")
    assert echo.seen == []


async def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    echo = Echo()
    echo.held[b"/0"] = asyncio.Event()
    async with serving(echo) as (_, port):
        talking = asyncio.create_task(talk(port, b"".join(ASK % n for n in range(20))))
        await echo.came.wait()
        assert [it.path for it in echo.seen] == [b"/0"]
        echo.held[b"/0"].set()
        told = await talking
    bodies = [part.rpartition(b"\r\n\r\n")[2] for part in told.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert bodies == [b"/%dab" % n for n in range(20)]


async def test_what_began_is_carried_out_though_its_sender_has_gone() -> None:
    echo = Echo()
    echo.held[b"/7"] = asyncio.Event()
    async with serving(echo) as (server, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK % 7)
        await echo.came.wait()
        writer.transport.abort()
        stopping = asyncio.create_task(server.stop(5))
        echo.held[b"/7"].set()
        await stopping
    assert echo.done == [b"/7"]


async def test_the_end_waits_for_answers_and_takes_nothing_new() -> None:
    echo = Echo()
    echo.held[b"/1"] = asyncio.Event()
    async with serving(echo) as (server, port):
        talking = asyncio.create_task(talk(port, ASK % 1))
        await echo.came.wait()
        stopping = asyncio.create_task(server.stop(5))
        await a_turn()
        with pytest.raises(OSError, match="onnect"):
            await talk(port, ASK % 2)
        echo.held[b"/1"].set()
        assert (await talking).endswith(b"/1ab")
        await stopping
    assert [it.path for it in echo.seen] == [b"/1"]


async def test_who_asks_for_leave_to_send_is_given_it() -> None:
    head = b"POST /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    async with serving(Echo()) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert (await reader.readuntil(b"ab")).startswith(b"HTTP/1.1 200 OK")
        writer.close()


@pytest.mark.parametrize(
    ("line", "is_kept"),
    [(b"HTTP/1.0\r\n", False), (b"HTTP/1.1\r\nHost: h\r\nConnection: close\r\n", False)],
)
async def test_a_connection_that_is_for_one_request_ends_after_it(
    line: bytes,
    is_kept: bool,  # noqa: FBT001  a column of the table
) -> None:
    async with serving(Echo()) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /x " + line + b"\r\n")
        told = await reader.read()
        writer.close()
    assert told.endswith(b"/x")
    assert (b"connection: close" not in told) is is_kept


async def test_a_large_answer_to_a_slow_reader_comes_whole() -> None:
    async with serving(Echo()) as (_, port):
        told = await talk(port, b"GET /x?size=3000000 HTTP/1.1\r\nHost: h\r\n\r\n" + ASK % 1)
    assert told.count(b"x") == 3_000_000
    assert told.endswith(b"/1ab")


class OneHouse:
    """The house of a single connection, whose time a test decides."""

    is_closing = False
    opening = None

    def __init__(self, echo: Echo) -> None:
        self.answering = echo

    def enter(self, connection: Connection) -> bool:
        del connection
        return True

    def leave(self, connection: Connection) -> None:
        """Nothing is counted."""

    def work(self, task: asyncio.Task[None]) -> None:
        """Nothing is kept."""

    def enter_socket(self, socket: Socket) -> None:
        """Nothing is watched."""

    def leave_socket(self, socket: Socket) -> None:
        """Nothing is watched."""


@pytest.mark.parametrize(
    ("said", "after_s", "answer", "heard"),
    [
        (b"POST /x HTTP/1.1\r\nHo", connections.REQUEST_WITHIN_S, b"HTTP/1.1 408 ", "request_late"),
        (ASK[:-1] % 1, connections.REQUEST_WITHIN_S, b"HTTP/1.1 408 ", "request_late"),
        (b"", connections.IDLE_S, b"", None),
    ],
)
async def test_what_is_slow_or_quiet_ends(
    said: bytes, after_s: float, answer: bytes, heard: str | None
) -> None:
    echo = Echo()
    listener = listen("127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    made: list[Connection] = []

    def make() -> Connection:
        made.append(Connection(OneHouse(echo)))
        return made[-1]

    server = await loop.create_server(make, sock=listener)
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(listener))
    writer.write(said)
    while not made or (said and made[0].is_idle):
        await a_turn()
    made[0].end_if_late(loop.time() + after_s - 1)
    assert not reader.at_eof()
    made[0].end_if_late(loop.time() + after_s + 1)
    told = await reader.read()
    assert told.startswith(answer)
    assert (answer or told) == (answer or b"")
    assert echo.refused == ([] if heard is None else [heard])
    writer.close()
    server.close()
