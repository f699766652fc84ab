"""Switching off all keys of an exchange at once, whoever owns them: for the day it is breached.

One transaction: either every key is off, or none. Nothing crosses with a key from the moment at
which it commits; robots pause by themselves, and positions stay as they are.
"""

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import get_card
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus

# These cannot be used as they are.
_AT_REST = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


async def freeze_exchange(database: Database, exchange: str, now_ms: int) -> tuple[KeyRecord, ...]:
    """Switch off every key of an exchange, tell each owner, and give the keys as they stood.

    Raises: `NotFound("unknown_exchange")`.
    """
    name = get_card(exchange).name
    async with database.transaction() as tx:
        keys = [
            key for key in await store.list_of_exchange(tx, exchange) if key.status not in _AT_REST
        ]
        for key in keys:
            await store.write_status(tx, key.id, KeyStatus.DISABLED)
            event = AuditEvent(Tag.VAULT_KEY_DISABLED, key.owner, key.id, {"frozen": exchange})
            await append(tx, event, now_ms)
            facts = {"label": key.label, "exchange": name}
            await tell(tx, Notice(NoticeKind.KEY_FROZEN, key.owner, key.id, facts), now_ms)
    return tuple(keys)
