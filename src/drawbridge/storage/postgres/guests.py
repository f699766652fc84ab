"""Connections on which people's statements run: under the role that sees one person's rows.

Each remembers for whom it was set last, so that what one person reads one after the other, as a
page does, takes no round trip more than without. How the rows are kept apart: `tenants.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.core.errors import Forbidden
from drawbridge.storage.acting import HOUSE, NOBODY, asker
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Row
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.connecting import Connection, open_connection, patiently
from drawbridge.storage.postgres.faults import our_errors
from drawbridge.storage.postgres.tenants import NOTED, ROLE, SETTING, fences_noted

_MOST: Final = 6
_AS_ROLE: Final = {"role": ROLE}
_SET: Final = f"SELECT set_config('{SETTING}', $1, false)"
_SET_LOCALLY: Final = (
    f"set_config('{SETTING}', '{{}}', true)",
    f"set_config('role', '{ROLE}', true)",
)
# Asked in two, because a role that is not there cannot be asked about.
_HAS_ROLE: Final = "SELECT 1 FROM pg_roles WHERE rolname = $1"
_IS_IN_FORCE: Final = """
SELECT pg_has_role($1, 'MEMBER') AND NOT row_security_active('owners')
    AND has_table_privilege($1, 'owners', 'SELECT')
"""


def person_asking() -> str:
    """Give for which person we act, empty for the house.

    Raises: `Forbidden("nobody_asks")` where a door did not say for whom.
    """
    who = asker()
    if who == NOBODY:
        raise Forbidden("nobody_asks", rule="tenants")
    return "" if who == HOUSE else who


def begin_for(owner: str, *functions: str) -> str:
    """Give the SQL that begins a transaction of one person, or of the house, and calls functions.

    Why as text: all of it goes in one round trip. `acting_for` lets no other ids in than those that
    can stand in SQL as they are.
    """
    called = [*functions, *(it.format(owner) for it in _SET_LOCALLY if owner)]
    return f"BEGIN; SELECT {', '.join(called)}" if called else "BEGIN"


async def is_separated(place: PostgresPlace) -> bool:
    """Tell whether the server keeps people's rows apart, for who connects as we do."""
    connection = await open_connection(place)
    try:
        with our_errors():
            if not fences_noted(await connection.fetchval(NOTED))[1]:
                return False
            if not await connection.fetchval(_HAS_ROLE, ROLE):
                return False
            return bool(await connection.fetchval(_IS_IN_FORCE, ROLE))
    finally:
        connection.terminate()


class Guests:
    """A few connections, made when they are wanted."""

    def __init__(self, place: PostgresPlace) -> None:
        """Connect to nothing yet."""
        self._place = place
        self._room = asyncio.Semaphore(_MOST)
        self._lent = 0
        # For whom each was set last; the one that was used last stands last.
        self._free: list[tuple[str, Connection]] = []

    async def fetch(self, owner: str, sql: str, *args: Value) -> Sequence[Row]:
        """Read rows of one person. Raises: `ExchangeDown("database_away")`."""

        async def ask() -> Sequence[Row]:
            async with self._set_for(owner) as connection:
                return await connection.fetch(sql, *args)

        return await patiently(ask)

    async def fetchrow(self, owner: str, sql: str, *args: Value) -> Row | None:
        """Read the first row of one person. Raises: `ExchangeDown("database_away")`."""

        async def ask() -> Row | None:
            async with self._set_for(owner) as connection:
                return await connection.fetchrow(sql, *args)

        return await patiently(ask)

    async def run(self, owner: str, sql: str, *args: Value) -> Sequence[Row]:
        """Run one person's statement once, as a transaction of its own.

        Raises: `ExchangeDown("database_away")`; then it may have been done.
        """
        with our_errors():
            async with self._set_for(owner) as connection:
                return await connection.fetch(sql, *args)

    def close(self) -> None:
        """Drop the connections."""
        for _, connection in self._free:
            connection.terminate()
        self._free.clear()

    @asynccontextmanager
    async def _set_for(self, owner: str) -> AsyncIterator[Connection]:
        async with self._room:
            before, connection = await self._taken(owner)
            self._lent += 1
            try:
                if before != owner:
                    await _set(connection, owner)
                yield connection
            except asyncio.CancelledError:
                # Whatever it is in the middle of, nobody else begins there.
                connection.terminate()
                raise
            finally:
                self._lent -= 1
                if not connection.is_closed():
                    self._free.append((owner, connection))

    async def _taken(self, owner: str) -> tuple[str, Connection]:
        """Take one that is set for this person already, a new one, or the one unused longest."""
        self._free = [it for it in self._free if not it[1].is_closed()]
        for place in reversed(range(len(self._free))):
            if self._free[place][0] == owner:
                return self._free.pop(place)
        if self._free and len(self._free) + self._lent >= _MOST:
            return self._free.pop(0)
        return NOBODY, await open_connection(self._place, _AS_ROLE)


async def _set(connection: Connection, owner: str) -> None:
    try:
        await connection.fetchval(_SET, owner)
    except BaseException:
        # It is set for somebody else still, and is never to be taken for one that is set.
        connection.terminate()
        raise
