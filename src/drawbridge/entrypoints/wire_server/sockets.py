"""Our end of a bot's WebSocket: the protocol of `websockets` without its I/O, everything bounded.

What is said over it is the business of whoever talks; here are frames, pings, and the end of who
is silent, slow, or too much.
"""

import asyncio
import logging
import traceback
from collections import deque
from typing import Final, Protocol

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.protocol import Protocol as Wire
from websockets.protocol import Side, State

from drawbridge.wire.limits import Count, Limit, LimitKind, LimitPer
from drawbridge.wire.stream import Frame

_log: Final = logging.getLogger(__name__)

MOST_MESSAGE_BYTES: Final = 64 * 1_024
MOST_PARTS: Final = 64
# Beyond these, nothing more is taken off the network until some was read.
MOST_WAITING: Final = 256
# Beyond this, whoever reads so slowly is cut off: as at exchanges, the market does not wait.
MOST_UNTAKEN_BYTES: Final = 4 * 1_024 * 1_024
PING_EVERY_S: Final = 20
SILENT_S: Final = 60
_LEAVE_WITHIN_S: Final = 5
# So many frames of whatever kind at once, and then a hundred a second.
_FRAMES: Final = Limit("frames", LimitKind.DECAY, LimitPer.ADDRESS, 2_000, window_ms=20_000)
_MS: Final = 1_000
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
_END_OF_DATA: Final = b""

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
NOT_TEXT: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
BROKEN: Final = 1011
AGAIN_LATER: Final = 1012

# One for all connections: what is read into it is taken out again before the loop does anything
# else.
_BUFFER: Final = memoryview(bytearray(32 * 1_024))
# The library tells its logger of every frame, and frames carry tokens.
_SILENT: Final = logging.getLogger("drawbridge.entrypoints.wire_server.sockets.silent")
_SILENT.disabled = True


class _Writer:
    """Writes messages as they travel; what many are told is written once.

    Why past the library: an unmasked message without extensions is the same bytes on every socket,
    and writing them is most of what telling one costs.
    """

    __slots__ = ("_data", "_frame")

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._data = b""

    def written(self, frame: Frame) -> bytes:
        if frame is not self._frame:
            is_text = isinstance(frame, str)
            data = frame.encode() if isinstance(frame, str) else frame
            wire = WireFrame(Opcode.TEXT if is_text else Opcode.BINARY, data)
            self._frame, self._data = frame, wire.serialize(mask=False)
        return self._data


_WRITER: Final = _Writer()


class Talking(Protocol):
    """Who talks over a socket."""

    async def talk(self, socket: "Socket") -> None:
        """Talk until there is no more to say; the socket is closed after it."""


class SocketHouse(Protocol):
    """Who keeps the sockets of a server."""

    def enter_socket(self, socket: "Socket") -> None:
        """Watch over a socket."""

    def leave_socket(self, socket: "Socket") -> None:
        """Watch over it no more."""


class Socket(asyncio.BufferedProtocol):
    """One open WebSocket."""

    __slots__ = (
        "_begun",
        "_code",
        "_count",
        "_has_ended",
        "_heard_at",
        "_house",
        "_is_held",
        "_left_at",
        "_loop",
        "_news",
        "_pinged_at",
        "_transport",
        "_waiting",
        "_wire",
    )

    def __init__(self, transport: asyncio.Transport, house: SocketHouse) -> None:
        """Take over a connection whose handshake is done."""
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._house = house
        self._wire = Wire(Side.SERVER, max_size=MOST_MESSAGE_BYTES, logger=_SILENT)
        self._count = Count(_FRAMES)
        self._begun: list[WireFrame] = []
        self._waiting: deque[Frame] = deque()
        self._news = asyncio.Event()
        self._has_ended = self._is_held = False
        self._heard_at = self._pinged_at = self._loop.time()
        self._left_at: float | None = None
        self._code = NORMAL

    @property
    def is_open(self) -> bool:
        """Tell whether anything may still be said."""
        return self._wire.state is State.OPEN and not self._has_ended

    @property
    def code(self) -> int:
        """Give the code that it was closed with on our side."""
        return self._code

    async def receive(self) -> Frame | None:
        """Wait for the next message; None once there will be none any more."""
        while not self._waiting:
            if not self.is_open:
                return None
            self._news.clear()
            await self._news.wait()
        frame = self._waiting.popleft()
        if self._is_held and len(self._waiting) <= MOST_WAITING // 2 and self.is_open:
            self._is_held = False
            self._transport.resume_reading()
        return frame

    def send(self, frame: Frame) -> None:
        """Send a message; one for a socket that has ended goes nowhere."""
        if not self.is_open:
            return
        self._transport.write(_WRITER.written(frame))
        if self._transport.get_write_buffer_size() > MOST_UNTAKEN_BYTES:
            self._cut_off()

    def close(self, code: int = NORMAL, *, shard: int | None = None) -> None:
        """Say goodbye with a code; the other side's own goodbye is waited for, and not long."""
        del shard  # Who came here directly has to find the way to another process by itself.
        if self.is_open:
            self._code = code
            self._wire.send_close(code)
            self._flush()
            self._leave()

    def abort(self) -> None:
        """End it at once."""
        self._has_ended = True
        self._news.set()
        self._transport.abort()

    def watch(self, now_s: float) -> None:
        """Ping, and end it when the other side is not there any more, or does not go."""
        if self._left_at is not None:
            if now_s - self._left_at > _LEAVE_WITHIN_S:
                self.abort()
        elif now_s - self._heard_at > SILENT_S:
            self.abort()
        elif self.is_open and now_s - self._pinged_at > PING_EVERY_S:
            self._pinged_at = now_s
            self._wire.send_ping(b"")
            self._flush()

    async def serve(self, talking: Talking) -> None:
        """Let somebody talk over it, and close it after that."""
        code = NORMAL
        try:
            await talking.talk(self)
        except Exception as error:  # noqa: BLE001  The rim of the process: no sender may see a traceback.
            # Only where it happened is logged: the text of the exception may quote a frame.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            code = BROKEN
        finally:
            self.close(code)

    # What asyncio calls.

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give room for what comes."""
        del sizehint  # The system gives no more than fits, and the rest with the next read.
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came."""
        if self._has_ended:
            return
        self._heard_at = self._loop.time()
        self._wire.receive_data(bytes(_BUFFER[:nbytes]))
        self._take_events()

    def eof_received(self) -> None:
        """Hear that nothing more will come."""
        if not self._has_ended:
            self._wire.receive_eof()
            self._take_events()

    def connection_lost(self, error: Exception | None) -> None:
        """Hear that the connection is gone."""
        del error  # Whatever the reason, nothing more will come.
        self._has_ended = True
        self._begun.clear()
        self._house.leave_socket(self)
        self._news.set()

    def _take_events(self) -> None:
        for event in self._wire.events_received():
            if isinstance(event, WireFrame):
                self._take(event)
        self._flush()
        if self._wire.state is not State.OPEN:
            # Either side has said goodbye, or the other one broke the rules.
            self._leave()

    def _take(self, frame: WireFrame) -> None:
        if self._left_at is not None or self._has_ended:
            return  # what follows a goodbye of ours is nothing
        if self._count.charge(1, int(self._loop.time() * _MS)):
            self.close(POLICY)
            return
        if frame.opcode not in _DATA:
            return
        self._begun.append(frame)
        if not frame.fin:
            # The protocol bounds the bytes of a message, but not in how many parts it comes.
            if len(self._begun) > MOST_PARTS:
                self.close(TOO_BIG)
            return
        parts, self._begun = self._begun, []
        data = b"".join([part.data for part in parts])
        if parts[0].opcode is Opcode.BINARY:
            self._put(data)
            return
        try:
            self._put(data.decode())
        except UnicodeDecodeError:
            self.close(NOT_TEXT)

    def _put(self, frame: Frame) -> None:
        self._waiting.append(frame)
        self._news.set()
        if len(self._waiting) >= MOST_WAITING and not self._is_held:
            self._is_held = True
            self._transport.pause_reading()

    def _flush(self) -> None:
        transport = self._transport
        for data in self._wire.data_to_send():
            if data != _END_OF_DATA:
                transport.write(data)
            elif self._wire.close_rcvd is None and transport.can_write_eof():
                # What is still on its way would make a reset of a close, and lose its reason.
                transport.write_eof()
            else:
                transport.close()
        if transport.get_write_buffer_size() > MOST_UNTAKEN_BYTES:
            self._cut_off()

    def _cut_off(self) -> None:
        self._code = POLICY
        self.abort()

    def _leave(self) -> None:
        self._news.set()
        if self._left_at is None:
            self._left_at = self._loop.time()
            # The goodbye of the other side stands behind whatever else it has sent.
            self._transport.resume_reading()
