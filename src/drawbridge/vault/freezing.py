"""Switching off keys whoever owns them: all there are, all of an exchange or a person, or one.

One transaction: either every key is off, or none. Nothing crosses with a key from the moment at
which it commits; robots pause by themselves, and positions stay as they are.
"""

from collections.abc import Iterable

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus

# These cannot be used as they are.
_AT_REST = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


async def freeze_exchange(
    database: Database, exchange: str, now_ms: int, by: str = ""
) -> tuple[KeyRecord, ...]:
    """Switch off every key of an exchange, tell each owner, and give the keys as they stood.

    `by` is the name of whoever does it, empty for this machine's own command line.
    Raises: `NotFound("unknown_exchange")`.
    """
    get_card(exchange)
    async with database.transaction() as tx:
        return await _freeze(tx, await store.list_of_exchange(tx, exchange), now_ms, by)


async def freeze_everything(database: Database, now_ms: int, by: str = "") -> tuple[KeyRecord, ...]:
    """Switch off every key of everybody, tell each owner, and give the keys as they stood.

    Whatever stands before a key ends with it: no robot and no bot reaches any exchange.
    """
    async with database.transaction() as tx:
        keys: list[KeyRecord] = []
        for exchange in exchange_ids():
            found = await store.list_of_exchange(tx, exchange)
            keys += await _freeze(tx, found, now_ms, by)
        return tuple(keys)


async def _freeze(
    tx: Transaction, found: Iterable[KeyRecord], now_ms: int, by: str
) -> tuple[KeyRecord, ...]:
    keys = tuple(key for key in found if key.status not in _AT_REST)
    for key in keys:
        await store.write_status(tx, key.id, KeyStatus.DISABLED)
        event = AuditEvent(
            Tag.VAULT_KEY_DISABLED, key.owner, key.id, {"frozen": key.exchange, "by": by}
        )
        await append(tx, event, now_ms)
        facts = {"label": key.label, "exchange": get_card(key.exchange).name}
        await tell(tx, Notice(NoticeKind.KEY_FROZEN, key.owner, key.id, facts), now_ms)
    return keys


async def halt_key(database: Database, key_id: str, by: str, now_ms: int) -> KeyRecord:
    """Switch off somebody's key by another's word, tell its owner, and give it as it stood.

    Raises: `NotFound("unknown_key")`, `Conflict("key_refused")`.
    """
    async with database.transaction() as tx:
        key = await store.find_key(tx, key_id)
        if key is None:
            raise NotFound("unknown_key")
        if key.status is KeyStatus.REFUSED:
            raise Conflict("key_refused", label=key.label)
        if key.status not in _AT_REST:
            await _halt(tx, key, by, now_ms)
    return key


async def halt_keys_of(tx: Transaction, owner: str, by: str, now_ms: int) -> None:
    """Switch off all keys of somebody who is to trade no more."""
    for key in await store.list_of_owner(tx, owner):
        if key.status not in _AT_REST:
            await _halt(tx, key, by, now_ms)


async def _halt(tx: Transaction, key: KeyRecord, by: str, now_ms: int) -> None:
    await store.write_status(tx, key.id, KeyStatus.DISABLED)
    event = AuditEvent(Tag.VAULT_KEY_DISABLED, key.owner, key.id, {"by": by})
    await append(tx, event, now_ms)
    facts = {"label": key.label, "exchange": get_card(key.exchange).name, "by": by}
    await tell(tx, Notice(NoticeKind.KEY_HALTED, key.owner, key.id, facts), now_ms)
