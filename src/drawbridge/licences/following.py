"""What replacing a key means for a licence: nothing, where both are of one account.

Whoever proves that calls this in the transaction that puts the new key into the old one's place.
"""

from drawbridge.licences import store
from drawbridge.storage.database import Transaction


async def follow(tx: Transaction, key_id: str) -> None:
    """Let the key that stands at this place now keep the slot of the one before it.

    Why by the key's id: it stays when its secret is replaced, and so does the slot. Where nobody
    holds a licence, nothing happens.
    """
    await store.mark_followed(tx, key_id)
