"""Commit, and find out what became of a commit whose answer was lost.

The server numbers transactions, and knows for a while how each ended. So nobody writes twice what
was written once, and nobody takes for written what was not.
"""

import asyncio
from typing import Final

import asyncpg

from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.connecting import Connection, open_connection, patiently
from drawbridge.storage.postgres.faults import AWAY, LOST, our_errors

_NUMBER: Final = "SELECT pg_current_xact_id()::text"
_STATUS: Final = "SELECT pg_xact_status($1::text::xid8)"
_PAUSE_S: Final = 0.1


async def number_of(connection: Connection) -> str:
    """Give the number of the transaction that is open."""
    number: str = await connection.fetchval(_NUMBER)
    return number


async def commit(connection: Connection, place: PostgresPlace, number: str) -> bool:
    """Commit; False where the connection was lost and nothing was written.

    Raises: `OutcomeUnknown("database_away")` when the server does not come back to tell.
    """
    try:
        with our_errors():
            await connection.execute("COMMIT")
    except ExchangeDown:
        return await _has_committed(place, number)
    return True


async def roll_back(connection: Connection) -> None:
    """Undo what is open; a connection that does not answer is dropped, which undoes it as well."""
    try:
        await connection.execute("ROLLBACK")
    except (*LOST, asyncpg.PostgresError):
        connection.terminate()
    except BaseException:
        # Who is cancelled here may have undone nothing, and the next one would write it.
        connection.terminate()
        raise


async def _has_committed(place: PostgresPlace, number: str) -> bool:
    async def ask() -> str:
        connection = await open_connection(place)
        try:
            status = await connection.fetchval(_STATUS, number)
            if status == "in progress":  # the server has not noticed yet that we are gone
                await asyncio.sleep(_PAUSE_S)
                raise TimeoutError
            return str(status)
        finally:
            await connection.close()

    try:
        return await patiently(ask) == "committed"
    except ExchangeDown as error:
        raise OutcomeUnknown(AWAY) from error
