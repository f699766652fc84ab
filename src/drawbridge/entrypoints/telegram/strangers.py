"""How often a stranger is answered: once in a while, however much they write.

Why: Telegram lets a bot write so and so often only, and whoever waits behind a stranger's
hundred messages may want to stop everything.
"""

import asyncio
from typing import Final

_SECOND_MS: Final = 1_000
_QUIET_MS: Final = 600 * _SECOND_MS
_MOST_REMEMBERED: Final = 10_000


class Strangers:
    """Who was answered lately; in memory, because a restart may answer once more."""

    def __init__(self) -> None:
        """Remember nobody."""
        self._answered_ms: dict[int, int] = {}

    def may_answer(self, chat: int) -> bool:
        """Tell whether a stranger is to be answered now, and remember it."""
        now_ms = int(asyncio.get_running_loop().time() * _SECOND_MS)
        answered_ms = self._answered_ms.get(chat)
        if answered_ms is not None and now_ms - answered_ms < _QUIET_MS:
            return False
        self._answered_ms.pop(chat, None)
        self._answered_ms[chat] = now_ms
        if len(self._answered_ms) > _MOST_REMEMBERED:
            del self._answered_ms[next(iter(self._answered_ms))]
        return True

    def forget(self, chat: int) -> None:
        """Forget somebody: they are no stranger any more."""
        self._answered_ms.pop(chat, None)
