"""Our end of a WebSocket against servers that behave, and servers that do not."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.sockets import MOST_MESSAGE_BYTES, MOST_WAITING, WebSocket, open_socket
from drawbridge.gateway.venues import Address
from tests.gateway.scripted_server import Visit, scripted_server
from tests.kit.certificates import authority_and_server
from tests.kit.stream_house import until

Behaviour = Callable[[ServerConnection], Awaitable[None]]

SOON_S = 5
AT_ONCE_S = 0.05
PATH = b"/ws?streams=a@trade"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FLOOD = 5_000


async def opened(
    address: Address, within_s: float = SOON_S, dialler: Dialler | None = None
) -> WebSocket:
    deadline = asyncio.get_running_loop().time() + within_s
    return await open_socket(dialler or Dialler(), address, PATH, deadline)


@asynccontextmanager
async def talking(behaviour: Behaviour) -> AsyncIterator[WebSocket]:
    """Open a socket to a server that behaves so, for the time of a test."""

    async def guarded(connection: ServerConnection) -> None:
        try:
            await behaviour(connection)
        except ConnectionClosed:
            return

    async with serve(guarded, "127.0.0.1", 0, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        socket = await opened(Address("127.0.0.1", port, tls=False, on_this_machine=True))
        try:
            yield socket
        finally:
            await cut(socket)


async def cut(socket: WebSocket) -> None:
    """Cut a connection, and wait until the loop has let go of it."""
    socket.abort()
    while await socket.receive() is not None:
        pass


def accepting(*more: bytes) -> Callable[[Visit], Awaitable[None]]:
    """Accept as a server should, with more headers, and say nothing then."""

    async def behaviour(visit: Visit) -> None:
        key = visit.head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
        accept = b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", *more]
        lines += [b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept]
        await visit.say(b"\r\n".join(lines) + b"\r\n\r\n")

    return behaviour


# ------------------------------------------------------------------------------------ opening
@pytest.mark.parametrize("status", [b"302 Found", b"401 Unauthorized", b"503 Busy", b"200 OK"])
async def test_an_answer_that_opens_no_stream_is_told_and_never_followed(status: bytes) -> None:
    async def behaviour(visit: Visit) -> None:
        elsewhere = b"location: /elsewhere\r\ncontent-length: 0\r\n\r\n"
        await visit.say(b"HTTP/1.1 " + status + b"\r\n" + elsewhere)

    async with scripted_server(behaviour) as server:
        with pytest.raises(ExchangeDown, match="stream_refused") as refused:
            await opened(server.address)
        assert refused.value.facts["told"] == status[:3].decode()
        assert len(server.visits) == 1


async def test_a_server_that_does_not_prove_that_it_read_the_request_is_left() -> None:
    async def behaviour(visit: Visit) -> None:
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        await visit.say(head + b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")

    await assert_refused(behaviour)


async def test_a_server_that_speaks_something_else_is_left() -> None:
    async def behaviour(visit: Visit) -> None:
        await visit.say(b"220 mail.example ESMTP\r\n\r\n")

    await assert_refused(behaviour)


async def test_a_server_that_compresses_unasked_is_left() -> None:
    await assert_refused(accepting(b"Sec-WebSocket-Extensions: permessage-deflate"))


async def assert_refused(behaviour: Callable[[Visit], Awaitable[None]]) -> None:
    async with scripted_server(behaviour) as server:
        with pytest.raises(ExchangeDown, match="stream_refused"):
            await opened(server.address)


async def test_a_server_that_says_nothing_is_waited_for_no_longer_than_was_said() -> None:
    async def behaviour(_: Visit) -> None:
        return

    async with scripted_server(behaviour) as server:
        with pytest.raises(ExchangeDown, match="unreachable"):
            await opened(server.address, AT_ONCE_S)
        # On a busy machine we may have given up before the server had begun.
        await until(lambda: server.connections == 1, "the server has seen us")


async def test_a_server_that_hangs_up_is_told_at_once() -> None:
    async def behaviour(visit: Visit) -> None:
        visit.cut()

    async with scripted_server(behaviour) as server:
        with pytest.raises(ExchangeDown, match=r"stream_refused|unreachable"):
            await opened(server.address)


async def test_an_address_of_this_machine_is_never_dialled_for_a_real_exchange() -> None:
    async with scripted_server(accepting()) as server:
        with pytest.raises(Forbidden, match="private_address"):
            await opened(Address("127.0.0.1", server.port, tls=False))
        assert server.connections == 0


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.0.0.2"])
async def test_under_tls_only_a_certificate_for_the_very_host_will_do(
    tmp_path: Path, ip: str
) -> None:
    authority, context = authority_and_server(tmp_path, ip)
    async with scripted_server(accepting(), context) as server:
        with pytest.raises(ExchangeDown, match="certificate_refused"):
            await opened(server.address)
        trusting = Dialler(authority)
        if ip == server.address.host:
            await cut(await opened(server.address, dialler=trusting))
            return
        with pytest.raises(ExchangeDown, match="certificate_refused"):
            await opened(server.address, dialler=trusting)


async def test_what_we_ask_with_names_the_path_and_no_extension_and_no_cookie() -> None:
    async with scripted_server(accepting()) as server:
        await cut(await opened(server.address))
    head = server.visits[0].head.lower()
    assert head.startswith(b"get /ws?streams=a@trade http/1.1\r\n")
    assert b"user-agent: drawbridge\r\n" in head
    for unwanted in (b"extensions", b"cookie", b"authorization", b"origin"):
        assert unwanted not in head


# ------------------------------------------------------------------------------------ messages
async def test_texts_and_bytes_arrive_as_they_are_also_in_parts() -> None:
    async def behaviour(connection: ServerConnection) -> None:
        await connection.send("grün")
        await connection.send(b"\x1f\x8b\x00")
        await connection.send(["in ", "two ", "parts"])

    async with talking(behaviour) as socket:
        told = [await socket.receive() for _ in range(4)]
    assert told == ["grün", b"\x1f\x8b\x00", "in two parts", None]


async def test_what_is_sent_arrives_and_pings_are_answered() -> None:
    heard: list[object] = []

    async def behaviour(connection: ServerConnection) -> None:
        heard.append(await connection.recv())
        heard.append(await connection.recv())
        await (await connection.ping())
        await connection.send("there")

    async with talking(behaviour) as socket:
        socket.send("hello")
        socket.send(b"bytes")
        socket.ping()
        assert await socket.receive() == "there"
    assert heard == ["hello", b"bytes"]


async def test_a_message_that_is_too_large_ends_the_connection_also_in_parts() -> None:
    part = b"x" * (MOST_MESSAGE_BYTES // 2 + 1)
    for message in (part + part, [part, part]):

        async def behaviour(
            connection: ServerConnection, message: bytes | list[bytes] = message
        ) -> None:
            await connection.send(message)
            await connection.send("never read")

        async with talking(behaviour) as socket:
            assert await socket.receive() is None


async def test_bytes_that_are_no_text_end_the_connection() -> None:
    async def behaviour(visit: Visit) -> None:
        await accepting()(visit)
        await visit.say(b"\x81\x02\xff\xfe")

    async with scripted_server(behaviour) as server:
        socket = await opened(server.address)
        assert await socket.receive() is None


async def test_frames_against_the_rules_end_the_connection() -> None:
    async def behaviour(visit: Visit) -> None:
        await accepting()(visit)
        # A frame that continues what never began.
        await visit.say(b"\x80\x01x")

    async with scripted_server(behaviour) as server:
        socket = await opened(server.address)
        assert await socket.receive() is None


async def test_a_flood_waits_on_the_network_and_not_in_memory() -> None:
    async def behaviour(connection: ServerConnection) -> None:
        for number in range(FLOOD):
            await connection.send(f"{number} " + "x" * 4_000)

    async with talking(behaviour) as socket:
        told = [await socket.receive()]
        await until(lambda: len(socket) >= MOST_WAITING, "so much waits that nothing more is taken")
        assert len(socket) < FLOOD // 2
        while (frame := await socket.receive()) is not None:
            told.append(frame)
    assert [int(str(frame).partition(" ")[0]) for frame in told] == list(range(FLOOD))


async def test_after_a_goodbye_nothing_more_is_told_or_sent() -> None:
    async def behaviour(connection: ServerConnection) -> None:
        await connection.send("last")
        await connection.close(1001)

    async with talking(behaviour) as socket:
        assert [await socket.receive(), await socket.receive()] == ["last", None]
        socket.send("nobody is there")
        socket.ping()
        socket.close()


async def test_a_goodbye_of_ours_reaches_the_server() -> None:
    left = asyncio.Event()

    async def behaviour(connection: ServerConnection) -> None:
        await connection.wait_closed()
        if connection.close_code == 1_000:
            left.set()

    async with talking(behaviour) as socket:
        socket.close()
        async with asyncio.timeout(SOON_S):
            await left.wait()
