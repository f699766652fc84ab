"""How long a check waits for an exchange that has no room for its questions now.

After a restart that is soon so: what this process asked before it ended is counted there still,
and it knows nothing of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from drawbridge.core.errors import ExchangeDown

PATIENCE_MS: Final = 20_000
"""Of one check, all in all: a person sees it stand still, and is told of a longer wait instead."""

_NO_ROOM: Final = "rate_limited"
_S: Final = 1_000

_T = TypeVar("_T")


class Patience:
    """What one check has left of it."""

    def __init__(
        self,
        left_ms: int = PATIENCE_MS,
        pause: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        """Wait for so long at most, all in all; `pause` lets milliseconds pass."""
        self._left_ms = left_ms
        self._pause = pause or _pause

    async def wait_out(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Ask, and ask again when there is room, as the exchange says; for what only reads.

        Raises: what asking raises; `ExchangeDown("rate_limited")` where it is to wait for longer.
        """
        while True:
            try:
                return await ask()
            except ExchangeDown as error:
                if error.code != _NO_ROOM or error.retry_after_ms > self._left_ms:
                    raise
                wait_ms = max(1, error.retry_after_ms)
            self._left_ms -= wait_ms
            await self._pause(wait_ms)


async def _pause(wait_ms: int) -> None:
    await asyncio.sleep(wait_ms / _S)
