"""Carrying replacements out, in the gateway's process: each goes from state to state by itself.

Nothing stands still for it. The swap of two secrets is one transaction between two orders: what
is under way ends with the old secret, what comes next is signed with the new one. Until the new
one has worked, the old one is kept, and all can go back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import get_card
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import HOUR_MS, MINUTE_MS, SECOND_MS, Clock
from drawbridge.core.errors import Conflict, DrawbridgeError, NotFound
from drawbridge.core.operations import GetBalances, Scope
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.witness import CONFIRMED_AFTER_MS
from drawbridge.licences.following import follow
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.rotation import replacement_store as store
from drawbridge.rotation.replacement import (
    AccountProof,
    Replacement,
    ReplacementState,
    is_at_rest,
    judge_check,
    trades,
)
from drawbridge.rotation.same_account import SameAccount
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import replacing
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.service import KeyNeed, PublicKeyProvider
from drawbridge.vault.store import find_key
from drawbridge.verification.doubts import Doubts
from drawbridge.verification.verdict import AGAINST_THE_KEY

_log: Final = logging.getLogger(__name__)

_LIST_EVERY_MS: Final = 250
_AGAIN_MS: Final = SECOND_MS
_AFTER_TROUBLE_MS: Final = 5 * SECOND_MS
_AT_ONCE: Final = 8
# An exchange may take a moment to forget a key: so long after its owner's word nothing is said.
_SOON_MS: Final = 15 * SECOND_MS
# How often to look, by how long ago that word was.
_LOOKS: Final = ((_SOON_MS, 2 * SECOND_MS), (HOUR_MS, MINUTE_MS))
# Said of a key that is not there any more; some say the same of an address that is not listed, but
# from this one the key worked a while ago.
_DEAD: Final = frozenset(
    {"bad_key", "bad_key_format", "key_or_secret", "key_address_or_right", "key_expired"}
)
_NO_ANSWER: Final = frozenset({"key_has_no_secret", "key_not_usable"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What replacements are carried out with.

    `users` are asked once more before robots go over to another account, as for `Replacements`.
    """

    gateway: Gateway
    opening: replacing.Opening
    stamps: Stamps
    doubts: Doubts
    public_key: PublicKeyProvider
    users: tuple[KeyNeed, ...] = ()


class Switching:
    """All replacements of this process, each a step further when its time has come.

    Key and stand-in lie in one shard, so one process has both.
    """

    def __init__(
        self, database: Database, parts: Parts, clock: Clock, share: Share = WHOLE
    ) -> None:
        """Join the parts; `step` does what is due for the keys of a share."""
        self._share = share
        self._database = database
        self._parts = parts
        self._clock = clock
        self._proving = SameAccount(parts.gateway, database)
        self._listed_ms = 0
        # By id and last change: whoever changes something is not kept waiting.
        self._due_ms: dict[tuple[str, int], int] = {}
        # When the old key was first said to be dead, by the replacement's id.
        self._dead_ms: dict[str, int] = {}
        # When the new key was last asked something, so that an idle one is not asked all the time.
        self._asked_ms: dict[str, int] = {}
        self._steps: Mapping[
            ReplacementState, Callable[[Replacement], Awaitable[Replacement | None]]
        ] = {
            ReplacementState.CHECKING: self._see_check,
            ReplacementState.FAILED: self._see_nothing,
            ReplacementState.PROVING: self._prove,
            ReplacementState.ASKING: self._see_nothing,
            ReplacementState.SWITCHING: self._switch,
            ReplacementState.SWITCHED: self._see_working,
            ReplacementState.TURNING_BACK: self._turn_back,
            ReplacementState.RETIRING: self._see_dead,
        }

    async def step(self) -> None:
        """Take every replacement as far as it goes now for which it is time."""
        now_ms = self._clock.now_ms()
        if abs(now_ms - self._listed_ms) < _LIST_EVERY_MS:
            return
        self._listed_ms = now_ms
        found = await store.list_open(self._database, self._share.shards)
        ids, turns = {it.id for it in found}, set(map(_turn_of, found))
        self._due_ms = {at: due for at, due in self._due_ms.items() if at in turns}
        self._dead_ms = {at: ms for at, ms in self._dead_ms.items() if at in ids}
        self._asked_ms = {at: ms for at, ms in self._asked_ms.items() if at in ids}
        turn = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for it in found:
                if self._due_ms.get(_turn_of(it), 0) <= now_ms:
                    group.create_task(self._in_turn(turn, it))

    async def _in_turn(self, turn: asyncio.Semaphore, it: Replacement) -> None:
        """Go from state to state until nothing is to be done about one now."""
        moved: Replacement | None = it
        async with turn:
            try:
                while moved is not None and moved.is_open and self._share.holds(moved.key_id):
                    it = moved
                    moved = await self._steps[it.state](it)
            except DrawbridgeError as error:
                # An exchange that is out of reach, a vault that is locked, or somebody was faster.
                self._put_off(it, _AFTER_TROUBLE_MS)
                if not isinstance(error, Conflict):
                    _log.warning("replacement %s: %s", it.id, error)

    def _put_off(self, it: Replacement, for_ms: int) -> None:
        """Look at it again later; for now, nothing more is to be done."""
        self._due_ms[_turn_of(it)] = self._clock.now_ms() + for_ms

    # --------------------------------------------------------------------------- before the swap
    async def _see_nothing(self, it: Replacement) -> Replacement | None:
        """Wait for a person."""
        self._put_off(it, _AGAIN_MS)
        return None

    async def _see_check(self, it: Replacement) -> Replacement | None:
        key, stand_in = await self._both(self._database, it)
        found = judge_check(key, stand_in)
        if found is None:
            return None
        if found.reason:
            facts = dict(found.facts)
            failed = replace(it, state=ReplacementState.FAILED, reason=found.reason, facts=facts)
            return await self._move(it, failed, NoticeKind.KEY_REPLACEMENT_FAILED)
        proving = replace(it, state=ReplacementState.PROVING, reason="", facts={})
        return await self._move(it, proving)

    async def _prove(self, it: Replacement) -> Replacement | None:
        key, stand_in = await self._both(self._database, it)
        found = await self._proving.find_out(key, stand_in)
        if found.proof is not AccountProof.NONE:
            proven = replace(it, state=ReplacementState.SWITCHING, proof=found.proof)
            return await self._move(it, proven)
        code = "replacement_other_account" if found.differs else "replacement_account_untold"
        facts = {"label": key.label, "exchange": get_card(key.exchange).name}
        asking = replace(it, state=ReplacementState.ASKING, reason=code, facts=facts)
        return await self._move(it, asking, NoticeKind.KEY_REPLACEMENT_ASKS)

    # ------------------------------------------------------------------------------------ the swap
    async def _switch(self, it: Replacement) -> Replacement | None:
        return await self._swap(it, ReplacementState.SWITCHED)

    async def _turn_back(self, it: Replacement) -> Replacement | None:
        return await self._swap(it, ReplacementState.FAILED)

    async def _swap(self, it: Replacement, state: ReplacementState) -> Replacement | None:
        parts = self._parts
        key, stand_in = await self._both(self._database, it)
        if not is_at_rest(key):
            # What a check finds out is about the secret with which it began.
            self._put_off(it, _LIST_EVERY_MS)
            return None
        public_key = await parts.public_key()
        swap = await replacing.prepare_swap(parts.opening, public_key, key, stand_in)
        await parts.stamps.rise_together(key.id, stand_in.id)
        async with self._database.transaction() as tx:
            if it.proof is AccountProof.CONFIRMED and state is ReplacementState.SWITCHED:
                for check_use in parts.users:
                    await check_use(tx, key)
            await replacing.write_swap(tx, swap)
            if it.proof is not AccountProof.CONFIRMED:
                await follow(tx, key.id)
            now_ms = self._clock.now_ms()
            after = replace(it, state=state, changed_ms=_later(it, now_ms))
            if state is ReplacementState.SWITCHED:
                after = replace(after, switched_ms=now_ms, reason="", facts={})
                tag, why = Tag.ROTATION_KEY_SWITCHED, it.proof.value
            else:
                after = replace(after, switched_ms=None, reason=it.reason or "turned_back")
                tag, why = Tag.ROTATION_KEY_TURNED_BACK, after.reason
            await store.move(tx, it, after)
            told: dict[str, Fact] = {
                "stand_in": stand_in.id,
                "version": swap.new_key.version,
                "why": why,
            }
            await append(tx, AuditEvent(tag, it.owner, key.id, told), now_ms)
            if state is ReplacementState.FAILED and it.reason:
                await self._tell(tx, NoticeKind.KEY_REPLACEMENT_FAILED, after, now_ms)
        # What was said against the old secret says nothing about this one.
        parts.doubts.end(key.id)
        return after

    # ---------------------------------------------------------------------------- after the swap
    async def _see_working(self, it: Replacement) -> Replacement | None:
        key = await self._key(self._database, it.key_id)
        if trades(key) and await store.was_answered(self._database, it):
            # An order shows more than a question would, which busy bots might keep waiting.
            return await self._retire(it)
        back = await self._turned_away(it, key) if Scope.READ in key.scopes else None
        if back is not None:
            return back
        if not trades(key):
            return await self._retire(it)
        self._put_off(it, _AGAIN_MS)
        return None

    async def _retire(self, it: Replacement) -> Replacement:
        retiring = replace(it, state=ReplacementState.RETIRING)
        return await self._move(it, retiring, NoticeKind.KEY_REPLACED)

    async def _turned_away(self, it: Replacement, key: KeyRecord) -> Replacement | None:
        """Ask with the new secret; go back to the old one if the exchange does not take it."""
        now_ms = self._clock.now_ms()
        if now_ms < self._asked_ms.get(it.id, 0) + _AFTER_TROUBLE_MS:
            return None
        self._asked_ms[it.id] = now_ms
        try:
            await self._parts.gateway.call(key.id, GetBalances(), purpose=Purpose.CHECK)
        except DrawbridgeError as error:
            if error.code not in AGAINST_THE_KEY:
                raise
            facts = {"exchange": get_card(key.exchange).name, **error.facts}
            back = replace(it, state=ReplacementState.TURNING_BACK, reason=error.code, facts=facts)
            return await self._move(it, back)
        return None

    async def _see_dead(self, it: Replacement) -> Replacement | None:
        now_ms = self._clock.now_ms()
        stand_in = await self._key(self._database, it.stand_in_id)
        try:
            await self._parts.gateway.call(stand_in.id, GetBalances(), purpose=Purpose.CHECK)
        except DrawbridgeError as error:
            if error.code in _NO_ANSWER:
                self._put_off(it, HOUR_MS)
                return None
            if error.code not in _DEAD:
                raise
            since_ms = self._dead_ms.setdefault(it.id, now_ms)
            if now_ms - since_ms < CONFIRMED_AFTER_MS:
                # One word is no verdict: it is asked a second time.
                self._due_ms[_turn_of(it)] = since_ms + CONFIRMED_AFTER_MS
                return None
            return await self._end(it)
        self._dead_ms.pop(it.id, None)
        since_ms = now_ms - (it.asked_ms or 0)
        self._put_off(it, next((every for within, every in _LOOKS if since_ms < within), HOUR_MS))
        if it.asked_ms is not None and since_ms >= _SOON_MS and not it.reason:
            await self._move(it, replace(it, reason="old_key_works_still"))
        return None

    async def _end(self, it: Replacement) -> Replacement:
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            await replacing.drop_stand_in(tx, it.stand_in_id, now_ms)
            done = replace(it, state=ReplacementState.DONE, reason="", facts={}, ended_ms=now_ms)
            done = replace(done, changed_ms=_later(it, now_ms))
            await store.move(tx, it, done)
            event = AuditEvent(
                Tag.ROTATION_OLD_KEY_DEAD, it.owner, it.key_id, {"stand_in": it.stand_in_id}
            )
            await append(tx, event, now_ms)
        return done

    # ------------------------------------------------------------------------------------- its rows
    async def _both(self, source: Database, it: Replacement) -> tuple[KeyRecord, KeyRecord]:
        key = await self._key(source, it.key_id)
        return key, await replacing.get_stand_in(source, it.stand_in_id)

    async def _key(self, source: Database | Transaction, key_id: str) -> KeyRecord:
        key = await find_key(source, key_id)
        if key is None:
            raise NotFound("unknown_key")
        return key

    async def _move(
        self, before: Replacement, after: Replacement, kind: NoticeKind | None = None
    ) -> Replacement:
        now_ms = self._clock.now_ms()
        moved = replace(after, changed_ms=_later(before, now_ms))
        async with self._database.transaction() as tx:
            await store.move(tx, before, moved)
            if kind is not None:
                await self._tell(tx, kind, moved, now_ms)
        return moved

    async def _tell(self, tx: Transaction, kind: NoticeKind, it: Replacement, now_ms: int) -> None:
        key = await self._key(tx, it.key_id)
        facts: dict[str, object] = {"label": key.label, "exchange": get_card(key.exchange).name}
        if it.reason:
            facts |= {"reason": it.reason, "about": it.facts}
        await tell(tx, Notice(kind, it.owner, it.key_id, facts), now_ms)


def _turn_of(it: Replacement) -> tuple[str, int]:
    return it.id, it.changed_ms


def _later(it: Replacement, now_ms: int) -> int:
    return max(now_ms, it.changed_ms + 1)
