"""Parts of a key that were typed, until the last one is there. In memory, and nowhere else."""

import asyncio
from typing import Final

from drawbridge.accounts.telegram_talks import TALK_LIVES_MS
from drawbridge.core.secret import Secret

_LIVES_S: Final = TALK_LIVES_MS / 1_000


class Held:
    """What each chat has typed of a key so far; dropped after ten minutes at the latest."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._parts: dict[int, dict[str, Secret]] = {}
        self._alarms: dict[int, asyncio.TimerHandle] = {}

    def put(self, chat: int, field: str, secret: Secret) -> None:
        """Hold a part."""
        self._parts.setdefault(chat, {})[field] = secret
        if chat not in self._alarms:
            loop = asyncio.get_running_loop()
            self._alarms[chat] = loop.call_later(_LIVES_S, self.drop, chat)

    def names(self, chat: int) -> frozenset[str]:
        """Tell which parts are held."""
        return frozenset(self._parts.get(chat, {}))

    def take(self, chat: int) -> dict[str, Secret]:
        """Give all parts and hold them no more."""
        parts = self._parts.get(chat, {})
        self.drop(chat)
        return parts

    def drop(self, chat: int) -> None:
        """Let go of everything that a chat has typed."""
        self._parts.pop(chat, None)
        alarm = self._alarms.pop(chat, None)
        if alarm is not None:
            alarm.cancel()
