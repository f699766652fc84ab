"""How soon nothing crosses any more: `drawbridge panic --all` with 10,000 keys and 2,000 sockets.

A real house: the gateway's process serves bots before a paper exchange. Some keys have virtual keys
before them, whose bots hold open sockets (logged in, so that each belongs to a key) and ask over
REST as fast as the exchange allows; all others are rows that nobody uses just then. The press is
the moment at which the command begins its work; the last use is the last answer that a bot got, or
the last socket that ended, whichever came later. Nothing here is compared with anything: the target
is one second.
"""

import asyncio
import contextlib
import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from benchmarks.measure import Result
from benchmarks.traders import Trader
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.operations import GetBalances
from drawbridge.core.secret import Secret
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.dialect import Credential
from tests.kit.proxied import Made, Proxied, found_proxied

_EXCHANGE: Final = "gate"
_KEYS: Final = 10_000
_BOTS: Final = 40
_SOCKETS_OF_ONE: Final = 50
_AT_ONCE: Final = 100
_WITHIN_S: Final = 60
_TARGET_MS: Final = 1_000
_OK: Final = 200
_FILES: Final = 16_384
_CLOSING: Final = b"\x88"
_UPGRADE: Final = (
    b"GET /ws/v4/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_ROW: Final = (
    "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status,"
    " scopes, created_ms) VALUES (?, ?, ?, 'paper', ?, ?, ?, 'unverified', '', 0)"
)


@dataclass
class _Seen:
    """When what happened, in milliseconds of the machine's clock."""

    ended: list[int] = field(default_factory=list)
    answered_ms: int = 0
    answers: int = 0
    refused: int = 0


def run() -> list[Result]:
    """Stop everything once, and tell how long the last use was possible."""
    with (
        _many_files(),
        tempfile.TemporaryDirectory() as folder,
        found_proxied(Path(folder)) as standing,
    ):
        bots = [_bot(standing, number) for number in range(_BOTS)]
        return [standing.runner.run(_stopped(standing, bots))]


def _bot(standing: Proxied, number: int) -> Made:
    key = standing.real_key(_EXCHANGE, f"account-{number}")
    return standing.virtual_key(key, Wish(scopes=("trade_spot",)))


async def _stopped(standing: Proxied, bots: list[Made]) -> Result:
    await _fill(standing)
    seen = _Seen()
    sockets = await _open_all(standing, bots, seen)
    asking = [asyncio.create_task(_ask_on(standing, made, seen)) for made in bots]
    async with asyncio.timeout(_WITHIN_S):
        while seen.answers < _BOTS * 2:  # noqa: ASYNC110  bots set no event
            await asyncio.sleep(0.01)
    began_ms, before = _now_ms(), seen.answers
    stopped = await _command(standing)
    async with asyncio.timeout(_WITHIN_S):
        await asyncio.gather(*(socket.ended for socket in sockets), *asking)
    press_ms = await _pressed_ms(standing)
    last_ms = max(seen.answered_ms, *seen.ended)
    ended = sorted(at_ms - press_ms for at_ms in seen.ended)
    return Result(
        "panic",
        f"{stopped:,} keys, {len(sockets):,} open sockets: press to last use / one second",
        (last_ms - press_ms) / _TARGET_MS,
        1.0,
        f"last use after {last_ms - press_ms} ms (sockets: {ended[len(ended) // 2]} ms in the"
        f" middle, {ended[-1]} ms the last; REST: {seen.answered_ms - press_ms} ms after"
        f" {before} answers, {seen.refused} bots refused); the command took {press_ms - began_ms}"
        " ms to start",
        at_least=False,
    )


async def _fill(standing: Proxied) -> None:
    """Add rows of keys until there are as many as are wanted."""
    exchanges = itertools.cycle(("binance", "kraken", _EXCHANGE))
    rows = [
        (f"key_{n}", standing.owner, next(exchanges), f"K{n}", f"k{n}", f"public {n}")
        for n in range(_KEYS - _BOTS)
    ]
    async with standing.house.database.transaction() as tx:
        await tx.execute_many(_ROW, rows)


async def _open_all(standing: Proxied, bots: list[Made], seen: _Seen) -> list["_Socket"]:
    """Open the sockets of all bots, and log each in."""
    address = urlsplit(standing.exchanges[_EXCHANGE]["rest"])
    turn, loop = asyncio.Semaphore(_AT_ONCE), asyncio.get_running_loop()

    async def opened(made: Made, number: int) -> _Socket:
        async with turn:
            socket = _Socket(seen)
            await loop.create_connection(lambda: socket, address.hostname, address.port)
            await socket.told()
            socket.send(_log_in(made, number))
            if b'"status":"200"' not in await socket.told():
                message = "a bot was not let in"
                raise RuntimeError(message)
            return socket

    wanted = itertools.product(bots, range(_SOCKETS_OF_ONE))
    return await asyncio.gather(*(opened(made, number) for made, number in wanted))


class _Socket(asyncio.Protocol):
    """A WebSocket by hand: two thousand of a library's would take the time that is measured."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            transport.write(_UPGRADE)

    def data_received(self, data: bytes) -> None:
        if data[:1] == _CLOSING:
            self._end()
        else:
            self._heard.put_nowait(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end()

    async def told(self) -> bytes:
        """Give what came next; a small frame comes in one piece."""
        async with asyncio.timeout(_WITHIN_S):
            return await self._heard.get()

    def send(self, text: bytes) -> None:
        """Send one frame of text, masked with noughts."""
        head = bytes((0x81, 0xFE)) + len(text).to_bytes(2, "big")
        self._transport.write(head + bytes(4) + text)

    def _end(self) -> None:
        if not self.ended.done():
            self._seen.ended.append(_now_ms())
            self.ended.set_result(None)
            self._transport.close()


def _log_in(made: Made, number: int) -> bytes:
    now_s = str(int(time.time()))
    signed = f"api\nspot.login\n\n{now_s}"
    payload = {
        "api_key": made.fields["api_key"],
        "signature": _credential(made).signer.sign(signed.encode()).decode(),
        "timestamp": now_s,
        "req_id": str(number),
    }
    document = {"time": int(now_s), "channel": "spot.login", "event": "api", "payload": payload}
    return orjson.dumps(document)


def _credential(made: Made) -> Credential:
    fields = {name: Secret(text) for name, text in made.fields.items()}
    return credential_of(get_exchange(_EXCHANGE), fields)


async def _ask_on(standing: Proxied, made: Made, seen: _Seen) -> None:
    """Ask again and again over one connection, until it is refused."""
    address = urlsplit(standing.exchanges[_EXCHANGE]["rest"])
    trader = Trader(get_exchange(_EXCHANGE), _credential(made))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    while True:
        writer.write(trader.signed([GetBalances()])[0])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        if int(head[9:12]) != _OK:
            break
        seen.answers += 1
        seen.answered_ms = _now_ms()
    seen.refused += 1
    writer.close()


async def _command(standing: Proxied) -> int:
    """Type the command, and give how many keys it says it stopped."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drawbridge.entrypoints.cli.main"),
        *("panic", "--all", "--yes", "--json"),
        env=standing.town.settings.environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    stopped: list[Any] = orjson.loads(told)["keys"]
    return len(stopped)


async def _pressed_ms(standing: Proxied) -> int:
    sql = "SELECT min(at_ms) AS at_ms FROM audit_events WHERE tag = 'vault:key:disabled'"
    row = await standing.house.database.fetch_one(sql)
    return int(row["at_ms"]) if row else 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextlib.contextmanager
def _many_files() -> Iterator[None]:
    """Allow as many open files as there will be sockets, here and in what is started."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
