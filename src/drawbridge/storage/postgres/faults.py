"""What PostgreSQL and its drivers say, in our families.

A server that does not answer is no broken invariant: whoever asked tries again, as with an exchange
that is down. Mistakes in our own SQL stay what they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from drawbridge.core.errors import Conflict, Corrupted, ExchangeDown

AWAY: Final = "database_away"

LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # The driver lost its way, because the server ended the connection between two statements.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    # The server is stopping, starting, full, or ended what took too long; its disk is broken.
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    # A stand-in that was not promoted yet; a password that was changed, a database that is just
    # being put back: somebody is at it, and it will be there again.
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
    # Undone by the server; nothing happened.
    asyncpg.TransactionRollbackError,
)


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn the driver's errors into ours.

    Raises: `Conflict("row_exists")` for a key that is taken, `Corrupted("row_refused")` for any
    other broken constraint or a value that no column can hold, `ExchangeDown("database_away")`
    where the server did not answer.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict("row_exists") from error
    except (
        asyncpg.IntegrityConstraintViolationError,
        asyncpg.RaiseError,
        asyncpg.DataError,
        # A row of somebody else, or a table that is the house's: see `tenants.py`.
        asyncpg.InsufficientPrivilegeError,
        asyncpg.exceptions.UntranslatableCharacterError,
        OverflowError,
        UnicodeEncodeError,
    ) as error:
        raise Corrupted("row_refused", reason=type(error).__name__) from error
    except LOST as error:
        raise ExchangeDown(AWAY, reason=type(error).__name__) from error
