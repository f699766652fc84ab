"""Streams over real sockets: handshakes, prefixes, bounds, and clients that behave badly."""

import asyncio
import base64
import contextlib
import json
import os
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import Scope
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import PaperKeys, Surroundings
from drawbridge.paper.store import PaperStore, open_database
from tests.kit.processes import Paper

EXCHANGES = ("binance", "kraken")
WITHIN_S = 20
TEXT = 0x1


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    running = Paper(tmp_path_factory.mktemp("paper"), unlimited=True, only=EXCHANGES)
    yield running
    assert running.process.stop() == 0


def at(paper: Paper, path: str, exchange: str = "binance") -> str:
    return f"{paper.exchanges[exchange]['ws']}{path}"


async def hear(socket: ClientConnection) -> Any:  # noqa: ANN401  whatever the exchange tells
    return json.loads(await asyncio.wait_for(socket.recv(), WITHIN_S))


async def end_of(socket: ClientConnection) -> int | None:
    """Wait until a connection is ended, and give the code."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(WITHIN_S):
            async for _ in socket:
                pass
    return socket.close_code


async def test_a_stream_stands_on_the_exchanges_own_port_and_below_its_name(paper: Paper) -> None:
    site = paper.account_site.replace("http://", "ws://")
    for url in (at(paper, "/ws/btcusdt@ticker"), f"{site}/binance/ws/btcusdt@ticker"):
        async with connect(url) as socket:
            assert (await hear(socket))["e"] == "24hrTicker"


async def test_two_exchanges_speak_each_its_own_language(paper: Paper) -> None:
    async with connect(at(paper, "/v2", "kraken")) as socket:
        assert (await hear(socket))["channel"] == "status"
        await socket.send('{"method":"ping","req_id":1}')
        assert (await hear(socket))["method"] == "pong"


@pytest.mark.parametrize(
    ("exchange", "path", "says"),
    [("binance", "/nothing/here", b"-1020"), ("kraken", "/v3", b"EGeneral:Unknown method")],
)
async def test_a_handshake_elsewhere_is_refused_as_the_exchange_refuses_a_path(
    paper: Paper, exchange: str, path: str, says: bytes
) -> None:
    wire = await Wire.open(paper, path, exchange)
    answer = await wire.rest()
    assert b"101" not in answer.split(b"\r\n")[0]
    assert says in answer


async def test_there_is_no_stream_on_the_account_site(paper: Paper) -> None:
    site = paper.account_site.replace("http://", "ws://")
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{site}/log-in")
    assert refused.value.response.status_code == 404


async def test_a_frame_that_is_too_large_ends_the_connection_and_no_other(paper: Paper) -> None:
    async with (
        connect(at(paper, "/ws/btcusdt@ticker")) as other,
        connect(at(paper, "/ws")) as socket,
    ):
        await socket.send("x" * 70_000)
        assert await end_of(socket) == 1009
        assert (await hear(other))["e"] == "24hrTicker"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 64,
        b"\x81\x05hello",
        b"\x81\xff" + b"\xff" * 8,
        bytes(range(200)),
        b"\x81\x82\0\0\0\0\xc3\x28",
    ],
)
async def test_garbage_in_place_of_frames_ends_only_who_sent_it(
    paper: Paper, garbage: bytes
) -> None:
    async with connect(at(paper, "/ws/btcusdt@ticker")) as other:
        wire = await Wire.open(paper, "/ws")
        wire.writer.write(garbage)
        answer = await wire.rest()
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"Traceback" not in answer
        assert (await hear(other))["e"] == "24hrTicker"


async def test_a_client_that_never_reads_holds_nobody_up(paper: Paper) -> None:
    wire = await Wire.open(paper, "/ws-api/v3")
    question = _frame(TEXT, b'{"id":1,"method":"exchangeInfo"}')
    async with connect(at(paper, "/ws/btcusdt@ticker")) as other:
        # Its answers are a hundred times as large as its questions, and it takes none of them.
        for _ in range(200):
            wire.writer.write(question * 20)
            with contextlib.suppress(TimeoutError, OSError):
                await asyncio.wait_for(wire.writer.drain(), 0.05)
        assert (await hear(other))["e"] == "24hrTicker"
    wire.writer.transport.abort()


async def test_a_key_that_is_taken_back_ends_its_stream(paper: Paper) -> None:
    async with paper_keys(paper) as keys:
        card = get_exchange("binance").card
        switches = switches_for(card, frozenset({Scope.READ}))
        made = await keys.create("ada", KeyWish("binance", switches=switches))
        listen_key = await asyncio.to_thread(_listen_key, paper, made.api_key)
        async with connect(at(paper, f"/ws/{listen_key}")) as socket:
            await (await socket.ping())
            await keys.delete("ada", "binance", made.api_key)
            assert await end_of(socket) == 1008


@contextlib.asynccontextmanager
async def paper_keys(paper: Paper) -> AsyncIterator[PaperKeys]:
    """Open the keys of a running paper exchange, as the command line does."""
    database = await open_database(paper.state)
    by_id = {name: get_exchange(name) for name in EXCHANGES}
    keys = PaperKeys(PaperStore(database), by_id, Surroundings(SystemClock(), entropy))
    try:
        await keys.reload()
        yield keys
    finally:
        await database.close()


def _listen_key(paper: Paper, api_key: str) -> str:
    connection = HTTPConnection(paper.exchanges["binance"]["rest"].removeprefix("http://"))
    try:
        connection.request("POST", "/api/v3/userDataStream", headers={"X-MBX-APIKEY": api_key})
        told: str = json.loads(connection.getresponse().read())["listenKey"]
        return told
    finally:
        connection.close()


@dataclass(frozen=True)
class Wire:
    """A connection whose handshake is right, and whose frames are whatever a test writes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes

    @classmethod
    async def open(cls, paper: Paper, path: str, exchange: str = "binance") -> "Wire":
        """Send a handshake and wait for the head of its answer."""
        host, _, port = paper.exchanges[exchange]["rest"].removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: paper",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN_S)
        return cls(reader, writer, head)

    async def rest(self) -> bytes:
        """Read until the server ends the connection."""
        answer = await asyncio.wait_for(self.reader.read(), WITHIN_S)
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()
        return self.head + answer


def _frame(kind: int, payload: bytes) -> bytes:
    """Write a client's frame; its mask of zeros changes nothing."""
    return struct.pack("!BB4s", 0x80 | kind, 0x80 | len(payload), b"\0\0\0\0") + payload
