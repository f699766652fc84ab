"""What virtual keys are checked by, where it is sealed to a key of the vault that leads no more.

Rows in and out; nothing is opened here. Who seals anew is `app/resealing.py`.
"""

from typing import Final

from drawbridge.storage.database import Database, Transaction
from drawbridge.vault.rotations import SealedValue
from drawbridge.virtual_keys.issue import binding_of
from drawbridge.virtual_keys.store import find_virtual_key

_OTHERWISE: Final = """
SELECT virtual_id, field, sealed FROM virtual_key_secrets
WHERE (virtual_id, field) > (?, ?) AND substr(sealed, 1, ?) <> ?
ORDER BY virtual_id, field LIMIT ?
"""
_RESEAL: Final = """
UPDATE virtual_key_secrets SET sealed = ? WHERE virtual_id = ? AND field = ? AND sealed = ?
"""


async def list_sealed_otherwise(
    database: Database, header: bytes, after: tuple[str, str], most: int
) -> tuple[SealedValue, ...]:
    """List values that do not begin with this header, behind a virtual key and field."""
    found = []
    for row in await database.fetch_all(_OTHERWISE, *after, len(header), header, most):
        virtual = await find_virtual_key(database, row["virtual_id"])
        if virtual is not None:
            binding = binding_of(virtual, row["field"])
            told = (virtual.owner, row["virtual_id"], row["field"], row["sealed"], binding)
            found.append(SealedValue(*told))
    return tuple(found)


async def reseal(tx: Transaction, value: SealedValue, sealed: bytes) -> bool:
    """Write a value sealed anew; False where it was erased meanwhile."""
    return bool(await tx.execute(_RESEAL, sealed, value.holder, value.field, value.sealed))
