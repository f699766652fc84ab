"""The frames that wait for a client to take them, and the end of clients that take none.

Bounded: whoever reads more slowly than the market moves is closed, as at the real exchanges;
the market does not wait, and memory does not grow.
"""

import asyncio
from collections import deque
from typing import Final

from drawbridge.wire.stream import Frame

_MOST_FRAMES: Final = 2_048
_MOST_BYTES: Final = 8_388_608
TOO_SLOW: Final = 1008
"""The code of the WebSocket protocol for who breaks a rule of the house."""


class Outgoing:
    """What is still to be sent over one connection."""

    __slots__ = ("_bytes", "_frames", "_news", "code")

    def __init__(self) -> None:
        """Start with nothing to send."""
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self.code = 0

    @property
    def is_closed(self) -> bool:
        """Tell whether the connection is to end; nothing more is taken then."""
        return bool(self.code)

    def __len__(self) -> int:
        """Count the frames that wait."""
        return len(self._frames)

    def put(self, frame: Frame) -> None:
        """Have a frame sent; one too many closes the connection and drops what waits."""
        if self.code:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > _MOST_FRAMES or self._bytes > _MOST_BYTES:
            self._frames.clear()
            self.close(TOO_SLOW)
        self._news.set()

    def close(self, code: int) -> None:
        """End the connection with this code once what waits is sent."""
        self.code = self.code or code
        self._news.set()

    async def take(self) -> Frame | None:
        """Wait for the next frame; None when there will be none any more."""
        while not self._frames:
            if self.code:
                return None
            self._news.clear()
            await self._news.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame
