"""Connections to the server: how they are made, and what is asked of it for each.

No SQL of any feature is here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar

import asyncpg

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Row
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.faults import our_errors
from drawbridge.storage.postgres.silence import notice_silence

T = TypeVar("T")

CHANNEL: Final = "drawbridge"
"""On which processes tell each other that something was committed."""

# So long a restart of the server, or its stand-in taking over, may take without anybody noticing.
PATIENCE_S: Final = 8.0
_PAUSE_S: Final = 0.1
_CONNECT_S: Final = 3.0
_STATEMENT_S: Final = 30.0
_STATEMENTS_KEPT: Final = 1_024

# A process that is stopped or cut off in the middle of a transaction holds the others up no longer
# than this: then the server ends it, and what it had written is undone.
_SETTINGS: Final = {
    "application_name": "drawbridge",
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "2000",
    "lock_timeout": "10000",
    "statement_timeout": "30000",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
    "client_connection_check_interval": "1000",
}


class Asked(Protocol):
    """What can be asked with; the driver says nothing of its types."""

    async def fetch(self, sql: str, *args: Value) -> list[Row]:
        """Read rows."""

    async def fetchrow(self, sql: str, *args: Value) -> Row | None:
        """Read the first row."""

    async def fetchval(self, sql: str, *args: Value) -> Any:  # noqa: ANN401 - of whatever column
        """Read the first value of the first row."""

    def terminate(self) -> None:
        """Drop the connection, and whatever is under way on it."""


class Connection(Asked, Protocol):
    """One connection."""

    async def execute(self, sql: str, *args: Value) -> str:
        """Run a statement and give the server's word for it, such as `UPDATE 3`."""

    async def executemany(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run a statement for each of many rows."""

    async def add_listener(self, channel: str, heard: Callable[..., None]) -> None:
        """Hear what others tell on a channel."""

    def add_termination_listener(self, ended: Callable[..., None]) -> None:
        """Hear of the connection's end."""

    def is_closed(self) -> bool:
        """Tell whether it has ended."""

    def is_in_transaction(self) -> bool:
        """Tell whether something is open on it."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's
        """Take leave of the server."""


async def open_connection(
    place: PostgresPlace, settings: Mapping[str, str] | None = None
) -> Connection:
    """Open one connection, with settings of its own. Raises: `ExchangeDown("database_away")`."""
    with our_errors():
        connection = await asyncpg.connect(
            place.url,
            password=_password(place),
            timeout=_CONNECT_S,
            command_timeout=_STATEMENT_S,
            statement_cache_size=_STATEMENTS_KEPT,
            server_settings={**_SETTINGS, **(settings or {})},
        )
        try:
            await _prepare(connection)
        except BaseException:
            # Nobody has it yet who could.
            connection.terminate()
            raise
        opened: Connection = connection
        return opened


async def open_pool(place: PostgresPlace, size: int) -> Asked:
    """Open connections that are lent. Raises: `ExchangeDown("database_away")`."""
    with our_errors():
        pool: Asked = await asyncpg.create_pool(
            place.url,
            password=_password(place),
            # None is kept in readiness: one that cannot be made again is nobody's trouble then.
            min_size=0,
            max_size=size,
            timeout=_CONNECT_S,
            command_timeout=_STATEMENT_S,
            statement_cache_size=_STATEMENTS_KEPT,
            server_settings=_SETTINGS,
            init=_prepare,
            reset=_as_it_is,
        )
        return pool


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do what may be done twice until the server answers, for a while."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while True:
        try:
            with our_errors():
                return await work()
        except ExchangeDown:
            if loop.time() >= until:
                raise
            await asyncio.sleep(_PAUSE_S)


async def _prepare(connection: asyncpg.Connection) -> None:
    notice_silence(connection)
    # Sums of whole numbers come as numeric; we ask for no other.
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=_number, format="text"
    )


async def _as_it_is(_connection: asyncpg.Connection) -> None:
    """Give a connection back without another round trip: nobody here leaves anything on one."""


def _number(text: str) -> Any:  # noqa: ANN401 - whole where it is whole
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


def _password(place: PostgresPlace) -> str | None:
    return place.password.reveal() if place.password is not None else None
