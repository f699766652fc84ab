"""Stopping the use of keys in a hurry: of one that may have leaked, or of many at once.

Written in the caller's transaction: either every key is off, or none. Nothing
crosses with a key from the moment at which it commits; robots pause by themselves, and positions
stay as they are. What else a person may wish for in that moment stands in `rotation/panic.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append, append_all
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import store
from drawbridge.vault.lots import Lot, take_lot
from drawbridge.vault.model import KeyRecord, KeyStatus

LEAKED: Final = "key_leaked"
"""Why a key is off of which its owner thinks that somebody else has it."""

FROZEN: Final = "key_frozen"
"""Why a key is off that was stopped together with all others."""

# These cannot be used as they are.
_AT_REST: Final = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


async def freeze_leaked(
    tx: Transaction, key: KeyRecord, now_ms: int, facts: Mapping[str, Fact]
) -> None:
    """Stop the use of a key that may have leaked, and tell its owner; again changes nothing.

    Why also of one that is off already: until now its owner could switch it on without a thought.
    """
    if key.reason == LEAKED:
        return
    if key.status is not KeyStatus.REFUSED:
        await store.write_status(tx, key.id, KeyStatus.DISABLED, LEAKED)
    await append(tx, AuditEvent(Tag.VAULT_KEY_LEAKED, key.owner, key.id, facts), now_ms)
    told = Notice(NoticeKind.KEY_LEAKED, key.owner, key.id, _named(key))
    await tell(tx, told, now_ms)


async def freeze_lot(
    tx: Transaction, lot: Lot, now_ms: int, facts: Mapping[str, Fact]
) -> tuple[KeyRecord, ...]:
    """Stop the use of many keys, and give them as they stood; `tell_lot` does the rest.

    Why apart: nothing may cross any more from the moment at which this commits, and telling ten
    thousand keys one by one takes longer than all else together.
    Raises: `NotFound("unknown_exchange")`.
    """
    if lot.exchange:
        get_card(lot.exchange)
    rows = await take_lot(tx, lot, FROZEN)
    told = {"frozen": lot.exchange, "count": len(rows), **facts}
    if rows:
        await append(tx, AuditEvent(Tag.VAULT_LOT_FROZEN, lot.owner, "", told), now_ms)
    return tuple(map(store.read_record, rows))


async def tell_lot(
    tx: Transaction, keys: Iterable[KeyRecord], now_ms: int, facts: Mapping[str, Fact]
) -> None:
    """Write into each key's history that it was stopped, and tell each owner once."""
    frozen = tuple(keys)
    events = (
        AuditEvent(Tag.VAULT_KEY_DISABLED, key.owner, key.id, {"frozen": key.exchange, **facts})
        for key in frozen
    )
    await append_all(tx, events, now_ms)
    for notice in _notices(frozen):
        await tell(tx, notice, now_ms)


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


def _notices(keys: Iterable[KeyRecord]) -> Iterator[Notice]:
    """Tell each owner in one notice, however many keys it is about."""
    ordered = sorted(keys, key=lambda key: key.owner)
    for owner, group in groupby(ordered, key=lambda key: key.owner):
        mine = list(group)
        if len(mine) == 1:
            yield Notice(NoticeKind.KEY_FROZEN, owner, mine[0].id, _named(mine[0]))
            continue
        names = sorted({get_card(key.exchange).name for key in mine})
        yield Notice(NoticeKind.KEYS_FROZEN, owner, "", {"count": len(mine), "exchanges": names})


async def _halt(tx: Transaction, key: KeyRecord, by: str, now_ms: int) -> None:
    await store.write_status(tx, key.id, KeyStatus.DISABLED)
    event = AuditEvent(Tag.VAULT_KEY_DISABLED, key.owner, key.id, {"by": by})
    await append(tx, event, now_ms)
    told = Notice(NoticeKind.KEY_HALTED, key.owner, key.id, {**_named(key), "by": by})
    await tell(tx, told, now_ms)


def _named(key: KeyRecord) -> dict[str, object]:
    return {"label": key.label, "exchange": get_card(key.exchange).name}
