"""Whoever looks for trials goes on looking, whatever the database does meanwhile."""

import asyncio
from pathlib import Path
from typing import cast

from drawbridge.app.lab_keeper import lab_kept
from drawbridge.app.settings import Settings
from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Database, Row

_WITHIN_S = 10


class _Away:
    """A database that does not answer at first, and then knows of no trial."""

    def __init__(self) -> None:
        self.is_back = asyncio.Event()
        self._asked = 0

    async def fetch_one(self, sql: str, *args: Value) -> Row | None:
        del sql, args
        self._asked += 1
        if self._asked == 1:
            raise ExchangeDown("database_away")
        self.is_back.set()
        return None


async def test_a_database_that_was_away_is_looked_at_again(tmp_path: Path) -> None:
    away = _Away()
    async with (
        asyncio.timeout(_WITHIN_S),
        lab_kept(Settings(tmp_path), cast("Database", away)),
    ):
        await away.is_back.wait()
