"""One connection: requests answered in the order in which they came, one at a time.

What is slow, too much or unreadable ends the connection. What a request asks is answered by
whoever the server was given; nothing of any exchange is known here.
"""

import asyncio
import logging
import traceback
from typing import Final, Protocol, cast

from drawbridge.entrypoints.wire_server.reading import Reader, Received, Unreadable
from drawbridge.entrypoints.wire_server.sockets import Socket, SocketHouse, Talking
from drawbridge.entrypoints.wire_server.upgrading import agreed
from drawbridge.entrypoints.wire_server.writing import GO_ON, refusal, written
from drawbridge.wire.http import WireAnswer, WireRequest

_log: Final = logging.getLogger(__name__)
_BUFFER_BYTES: Final = 32 * 1_024
# A request whole, from its first byte to its last.
REQUEST_WITHIN_S: Final = 10
# Longer than any client keeps a quiet connection in its pool.
IDLE_S: Final = 75
# An answer taken off our hands.
TAKEN_WITHIN_S: Final = 30


class Answering(Protocol):
    """Who answers what comes to one listening socket."""

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        """Answer a request from an address."""

    def hear_refused(self, code: str, address: str) -> None:
        """Hear of what was no request, by the reason that it was refused for."""


class Opening(Protocol):
    """Who opens WebSockets at one listening socket."""

    async def open_socket(self, request: WireRequest, address: str) -> Talking | WireAnswer:
        """Give who talks over a socket that is asked for, or the answer that refuses it."""


class House(SocketHouse, Protocol):
    """What a connection has in common with the others of its server."""

    @property
    def is_closing(self) -> bool:
        """Tell whether no connection is for more than the answer that is being made."""

    @property
    def answering(self) -> Answering:
        """Give who answers."""

    @property
    def opening(self) -> Opening | None:
        """Give who opens WebSockets, None where there are none."""

    def enter(self, connection: "Connection") -> bool:
        """Count a new connection; False where there are too many."""

    def leave(self, connection: "Connection") -> None:
        """Count it no more."""

    def work(self, task: asyncio.Task[None]) -> None:
        """Keep what is being answered until it is done."""


class Connection(asyncio.BufferedProtocol):
    """A connection of one client.

    Why buffered: asyncio's plain protocols take fresh memory of 256 KiB for every read.
    """

    __slots__ = (
        "_address",
        "_buffer",
        "_ends",
        "_house",
        "_is_answering",
        "_is_paused",
        "_loop",
        "_quiet_since",
        "_reader",
        "_transport",
    )

    def __init__(self, house: House) -> None:
        """Belong to a server."""
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._reader = Reader()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._transport: asyncio.Transport | None = None
        self._address = ""
        self._is_answering = self._is_paused = self._ends = False
        self._quiet_since = self._loop.time()

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is asked and nothing is being answered."""
        return not (self._is_answering or self._reader.has_begun or self._reader.received)

    def end_if_late(self, now_s: float) -> None:
        """End it when it has been slow for too long, or quiet."""
        waited_s = now_s - self._quiet_since
        if self._is_paused:
            if waited_s > TAKEN_WITHIN_S:
                self.abort()
        elif self._is_answering:
            return
        elif self._reader.has_begun:
            if waited_s > REQUEST_WITHIN_S:
                self._refuse(Unreadable(408, "request_late"))
        elif waited_s > IDLE_S:
            self.close()

    def close(self) -> None:
        """End it once what was written has left."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Not asked: uvloop's own are none by their class.
        self._transport = transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._address = peer[0] if peer else ""
        if not self._house.enter(self):
            self._house.answering.hear_refused("too_many_connections", self._address)
            transport.write(written(refusal(503), keeps=False))
            transport.close()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give room for what comes."""
        del sizehint  # The system gives no more than fits, and the rest with the next read.
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came, and begin to answer."""
        if self._ends or self._transport is None:
            return
        reader = self._reader
        if not reader.has_begun and not self._is_answering:
            # The time of a request runs from its first byte and not from its latest.
            self._quiet_since = self._loop.time()
        try:
            reader.feed(self._buffer[:nbytes])
        except Unreadable as error:
            self._refuse(error)
            return
        if self._is_answering:
            # More than one thing at once: what else comes waits in the system's own buffers,
            # which have bounds.
            self._transport.pause_reading()
        elif reader.received:
            self._begin()
        elif reader.wants_to_go_on:
            reader.wants_to_go_on = False
            self._transport.write(GO_ON)

    def eof_received(self) -> bool:
        """Tell that an answer may still be written where one is being made.

        Over TLS none may: there, whoever says goodbye hears nothing any more.
        """
        self._ends = True
        transport = self._transport
        is_plain = transport is not None and transport.get_extra_info("sslcontext") is None
        return self._is_answering and is_plain

    def pause_writing(self) -> None:
        """Stop answering until the client takes what it was told."""
        self._is_paused = True
        self._quiet_since = self._loop.time()

    def resume_writing(self) -> None:
        """Go on."""
        self._is_paused = False
        self._quiet_since = self._loop.time()
        self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        """End; what is being carried out is carried out to its end all the same."""
        del error
        self._transport = None
        self._house.leave(self)

    def _begin(self) -> None:
        self._is_answering = True
        received = self._reader.received.popleft()
        answer = self._open(received) if received.accept else self._answer(received)
        self._house.work(self._loop.create_task(answer))

    async def _answer(self, received: Received) -> None:
        keeps = received.keeps and not self._house.is_closing
        try:
            answer = await self._house.answering.answer(received.request, self._address)
            data = written(answer, keeps=keeps)
        except Exception as error:  # noqa: BLE001  The rim of the process: no sender may see a traceback.
            # Only where it happened is logged: the text of the exception may quote a body.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            keeps, data = False, written(refusal(500), keeps=False)
        self._is_answering = False
        self._quiet_since = self._loop.time()
        transport = self._transport
        if transport is None:
            return
        transport.write(data)
        if not keeps or (self._ends and not self._reader.received):
            transport.close()
        else:
            self._go_on()

    async def _open(self, received: Received) -> None:
        opening, told = self._house.opening, refusal(501)
        try:
            if opening is not None and not self._house.is_closing:
                opened = await opening.open_socket(received.request, self._address)
                if not isinstance(opened, WireAnswer):
                    await self._talk(opened, received.accept)
                    return
                told = opened
        except Exception as error:  # noqa: BLE001  The rim of the process, as above.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            told = refusal(500)
        self._is_answering = False
        if self._transport is not None:
            self._transport.write(written(told, keeps=False))
            self._transport.close()

    async def _talk(self, talking: Talking, accept: bytes) -> None:
        """Hand the connection over to a socket, for as long as it lives."""
        transport = self._transport
        if transport is None or self._ends:
            return
        socket = Socket(transport, self._house)
        # From here on, this connection hears of nothing any more.
        self._transport = None
        self._house.leave(self)
        self._house.enter_socket(socket)
        transport.set_protocol(socket)
        transport.write(agreed(accept))
        transport.resume_reading()
        await socket.serve(talking)

    def _go_on(self) -> None:
        if self._is_answering or self._is_paused or self._transport is None:
            return
        if self._reader.received:
            self._begin()
        elif not self._ends:
            self._transport.resume_reading()

    def _refuse(self, error: Unreadable) -> None:
        """End a connection on which nothing can be believed any more.

        Why what waits there is dropped: whoever hides a request behind others may have written
        those as well.
        """
        self._house.answering.hear_refused(error.code, self._address)
        self._ends = True
        self._reader.received.clear()
        if self._transport is not None and not self._is_answering:
            self._transport.write(written(refusal(error.status), keeps=False))
            self._transport.close()
