"""A database whose transactions end badly as often as they are told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from drawbridge.core.errors import DrawbridgeError
from drawbridge.storage.database import Database, Transaction


class FaultyDatabase:
    """Does what the real one does, until an error waits in one of its lists.

    `undone` are raised in place of a commit, `unheard` after one that nobody heard of.
    """

    def __init__(self, database: Database) -> None:
        """Stand before this one."""
        self._database = database
        self.undone: list[Exception] = []
        self.unheard: list[DrawbridgeError] = []

    @property
    def as_database(self) -> Database:
        """Give it as whoever uses it knows it."""
        return cast("Database", self)

    def __getattr__(self, name: str) -> object:
        """Leave all else to the real one."""
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Write all or nothing, or let nobody know."""
        async with self._database.transaction() as tx:
            yield tx
            if self.undone:
                raise self.undone.pop(0)
        if self.unheard:
            raise self.unheard.pop(0)
