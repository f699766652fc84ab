"""Whom a wish concerns that names a person: everybody who works for an account of theirs."""

from collections.abc import Iterable
from typing import Final

from drawbridge.core.shards import HOUSE
from drawbridge.storage.database import Transaction

_SHARDS: Final = "SELECT DISTINCT shard FROM keys WHERE owner = ? AND deleted_ms IS NULL"


async def wake_workers_of(tx: Transaction, owners: Iterable[str]) -> None:
    """Wake whoever works for accounts of these people, and who does what is done once for all."""
    tx.wake((HOUSE,))
    for owner in sorted(set(owners)):
        tx.wake(row["shard"] for row in await tx.fetch_all(_SHARDS, owner))
