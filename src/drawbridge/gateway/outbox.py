"""Writes that follow each other closely go out together."""

import asyncio
from typing import Final

_TOGETHER: Final = 8


class Outbox:
    """What is about to be written in this turn of the event loop.

    Why: a write that wakes the process or card at its other end costs more than all else about
    an order; what follows at once finds it awake. The first write of a turn goes out as it is,
    so that a single order waits for nothing.
    """

    __slots__ = ("_in_turn", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to this loop."""
        self._loop = loop
        self._in_turn = False
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write now, or with the next few, at the latest when this turn ends."""
        if not self._in_turn:
            self._in_turn = True
            self._loop.call_soon(self._end_turn)
            transport.write(data)
            return
        self._waiting.append((transport, data))
        if len(self._waiting) >= _TOGETHER:
            self._flush()

    def _end_turn(self) -> None:
        self._in_turn = False
        self._flush()

    def _flush(self) -> None:
        for transport, data in self._waiting:
            # One that was closed meanwhile has told its request already.
            if not transport.is_closing():
                transport.write(data)
        self._waiting.clear()
