"""One local key for all processes of a cluster: a row tells whoever holds another one.

Not asked on one machine alone: there a file that was lost costs authenticators and webhooks, and
must not keep trading from its start.
"""

from typing import Final

from drawbridge.accounts.store import count_owners
from drawbridge.app.settings import Settings
from drawbridge.core.errors import Conflict, Corrupted, NotFound
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database

_ABOUT: Final = b"local key of a cluster"
_PROOF: Final = "SELECT sealed FROM local_key_proof WHERE only_row = 1"
# Of several that begin at the same moment one is the first, and its key is the key.
_FIRST: Final = """
INSERT INTO local_key_proof (only_row, sealed) VALUES (1, ?) ON CONFLICT DO NOTHING
"""


async def load_local_key(settings: Settings, database: Database) -> LocalKey:
    """Read the local key, made at its first use.

    Raises: `NotFound("local_key_missing")` and `Conflict("local_key_other")` where the other
    processes of a cluster hold another one; `Forbidden("key_file_exposed")`,
    `Corrupted("key_file_damaged")`.
    """
    path = settings.local_key
    if not settings.is_cluster:
        return LocalKey.load_or_create(path)
    proof = await database.fetch_one(_PROOF)
    if not path.exists() and (proof is not None or await count_owners(database)):
        # A second key must not be drawn: what the others sealed would not open with it.
        raise NotFound("local_key_missing", path=str(path))
    key = LocalKey.load_or_create(path)
    if proof is None:
        async with database.transaction() as tx:
            await tx.execute(_FIRST, key.seal_bytes(b"", _ABOUT))
            proof = await tx.fetch_one(_PROOF)
    try:
        key.open_bytes(proof["sealed"] if proof else b"", _ABOUT)
    except Corrupted:
        raise Conflict("local_key_other", path=str(path)) from None
    return key
