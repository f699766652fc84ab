"""A connection kept for what must not wait: claims are renewed by it, whoever else reads or writes.

What does not answer fails here at once; whoever asked knows best whether to ask again.
"""

import asyncio
from collections.abc import Sequence

from drawbridge.core.errors import DrawbridgeError
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Row
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.connecting import Connection, open_connection
from drawbridge.storage.postgres.faults import our_errors
from drawbridge.storage.postgres.sql import numbered


class Aside:
    """One connection, made when it is first wanted and again when it was lost."""

    def __init__(self, place: PostgresPlace) -> None:
        """Connect to nothing yet."""
        self._place = place
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, sql: str, *args: Value) -> Sequence[Row]:
        """Run one statement as a transaction of its own.

        Raises: `ExchangeDown("database_away")`; then it may have been done.
        """
        async with self._turn:
            connection = self._connection
            if connection is None or connection.is_closed():
                connection = self._connection = await open_connection(self._place)
            try:
                with our_errors():
                    return await connection.fetch(numbered(sql), *args)
            except (DrawbridgeError, asyncio.CancelledError):
                # Whatever state it is in, the next one does not find out by waiting.
                self.close()
                raise

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
