"""All sockets of bots: opened, counted, looked at again and again, and ended.

Ten times a second each is asked whether it may still be there. So one whose virtual key was
revoked or narrowed, or whose vault was locked, is closed within a second, whoever did it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.gateway.bot_streams.connection import BotConnection
from drawbridge.gateway.bot_streams.looks import Looks
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.bot_streams.station import Station
from drawbridge.gateway.bot_streams.topics import PublicTopics
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.http import WireRequest
from drawbridge.wire.stream import Opening

_log: Final = logging.getLogger(__name__)

MOST_SOCKETS: Final = 4_096
MOST_OF_A_KEY: Final = 64
LOOK_EVERY_S: Final = 0.1
# Sessions want to hear of time about four times a second.
_LOOKS_A_TICK: Final = 3
# So many are looked at before requests have their turn again.
_AT_ONCE: Final = 100


class BotSockets:
    """All sockets of bots in this process."""

    def __init__(self, topics: PublicTopics, snapshots: Snapshots) -> None:
        """Begin with none; `topics` and `snapshots` are what they share, `of_keys` counts them."""
        self.topics = topics
        self.snapshots = snapshots
        self._connections: dict[BotConnection, str] = {}
        self.of_keys: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stepping: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Count them."""
        return len(self._connections)

    async def open(self, station: Station, request: WireRequest, address: str) -> BotConnection:
        """Open a socket at a path.

        Raises: `Forbidden("unknown_endpoint")` where the exchange serves no stream; what asking
        for its markets raises; `ExchangeDown("rate_limited")`.
        """
        self._check_room()
        exchange = station.exchange
        if exchange.stream is None:
            raise Forbidden("unknown_endpoint", rule="endpoint")
        opening = Opening(
            path=request.path,
            query=request.query,
            headers=request.headers,
            markets=await station.parts.gateway.markets(exchange.id, station.venue),
            now_ms=station.now_ms(),
            errors=exchange.errors,
            shared=station.shared,
        )
        session = exchange.stream.open_session(opening)
        if session is None:
            raise Forbidden("unknown_endpoint", rule="endpoint")
        return BotConnection(station, session, self, address)

    def enter(self, connection: BotConnection) -> None:
        """Count a socket. Raises: `ExchangeDown("rate_limited")` for one too many."""
        self._check_room()
        self._connections[connection] = ""

    def own(self, connection: BotConnection, virtual: VirtualKey) -> None:
        """Count it for a virtual key. Raises: `ExchangeDown("rate_limited")`."""
        known = self._connections.get(connection)
        if known is None:
            # It ended while it was proven; nobody would ever count it off again.
            raise ExchangeDown("stream_lost")
        if known == virtual.id:
            return
        if self.of_keys[virtual.id] >= MOST_OF_A_KEY:
            raise ExchangeDown("rate_limited", limit=MOST_OF_A_KEY, seconds=1)
        self._connections[connection] = virtual.id
        self.of_keys[virtual.id] += 1

    def leave(self, connection: BotConnection) -> None:
        """Count it no more."""
        virtual_id = self._connections.pop(connection, "")
        if virtual_id:
            self.of_keys[virtual_id] -= 1
            if not self.of_keys[virtual_id]:
                del self.of_keys[virtual_id]

    def work(self, task: asyncio.Task[None]) -> None:
        """Hold what is being done until it is done: the loop holds its tasks only weakly."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start(self) -> None:
        """Begin to look at all of them again and again."""
        self._stepping = asyncio.create_task(self._keep_stepping())

    async def look(self) -> None:
        """End those who may not be there any more."""
        looks = Looks()
        await self._each(lambda connection: connection.look_again(looks))

    async def tick(self) -> None:
        """Let time pass for all sessions."""
        await self._each(lambda connection: connection.tick())

    async def close(self, within_s: float) -> None:
        """End: what was asked gets so long to be answered, and is carried out all the same."""
        if self._stepping is not None:
            self._stepping.cancel()
            with suppress(asyncio.CancelledError):
                await self._stepping
        for connection in tuple(self._connections):
            connection.lose()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=within_s)
        await self.topics.close()

    async def _keep_stepping(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()
            turn += 1
            if not turn % _LOOKS_A_TICK:
                await self.tick()

    async def _each(self, do: Callable[[BotConnection], Awaitable[None]]) -> None:
        for number, connection in enumerate(tuple(self._connections), start=1):
            try:
                await do(connection)
            except Exception as error:  # noqa: BLE001  the rim of a task: nobody stays let in because looking at them failed
                _log.error("%s while looking at a bot's socket", type(error).__name__)
                connection.lose()
            if not number % _AT_ONCE:
                await asyncio.sleep(0)

    def _check_room(self) -> None:
        if len(self._connections) >= MOST_SOCKETS:
            raise ExchangeDown("rate_limited", limit=MOST_SOCKETS, seconds=1)
