"""What becomes known of a key while it is in use: its owner's word, a new end, rights that grew.

Each change, its audit event and its notice are one transaction. What a full check finds is not
here; `service.py` keeps that.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import DAY_MS, Clock
from drawbridge.core.errors import NotFound
from drawbridge.core.operations import Scope
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import store
from drawbridge.vault.lives import (
    Dated,
    KeyLife,
    LifeWish,
    day_of,
    read_made_ms,
    read_pause_ms,
)
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus, Standing

STOPPED: Final = "rights_grew"
"""Why a key is off that got a right with which value could be moved out."""

_TOLD: Final = "rights_grew_told"
_RECKONED: Final = frozenset({Dated.OWNER, Dated.ADDING})


class KeyLives:
    """The lives of keys, over the app's database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write in this database."""
        self._database = database
        self._clock = clock

    async def change(self, owner: str, key_id: str, wish: LifeWish) -> KeyRecord:
        """Write down what a person says of a key; its end follows where it was reckoned.

        Raises: `NotFound("unknown_key")`, `BadInput` naming the field.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            key = await store.find_key(tx, key_id)
            if key is None or key.owner != owner:
                raise NotFound("unknown_key")
            changed = _as_wished(key, wish, now_ms)
            if changed != key:
                await store.write_life(tx, changed)
                await append(tx, _event(changed), now_ms)
        return changed

    async def take_end(self, key_id: str, standing: Standing) -> None:
        """Take in that a key in use ends at another time than was known."""
        async with self._database.transaction() as tx:
            key = await self._find_in_use(tx, key_id)
            if key is None or (key.expires_ms, key.life.dated) == (
                standing.expires_ms,
                standing.dated,
            ):
                return
            await store.write_dated(tx, key_id, standing.expires_ms, standing.dated)
            life = replace(key.life, dated=standing.dated)
            changed = replace(key, expires_ms=standing.expires_ms, life=life)
            await append(tx, _event(changed), self._clock.now_ms())

    async def take_growth(
        self, key_id: str, scopes: frozenset[Scope], switches: str, *, stops: bool
    ) -> None:
        """Raise the alarm that a key in use may do more by now; its use ends where that `stops`.

        `scopes` are the rights that came, `switches` what the exchange calls them.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            key = await self._find_in_use(tx, key_id)
            if key is None or scopes <= key.scopes:
                return
            exchange = get_card(key.exchange).name
            about: Mapping[str, object] = {"exchange": exchange, "switches": switches}
            if stops:
                await store.write_status(tx, key_id, KeyStatus.DISABLED, STOPPED, about)
                event = AuditEvent(
                    Tag.VAULT_KEY_DISABLED, key.owner, key.id, {"rights_grew": switches}
                )
            else:
                await store.write_scopes(tx, key_id, key.scopes | scopes)
                event = AuditEvent(
                    Tag.VAULT_KEY_RIGHTS_GREW, key.owner, key.id, {"rights_grew": switches}
                )
            await append(tx, event, now_ms)
            reason = STOPPED if stops else _TOLD
            facts = {"label": key.label, **about, "reason": reason, "about": about}
            await tell(tx, Notice(NoticeKind.KEY_RIGHTS_GREW, key.owner, key.id, facts), now_ms)

    @staticmethod
    async def _find_in_use(tx: Transaction, key_id: str) -> KeyRecord | None:
        key = await store.find_key(tx, key_id)
        return key if key is not None and key.status in IN_USE else None


def _as_wished(key: KeyRecord, wish: LifeWish, now_ms: int) -> KeyRecord:
    life = key.life
    made_ms = life.made_ms if wish.made is None else read_made_ms(wish.made, now_ms)
    pause_ms = life.pause_before_ms if wish.pause_days is None else read_pause_ms(wish.pause_days)
    dated, expires_ms = life.dated, key.expires_ms
    if dated in _RECKONED:
        dated = Dated.ADDING if made_ms is None else Dated.OWNER
        begins_ms = key.created_ms if made_ms is None else made_ms
        expires_ms = begins_ms + get_card(key.exchange).expiry.without_ip_list_days * DAY_MS
    changed = KeyLife(
        made_ms,
        dated,
        pause_ms,
        life.closes if wish.closes is None else wish.closes,
        life.watched if wish.watched is None else wish.watched,
    )
    return replace(key, life=changed, expires_ms=expires_ms)


def _event(key: KeyRecord) -> AuditEvent:
    life = key.life
    facts = {
        "made": None if life.made_ms is None else day_of(life.made_ms),
        "ends": None if key.expires_ms is None else day_of(key.expires_ms),
        "dated": life.dated.value,
        "pause_days": life.pause_before_ms // DAY_MS,
        "closes": life.closes,
        "watched": life.watched,
    }
    return AuditEvent(Tag.VAULT_KEY_DATED, key.owner, key.id, facts)
