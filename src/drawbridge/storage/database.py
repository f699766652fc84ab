"""What a database is to whoever reads and writes rows: the same for one file and for a server.

SQL stands in the `store.py` of each feature, once, in the dialect that SQLite and PostgreSQL both
understand. Which of the two it is, is decided where it is opened (`engines.py`) and nowhere else.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from drawbridge.storage.connection import Value
from drawbridge.storage.turns import Turn


class Row(Protocol):
    """One row: its values by the names of their columns, or by their place."""

    def __getitem__(self, name: str | int, /) -> Any:  # noqa: ANN401 - whatever the column holds
        """Give a value."""

    def __iter__(self) -> Iterator[Any]:
        """Give the values."""

    def __len__(self) -> int:
        """Tell how many they are."""

    def keys(self) -> Iterable[str]:
        """Give the columns' names."""


class Transaction(Protocol):
    """What can be done between begin and commit."""

    async def execute(self, sql: str, *args: Value) -> int:
        """Run one statement and tell how many rows it changed."""

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run one statement for each of many rows."""

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        """Read rows as this transaction sees them."""

    async def fetch_one(self, sql: str, *args: Value) -> Row | None:
        """Read the first row, None when there is none."""

    def wake(self, shards: Iterable[int]) -> None:
        """Say with the commit, to whoever holds these shards, that there is something to do."""


class Database(Protocol):
    """A database that is open for this process. Others may have it open as well."""

    def turn(self) -> Turn:
        """Give what says how long a glance may be relied on."""

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        """Read rows as they were last committed."""

    async def fetch_one(self, sql: str, *args: Value) -> Row | None:
        """Read the first row, None when there is none."""

    def glance(self, sql: str, *args: Value) -> Row | None:
        """Read one row by its key, at once. Only for rows found by an index."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Write all or nothing; one writer at a time, durable when the block is left.

        Raises: what the block raises, after everything in it was rolled back.
        """

    async def at_once(self, sql: str, *args: Value) -> Sequence[Row]:
        """Run one statement as a transaction of its own, and give the rows that it returns.

        Why: claims are renewed in time, whoever else writes, and nobody is woken by it.
        """

    def lane(self) -> AbstractAsyncContextManager[Transaction]:
        """Write rows that nobody else writes, such as what was read about an account of ours.

        As a transaction; it waits for no other process that writes, and nobody is told of it. Audit
        events are no such rows.
        """

    def alone(self, subject: str) -> AbstractAsyncContextManager[None]:
        """Keep every other process that asks for the same subject waiting."""

    async def data_version(self) -> int:
        """Give a number that changes whenever something was committed, by us or by others."""

    async def now_ms(self) -> int:
        """Give the time by the database's clock, which all its processes share."""

    async def close(self) -> None:
        """Close the connections; what was begun is finished first."""
