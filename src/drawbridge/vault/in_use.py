"""What is asked about everybody's keys at once, most of it about those in use.

Each question is answered by an index, or is asked seldom; nothing here lists all keys.
"""

from typing import Final

from drawbridge.catalogue.registry import exchange_ids
from drawbridge.storage.database import Database
from drawbridge.vault.model import IN_USE, KeyRecord, Venue
from drawbridge.vault.store import KEYS, read_record

_STATUSES: Final = tuple(sorted(IN_USE))
_USED: Final = " AND status IN (?, ?) AND replaces = ''"
# In the order of the index, so that the first one that is met is enough.
_ANY: Final = """
SELECT 1 FROM keys WHERE deleted_ms IS NULL AND exchange = ? ORDER BY venue, public_key LIMIT 1
"""
_PLACE: Final = f" AND exchange = ? AND venue = ?{_USED}"
_KEPT: Final = f"FROM keys WHERE deleted_ms IS NULL{_PLACE}"
_SOME: Final = f"SELECT id {_KEPT} ORDER BY public_key LIMIT ?"
_OWNERS: Final = f"SELECT DISTINCT owner {_KEPT} ORDER BY owner"
_AT: Final = f"{KEYS}{_PLACE} ORDER BY rowid"
_ENDING: Final = f"{KEYS} AND expires_ms > ? AND expires_ms <= ?{_USED} ORDER BY rowid"


async def list_exchanges(database: Database) -> tuple[str, ...]:
    """List the exchanges of which anybody has a key, whatever its state."""
    return tuple([it for it in exchange_ids() if await database.fetch_one(_ANY, it)])


async def sample_of_place(database: Database, place: tuple[str, str], most: int) -> tuple[str, ...]:
    """List some keys in use at an exchange, always the same ones; everybody's."""
    rows = await database.fetch_all(_SOME, *place, *_STATUSES, most)
    return tuple(row["id"] for row in rows)


async def owners_of_place(database: Database, place: tuple[str, str]) -> tuple[str, ...]:
    """List who has keys in use at an exchange."""
    return tuple(row["owner"] for row in await database.fetch_all(_OWNERS, *place, *_STATUSES))


async def list_at(database: Database, exchange: str, venue: Venue) -> tuple[KeyRecord, ...]:
    """List everybody's keys in use at an exchange."""
    found = await database.fetch_all(_AT, exchange, venue, *_STATUSES)
    return tuple(map(read_record, found))


async def list_ending(database: Database, after_ms: int, until_ms: int) -> tuple[KeyRecord, ...]:
    """List everybody's keys in use that end within that time."""
    found = await database.fetch_all(_ENDING, after_ms, until_ms, *_STATUSES)
    return tuple(map(read_record, found))
