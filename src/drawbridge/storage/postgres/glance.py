"""One row at once, without leaving the turn of the event loop.

Why a second driver: what stands between a judgement and the order that it lets through must not
wait, or another order slips in between. Such reads are few here: what is asked for each order is
kept for a tenth of a second (`storage/turns.py`). A server that does not answer is not asked again
for a while, so that it holds the process up no longer than once.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.connection import Value
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.faults import AWAY
from drawbridge.storage.postgres.sql import numbered
from drawbridge.storage.postgres.tenants import ROLE, SETTING

_AWAY_FOR_S: Final = 0.5
_CONNECT_S: Final = 2
_OPTIONS: Final = "-c statement_timeout=1000 -c application_name=drawbridge-glance"
_UNANSWERED_MS: Final = 1_000
_SET: Final = "SELECT set_config($1, $2, false)"


@dataclass(frozen=True, slots=True)
class GlanceRow:
    """A row with the names of its columns."""

    names: tuple[str, ...]
    values: tuple[Any, ...]

    def __getitem__(self, name: str | int) -> Any:  # noqa: ANN401 - whatever the column holds
        """Give a value."""
        return self.values[name if isinstance(name, int) else self.names.index(name)]

    def __iter__(self) -> Iterator[Any]:
        """Give the values."""
        return iter(self.values)

    def __len__(self) -> int:
        """Tell how many they are."""
        return len(self.values)

    def keys(self) -> Sequence[str]:
        """Give the columns' names."""
        return self.names


class Glances:
    """A connection on which one waits for the answer."""

    def __init__(self, place: PostgresPlace) -> None:
        """Connect when something is asked for the first time."""
        self._place = place
        self._owner = ""
        self._connection: psycopg.Connection[GlanceRow] | None = None
        self._away_until = 0.0

    def fetch_one(self, sql: str, args: tuple[Value, ...], owner: str = "") -> GlanceRow | None:
        """Read one row, of one person or of the house. Raises: `ExchangeDown("database_away")`."""
        if _now() < self._away_until:
            raise ExchangeDown(AWAY, reason="away_a_moment_ago")
        was_open = self._connection is not None
        try:
            return self._asked(sql, args, owner)
        except psycopg.OperationalError as error:
            self.close()
            if not was_open:
                raise self._gone(error) from error
        try:
            # Over a new connection: the server may have restarted.
            return self._asked(sql, args, owner)
        except psycopg.OperationalError as error:
            self.close()
            raise self._gone(error) from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self, sql: str, args: tuple[Value, ...], owner: str) -> GlanceRow | None:
        if self._connection is None:
            self._connection, self._owner = _connected(self._place, owner), ""
        if self._owner != owner:
            self._connection.execute(_SET.encode(), (SETTING, owner))
            self._owner = owner
        try:
            return self._connection.execute(numbered(sql).encode(), args).fetchone()
        except psycopg.DataError:
            return None  # such a text, one with a zero in it, is in no row

    def _gone(self, error: Exception) -> ExchangeDown:
        self._away_until = _now() + _AWAY_FOR_S
        return ExchangeDown(AWAY, reason=type(error).__name__)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _connected(place: PostgresPlace, owner: str) -> "psycopg.Connection[GlanceRow]":
    return psycopg.Connection.connect(
        place.url,
        password=place.password.reveal() if place.password is not None else None,
        autocommit=True,
        prepare_threshold=0,
        row_factory=_rows,
        cursor_factory=psycopg.RawCursor,
        connect_timeout=_CONNECT_S,
        tcp_user_timeout=_UNANSWERED_MS,
        options=f"{_OPTIONS} -c role={ROLE}" if owner else _OPTIONS,
    )


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], GlanceRow]:
    names = tuple(it.name for it in cursor.description or ())
    return lambda values: GlanceRow(names, tuple(values))
