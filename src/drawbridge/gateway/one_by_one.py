"""One at a time, in turn: what a key's nonces need, of which the smaller must never come second.

Like a lock, but whoever has had least goes next (`turns.py`), and nobody waits for ever.
"""

import asyncio
from typing import Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.turns import Caller, Line, Waiting

PATIENCE_S: Final = 8
_COME_BACK_AFTER_MS: Final = 1_000


class OneByOne:
    """Whoever holds it is alone; belongs to one event loop."""

    __slots__ = ("_is_held", "_line")

    def __init__(self) -> None:
        """Begin with nobody."""
        self._is_held = False
        self._line: Line[asyncio.Future[None]] = Line()

    async def take(self, caller: Caller) -> None:
        """Wait for one's turn; `release` ends it.

        Raises: `ExchangeDown("rate_limited")` where too many wait, or it took too long.
        """
        if not self._is_held:
            self._is_held = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = Waiting(caller.who, 1, turn, caller.is_urgent)
        if not self._line.join(waiting):
            raise ExchangeDown("rate_limited", retry_after_ms=_COME_BACK_AFTER_MS)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await turn
        except BaseException as error:
            self._line.leave(waiting)
            if turn.done() and not turn.cancelled():
                self.release()  # it was ours already when the wait ended
            if isinstance(error, TimeoutError):
                raise ExchangeDown("rate_limited", retry_after_ms=_COME_BACK_AFTER_MS) from None
            raise

    def release(self) -> None:
        """Hand it on, or let it be free."""
        for waiting in self._line.heads():
            self._line.serve(waiting)
            if not waiting.item.done():
                waiting.item.set_result(None)
                return
        if self._line.length:
            self.release()  # all of those had given up; behind them are others
        else:
            self._is_held = False
