"""A server on loopback that does what a test tells it, well-behaved or not.

It reads whole requests and hands each to the test's behaviour together with the connection, so
that a test can answer slowly, by halves, wrongly or not at all.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from drawbridge.gateway.venues import Address

Behaviour = Callable[["Visit"], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Visit:
    """One request and the connection that it came on."""

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter
    number: int
    connection: int

    async def say(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        """Close the connection in good order."""
        self.writer.close()

    def cut(self) -> None:
        """Cut the connection off."""
        self.writer.transport.abort()


@dataclass
class ScriptedServer:
    """What the server saw, and where it is."""

    behaviour: Behaviour
    port: int = 0
    visits: list[Visit] = field(default_factory=list)
    connections: int = 0
    tls: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    server: asyncio.Server | None = None

    @property
    def address(self) -> Address:
        """Give its address as the paper exchange's would be."""
        return Address("127.0.0.1", self.port, tls=self.tls, on_this_machine=True)

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self.server is not None:
            self.server.close()
        for writer in self.writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        self.connections += 1
        connection = self.connections
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                visit = Visit(head, body, writer, len(self.visits) + 1, connection)
                self.visits.append(visit)
                await self.behaviour(visit)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def scripted_server(
    behaviour: Behaviour, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ScriptedServer]:
    """Run a scripted server for the time of a test."""
    scripted = ScriptedServer(behaviour, tls=tls is not None)
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0, ssl=tls)
    scripted.server = server
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        scripted.stop()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
