"""Commit, and find out what became of a commit whose answer was lost.

The server numbers transactions, and knows for a while how each ended. So nobody writes twice what
was written once, and nobody takes for written what was not. A server that has crashed gives numbers
again that nothing on its disk bears; so with a number goes how far its log was, and where that
would begin anew.
"""

import asyncio
from typing import Final

import asyncpg

from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.connecting import Connection, open_connection, patiently
from drawbridge.storage.postgres.faults import AWAY, LOST, our_errors

NUMBER: Final = """
concat_ws(' ', pg_current_xact_id(), pg_current_wal_insert_lsn(),
          (SELECT redo_lsn FROM pg_control_checkpoint()))
"""
"""The number of the transaction that is open, once all is written that is to be committed."""

_NUMBER: Final = f"SELECT {NUMBER}"
# Doubtful where the log was begun anew since, before the place that ours had come to.
_STATUS: Final = """
SELECT pg_xact_status($1::text::xid8) AS status,
    (SELECT redo_lsn <> $3::text::pg_lsn AND redo_lsn < $2::text::pg_lsn
     FROM pg_control_checkpoint()) AS is_doubtful
"""
_COMMITTED: Final = "committed"
_UNDER_WAY: Final = "in progress"
_PAUSE_S: Final = 0.1


async def number_of(connection: Connection) -> str:
    """Give the number of the transaction that is open, as `NUMBER` says."""
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
    async def ask() -> bool:
        connection = await open_connection(place)
        try:
            row = await connection.fetchrow(_STATUS, *number.split(" "))
        except asyncpg.InvalidParameterValueError:
            return False  # it has not come to this number: what bore it is lost
        finally:
            # Without taking leave: a line that says nothing would keep every writer here waiting.
            connection.terminate()
        if row is None or row["status"] == _UNDER_WAY:
            # The server has not noticed yet that we are gone.
            await asyncio.sleep(_PAUSE_S)
            raise TimeoutError
        if row["status"] == _COMMITTED and row["is_doubtful"]:
            raise OutcomeUnknown(AWAY, reason="number_given_again")
        return bool(row["status"] == _COMMITTED)

    try:
        return await patiently(ask)
    except ExchangeDown as error:
        raise OutcomeUnknown(AWAY) from error
