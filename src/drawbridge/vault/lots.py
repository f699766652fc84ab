"""All SQL that changes keys by the thousand, each time with one statement."""

import json
from collections.abc import Iterable
from typing import Final

from drawbridge.storage.database import Transaction
from drawbridge.vault.model import KeyStatus

_FROZEN: Final = """
UPDATE keys SET status = ?, reason = ?, facts = '{}'
WHERE id IN (SELECT value FROM json_each(?))
"""


async def write_frozen(tx: Transaction, key_ids: Iterable[str], reason: str) -> None:
    """Write that these keys are off, and why."""
    await tx.execute(_FROZEN, KeyStatus.DISABLED, reason, json.dumps(list(key_ids)))
