"""A wire between the app and the paper exchange that holds a request, or its answer, on demand.

It makes the moment at which a process is killed certain: while the wire holds, the process can
do nothing but wait. Bytes pass as they are; nothing is made up.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

_PART = 65_536


class Held(Enum):
    """What is held: the request before the exchange has it, or the answer after."""

    REQUEST = "request"
    ANSWER = "answer"


@dataclass
class _Hold:
    """One wish to hold, and what became of it."""

    held: Held
    marker: bytes
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False

    async def keep(self) -> None:
        self.reached.set()
        await self.over.wait()
        if self.cut:
            raise ConnectionAbortedError


@dataclass
class HeldWire:
    """The wire; its own address is `address`."""

    host: str
    port: int
    address: str = ""
    _hold: _Hold | None = None

    def hold(self, held: Held, marker: bytes = b"") -> asyncio.Event:
        """Hold every request that contains the marker, or its answer.

        Gives what is set as soon as something is held.
        """
        self._hold = _Hold(held, marker)
        return self._hold.reached

    def release(self, *, cut: bool = False) -> None:
        """Hold no longer; what is held passes late, or (`cut`) never."""
        if self._hold is not None:
            self._hold.cut = cut
            self._hold.over.set()
        self._hold = None

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end closes it."""
        there, onward = await asyncio.open_connection(self.host, self.port)
        try:
            while part := await reader.read(_PART):
                hold = self._hold if self._hold and self._hold.marker in part else None
                if hold and hold.held is Held.REQUEST:
                    await hold.keep()
                onward.write(part)
                answer = await there.read(_PART)
                if hold and hold.held is Held.ANSWER:
                    await hold.keep()
                writer.write(answer)
                writer.write(await _rest(there, answer))
        except ConnectionError:
            return  # one end was killed, or the wire cut
        finally:
            onward.close()
            writer.close()


async def _rest(there: asyncio.StreamReader, first: bytes) -> bytes:
    """Read what the first part of an answer lacks."""
    head, _, body = first.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    return await there.readexactly(length - len(body))


@asynccontextmanager
async def held_wire(address: str) -> AsyncIterator[HeldWire]:
    """Lay a wire to an address (`host:port`)."""
    host, _, port = address.rpartition(":")
    wire = HeldWire(host, int(port))
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    wire.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        wire.release()
        server.close()
