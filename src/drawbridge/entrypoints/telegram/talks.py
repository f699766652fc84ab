"""Where aiogram keeps the state of dialogs: our rows.

They are the house's, whoever speaks: they belong to a chat, and are looked at before it is known
whose that is.
"""

from collections.abc import Mapping
from typing import Any

from aiogram.fsm.state import State
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey

from drawbridge.accounts.telegram_talks import Talk, TelegramTalks
from drawbridge.storage.acting import as_house


class RowStorage(BaseStorage):
    """aiogram's view of the rows; a chat has at most one dialog."""

    def __init__(self, talks: TelegramTalks) -> None:
        """Keep them there."""
        self._talks = talks

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        """Go on to a state."""
        name = state.state if isinstance(state, State) else state
        with as_house():
            known = await self._talks.find(key.chat_id)
            await self._talks.keep(key.chat_id, Talk(name or "", known.facts))

    async def get_state(self, key: StorageKey) -> str | None:
        """Give the state, None where there is no dialog."""
        with as_house():
            return (await self._talks.find(key.chat_id)).state or None

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        """Keep facts of a dialog."""
        with as_house():
            known = await self._talks.find(key.chat_id)
            await self._talks.keep(key.chat_id, Talk(known.state, data))

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        """Give the facts of a dialog."""
        with as_house():
            return dict((await self._talks.find(key.chat_id)).facts)

    async def close(self) -> None:
        """Do nothing: the database is closed by who opened it."""
