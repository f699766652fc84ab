"""Where a database is: a SQLite file on this machine, or a PostgreSQL server.

Values only; who opens such a place stands in `database.py`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from drawbridge.core.secret import Secret


@dataclass(frozen=True, slots=True, repr=False)
class PostgresPlace:
    """A PostgreSQL database: a `postgresql://` URL without a password, and the password apart.

    Why apart: a URL is written to logs, process lists and error texts by whoever handles it.
    """

    url: str
    password: Secret | None = field(default=None, hash=False)

    def __repr__(self) -> str:
        """Tell that there is one, and neither where nor for whom."""
        return "PostgresPlace([hidden])"

    __str__ = __repr__


Place: TypeAlias = Path | PostgresPlace
"""Where a database is."""
