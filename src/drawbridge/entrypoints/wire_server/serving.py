"""Serve listening sockets until told to stop: connections counted, watched and ended in order."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.entrypoints.wire_server.connection import Answering, Connection, Opening
from drawbridge.entrypoints.wire_server.sockets import GOING_AWAY, Socket

_MOST_CONNECTIONS: Final = 1_024
_WATCH_EVERY_S: Final = 1.0
# Before there is a connection to count and to watch.
_HANDSHAKE_WITHIN_S: Final = 5
_GOODBYE_WITHIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class Served:
    """A listening socket and who answers there; with `tls`, nobody is heard without it.

    Without `opening`, no connection becomes a WebSocket.
    """

    listener: socket.socket
    answering: Answering
    tls: ssl.SSLContext | None = None
    opening: Opening | None = None


class WireServer:
    """A server over sockets that listen already."""

    def __init__(
        self, served: Sequence[Served], *, handshake_within_s: int = _HANDSHAKE_WITHIN_S
    ) -> None:
        """Take the sockets; `start` begins to serve them."""
        self._served = served
        self._handshake_within_s = handshake_within_s
        self._rooms: list[_Room] = []
        self._servers: list[asyncio.Server] = []
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to serve."""
        loop = asyncio.get_running_loop()
        for served in self._served:
            room = _Room(served.answering, served.opening)
            self._rooms.append(room)
            with_tls = served.tls is not None
            server = await loop.create_server(
                room.connection,
                sock=served.listener,
                ssl=served.tls,
                ssl_handshake_timeout=self._handshake_within_s if with_tls else None,
                ssl_shutdown_timeout=_GOODBYE_WITHIN_S if with_tls else None,
            )
            self._servers.append(server)
        self._watching = asyncio.create_task(self._watch())

    async def stop(self, within_s: float) -> None:
        """Take no more, let what is being answered end, then cut what is left."""
        for server in self._servers:
            server.close()
        for room in self._rooms:
            room.is_closing = True
            room.close_idle()
            room.close_sockets()
        tasks = [task for room in self._rooms for task in room.tasks]
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
        for room in self._rooms:
            room.abort()
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for room in self._rooms:
                room.end_late(loop.time())


class _Room:
    """The connections to one socket."""

    def __init__(self, answering: Answering, opening: Opening | None) -> None:
        self.answering = answering
        self.opening = opening
        self.is_closing = False
        self.tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._sockets: set[Socket] = set()

    def connection(self) -> Connection:
        return Connection(self)

    def enter(self, connection: Connection) -> bool:
        if self.is_closing or len(self._connections) >= _MOST_CONNECTIONS:
            return False
        self._connections.add(connection)
        return True

    def leave(self, connection: Connection) -> None:
        self._connections.discard(connection)

    def enter_socket(self, socket: Socket) -> None:
        self._sockets.add(socket)
        if self.is_closing:
            socket.close(GOING_AWAY)

    def leave_socket(self, socket: Socket) -> None:
        self._sockets.discard(socket)

    def work(self, task: asyncio.Task[None]) -> None:
        # Held here, since the loop holds its tasks only weakly.
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def end_late(self, now_s: float) -> None:
        for connection in tuple(self._connections):
            connection.end_if_late(now_s)
        for each in tuple(self._sockets):
            each.watch(now_s)

    def close_idle(self) -> None:
        for connection in tuple(self._connections):
            if connection.is_idle:
                connection.close()

    def close_sockets(self) -> None:
        for each in tuple(self._sockets):
            each.close(GOING_AWAY)

    def abort(self) -> None:
        for connection in tuple(self._connections):
            connection.abort()
        for each in tuple(self._sockets):
            each.abort()
