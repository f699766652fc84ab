"""Our end of a WebSocket: the protocol of `websockets` without its I/O, over a dialled connection.

No redirects, no cookies, no compression, no proxies; messages and everything that waits are
bounded. What is said over it, when it is pinged and when it is given up is not known here.
"""

import asyncio
import logging
from collections import deque
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import WebSocketURI

from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.venues import Address
from drawbridge.wire.stream import Frame

# Some exchanges begin a book with all of its levels in one message, which are several megabytes.
MOST_MESSAGE_BYTES: Final = 16 * 1024 * 1024
# What waits to be read: beyond it, nothing more is taken off the network until some was read.
MOST_WAITING: Final = 1_024
_MOST_WAITING_BYTES: Final = MOST_MESSAGE_BYTES
# What waits to be written: frames are small and few, so more than this is a peer that reads none.
_MOST_UNWRITTEN_BYTES: Final = 1024 * 1024
_GOING_AWAY: Final = 1_000
_LEAVE_WITHIN_S: Final = 2
# One for all connections: what is read into it is taken out again before the loop does anything
# else. A room for each would be most of what a quiet connection costs.
_BUFFER: Final = memoryview(bytearray(32 * 1024))
_END_OF_DATA: Final = b""

# The library tells its logger of every frame and every address, and both carry tokens.
_SILENT: Final = logging.getLogger("drawbridge.gateway.sockets.silent")
_SILENT.disabled = True


async def open_socket(
    dialler: Dialler, address: Address, path: bytes, deadline: float
) -> "WebSocket":
    """Open a WebSocket at a path of an address by a deadline, in the loop's time.

    Raises: `ExchangeDown("unreachable")` and what `Dialler.dial` does;
    `ExchangeDown("stream_refused")` when the other side answers with anything but a stream.
    """
    wanted, _, query = path.decode("ascii").partition("?")
    uri = WebSocketURI(address.tls, address.host, address.port, wanted, query)
    connection = await dialler.dial(address, lambda: WebSocket(uri), deadline)
    try:
        async with asyncio.timeout_at(deadline):
            await connection.opened
    except TimeoutError:
        connection.abort()
        raise ExchangeDown("unreachable", host=address.host, told="handshake") from None
    except BaseException:
        connection.abort()
        raise
    return connection


class WebSocket(asyncio.BufferedProtocol):
    """One connection. Why buffered: see `egress.py`."""

    def __init__(self, uri: WebSocketURI) -> None:
        """Begin before the handshake."""
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.heard_at = loop.time()
        self._loop = loop
        self._protocol = ClientProtocol(uri, max_size=MOST_MESSAGE_BYTES, logger=_SILENT)
        self._transport: asyncio.Transport | None = None
        self._begun: list[WireFrame] = []
        self._waiting: deque[Frame] = deque()
        self._waiting_bytes = 0
        self._is_paused = self._has_ended = False
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """Count the messages that wait to be read."""
        return len(self._waiting)

    async def receive(self) -> Frame | None:
        """Wait for the next message; None once the connection has ended."""
        while not self._waiting:
            if self._has_ended:
                return None
            self._news.clear()
            await self._news.wait()
        frame = self._waiting.popleft()
        self._waiting_bytes -= len(frame)
        if self._is_paused and len(self._waiting) <= MOST_WAITING // 2:
            self._is_paused = False
            if self._transport is not None:
                self._transport.resume_reading()
        return frame

    def send(self, frame: Frame) -> None:
        """Send a message; one for a connection that has ended goes nowhere."""
        if self._protocol.state is State.OPEN:
            if isinstance(frame, str):
                self._protocol.send_text(frame.encode())
            else:
                self._protocol.send_binary(frame)
            self._flush()

    def ping(self) -> None:
        """Ask the other side for a sign of life."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._flush()

    def close(self) -> None:
        """Say goodbye and close; an answer to it is not waited for."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(_GOING_AWAY)
            self._flush()
        self._hang_up()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        # Not asked: uvloop's own are none by their class.
        self._transport = cast("asyncio.Transport", transport)
        request = self._protocol.connect()
        request.headers["User-Agent"] = "drawbridge"
        self._protocol.send_request(request)
        self._flush()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give room for what comes."""
        del sizehint  # The system gives no more than fits, and the rest with the next read.
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came."""
        self.heard_at = self._loop.time()
        self._protocol.receive_data(bytes(_BUFFER[:nbytes]))
        self._take_events()

    def eof_received(self) -> None:
        """Hear that nothing more will come."""
        self._protocol.receive_eof()
        self._take_events()

    def connection_lost(self, error: Exception | None) -> None:
        """Hear that the connection is gone."""
        del error  # Whatever the reason, nothing more will come.
        self._transport, self._has_ended = None, True
        self._begun.clear()
        self._news.set()
        if not self.opened.done():
            self.opened.set_exception(ExchangeDown("unreachable", told="handshake"))
            # Whoever wanted it may have gone before it was there; nobody hears of it then.
            self.opened.exception()

    def _take_events(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, WireFrame):
                self._take_frame(event)
            elif isinstance(event, Response):
                self._take_response(event)
        if self._protocol.handshake_exc is not None and not self.opened.done():
            self.opened.set_exception(ExchangeDown("stream_refused", told="handshake"))
        self._flush()
        if self._protocol.state in {State.CLOSING, State.CLOSED}:
            # Either side has said goodbye, or broke the rules: what it says after that is nothing.
            self._hang_up()

    def _take_response(self, response: Response) -> None:
        if self.opened.done():
            return
        failed = self._protocol.handshake_exc
        if failed is None:
            self.opened.set_result(None)
            return
        told = str(response.status_code) if isinstance(failed, InvalidStatus) else "handshake"
        self.opened.set_exception(ExchangeDown("stream_refused", told=told))

    def _take_frame(self, frame: WireFrame) -> None:
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            return
        # The protocol has seen to their order, and to the size of all of them together.
        self._begun.append(frame)
        if not frame.fin:
            return
        parts, self._begun = self._begun, []
        data = b"".join(part.data for part in parts)
        if parts[0].opcode is Opcode.BINARY:
            self._put(data)
            return
        try:
            self._put(data.decode())
        except UnicodeDecodeError:
            self.abort()

    def _put(self, frame: Frame) -> None:
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        is_full = len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= _MOST_WAITING_BYTES
        if is_full and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._news.set()

    def _hang_up(self) -> None:
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.close()
            # Who takes nothing any more does not take a goodbye either.
            self._loop.call_later(_LEAVE_WITHIN_S, transport.abort)

    def _flush(self) -> None:
        transport = self._transport
        for data in self._protocol.data_to_send():
            if transport is None or transport.is_closing():
                return
            if data != _END_OF_DATA:
                transport.write(data)
            elif transport.can_write_eof():
                transport.write_eof()
        if transport is not None and transport.get_write_buffer_size() > _MOST_UNWRITTEN_BYTES:
            self.abort()
