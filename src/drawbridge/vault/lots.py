"""All SQL of keys taken many at once: each with one statement, however many they are."""

from dataclasses import dataclass
from typing import Final

from drawbridge.storage.database import Row, Transaction

_WANTED: Final = (
    "deleted_ms IS NULL AND replaces = '' AND status NOT IN ('disabled', 'refused')"
    " AND (?1 = '' OR owner = ?1) AND (?2 = '' OR exchange = ?2)"
)


@dataclass(frozen=True, slots=True)
class Lot:
    """Which keys: of a person or (empty) of everybody, at an exchange or (empty) at all."""

    owner: str = ""
    exchange: str = ""


async def take_lot(tx: Transaction, lot: Lot, reason: str) -> tuple[Row, ...]:
    """Write that these keys are off, and why; give their rows as they stood."""
    named = (lot.owner, lot.exchange)
    rows = await tx.fetch_all(f"SELECT * FROM keys WHERE {_WANTED} ORDER BY rowid", *named)  # noqa: S608 - a constant of this file
    await tx.execute(
        f"UPDATE keys SET status = 'disabled', reason = ?3, facts = '{{}}' WHERE {_WANTED}",  # noqa: S608 - a constant of this file
        *(*named, reason),
    )
    return tuple(rows)
