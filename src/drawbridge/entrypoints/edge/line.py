"""One line between a front and a worker: proven first, then messages, everything bounded.

What is said over it is the business of whoever owns it; either side opens no line by itself.
"""

import asyncio
from typing import Final, Protocol, cast

from drawbridge.entrypoints.edge.messages import (
    Cutter,
    Kind,
    Malformed,
    Message,
    written,
)
from drawbridge.entrypoints.edge.proving import Unproven

# Who has not proven itself by then is cut off.
PROVEN_WITHIN_S: Final = 5
PING_EVERY_S: Final = 0.9
# A machine that is gone says nothing, not even that it is gone.
SILENT_S: Final = 12
_PING: Final = Message(Kind.PING)

# One for all lines: what is read into it is taken out again before the loop does anything else.
_BUFFER: Final = memoryview(bytearray(64 * 1_024))


class Proving(Protocol):
    """How one side proves itself; `front` and `worker` are the two."""

    is_done: bool

    def begin(self) -> Message | None:
        """Give what is said first."""

    def take(self, message: Message) -> Message | None:
        """Take what the other side says, and give the answer. Raises: `Unproven`."""


class Owner(Protocol):
    """Who talks over a line."""

    def begun(self, line: "Line") -> bool:
        """Hear that somebody is there, who has proven nothing yet; False ends the line."""

    def proven(self, line: "Line") -> None:
        """Hear that the other side is who it should be."""

    def hear(self, line: "Line", message: Message) -> None:
        """Hear a message. Raises: `Malformed`, which ends the line."""

    def lost(self, line: "Line") -> None:
        """Hear that the line is gone."""


class Line:
    """One connection between two of our processes, for those who talk over it."""

    __slots__ = (
        "_began_at",
        "_cutter",
        "_heard_at",
        "_is_held",
        "_is_lost",
        "_loop",
        "_most_bytes",
        "_owner",
        "_pinged_at",
        "_proving",
        "_room",
        "_transport",
    )

    def __init__(self, proving: Proving, owner: Owner, most_bytes: int) -> None:
        """Belong to somebody; once it is proven, bodies may be as long as that."""
        self._loop = asyncio.get_running_loop()
        self._proving = proving
        self._owner = owner
        self._most_bytes = most_bytes
        self._cutter = Cutter()
        self._transport: asyncio.Transport | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._is_lost = self._is_held = False
        self._began_at = self._heard_at = self._pinged_at = self._loop.time()

    @property
    def is_open(self) -> bool:
        """Tell whether anything may be said over it."""
        transport = self._transport
        is_there = transport is not None and not transport.is_closing()
        return is_there and self._proving.is_done and not self._is_lost

    def is_quiet(self, now_s: float, for_s: float) -> bool:
        """Tell whether the other side has not even pinged for so long."""
        is_heard = self._is_held or now_s - self._heard_at <= for_s
        return self._proving.is_done and not is_heard

    @property
    def waiting_bytes(self) -> int:
        """Give how much the other side has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def write(self, message: Message) -> None:
        """Say something; over a line that is gone it goes nowhere."""
        if self._transport is not None and not self._is_lost:
            self._transport.write(written(message))

    async def drain(self) -> None:
        """Wait until the other side takes what was said, or is gone."""
        await self._room.wait()

    def hold(self, *, is_held: bool) -> None:
        """Hear nothing more for the moment, or again: it waits in the system's own buffers."""
        if self._transport is None or self._transport.is_closing():
            return
        self._is_held = is_held
        if is_held:
            self._transport.pause_reading()
        else:
            self._heard_at = self._loop.time()
            self._transport.resume_reading()

    def end(self, *, at_once: bool = False) -> None:
        """End it, once what was said has left or at once."""
        if self._transport is not None and at_once:
            self._transport.abort()
        elif self._transport is not None:
            self._transport.close()

    def watch(self, now_s: float) -> None:
        """Ping, and end it when the other side is not there any more, or does not prove itself.

        Both sides ping, and nobody answers: who takes nothing for a moment is still there.
        """
        if not self._proving.is_done:
            if now_s - self._began_at > PROVEN_WITHIN_S:
                self.end(at_once=True)
        elif now_s - self._heard_at > SILENT_S and not self._is_held:
            self.end(at_once=True)
        elif now_s - self._pinged_at > PING_EVERY_S:
            self._pinged_at = now_s
            self.write(_PING)

    # What its wire tells it.

    def begin(self, transport: asyncio.Transport) -> None:
        """Begin to prove."""
        self._transport = transport
        if not self._owner.begun(self):
            transport.abort()
            return
        first = self._proving.begin()
        if first is not None:
            self.write(first)

    def take(self, data: memoryview) -> None:
        """Take what came."""
        if self._is_lost:
            return
        self._heard_at = self._loop.time()
        try:
            for message in self._cutter.feed(data):
                self._take(message)
        except (Malformed, Unproven):
            self.end(at_once=True)

    def make_room(self, *, is_there: bool) -> None:
        """Hear whether the other side takes more."""
        if is_there:
            self._room.set()
        else:
            self._room.clear()

    def lose(self) -> None:
        """Hear that it is gone."""
        self._is_lost = True
        self._room.set()
        self._owner.lost(self)

    def _take(self, message: Message) -> None:
        if self._is_lost:
            return
        if not self._proving.is_done:
            self._prove(message)
        elif message.kind is not Kind.PING:
            self._owner.hear(self, message)

    def _prove(self, message: Message) -> None:
        answer = self._proving.take(message)
        if answer is not None:
            self.write(answer)
        if self._proving.is_done:
            self._cutter.allow(self._most_bytes)
            self._owner.proven(self)


class Wire(asyncio.BufferedProtocol):
    """What asyncio calls, for a line."""

    __slots__ = ("line",)

    def __init__(self, line: Line) -> None:
        """Carry a line."""
        self.line = line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Not asked: uvloop's own are none by their class.
        self.line.begin(cast("asyncio.Transport", transport))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give room for what comes."""
        del sizehint  # The system gives no more than fits, and the rest with the next read.
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came."""
        self.line.take(_BUFFER[:nbytes])

    def pause_writing(self) -> None:
        """Let nobody say more until the other side takes it."""
        self.line.make_room(is_there=False)

    def resume_writing(self) -> None:
        """Go on."""
        self.line.make_room(is_there=True)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        del error  # Whatever the reason, nothing more will come.
        self.line.lose()
