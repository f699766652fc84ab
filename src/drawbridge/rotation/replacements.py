"""What people do to replace a key: enter the new one, say yes, turn back, tell that it is done.

Nothing here opens a secret or asks an exchange: `switching.py` does, in the gateway's process.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.ids import id_from
from drawbridge.core.shards import id_in_shard, shard_of
from drawbridge.rotation import replacement_store as store
from drawbridge.rotation.replacement import (
    AccountProof,
    Replacement,
    ReplacementAct,
    ReplacementState,
    check_act,
)
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import replacing
from drawbridge.vault.model import KeyRecord, Proof
from drawbridge.vault.service import Entropy, KeyNeed, PublicKeyProvider, Vault
from drawbridge.vault.store import find_key

_ID_BYTES: Final = 10

Doing = Callable[[Transaction, Replacement, int], Awaitable[Replacement]]


@dataclass(frozen=True, slots=True)
class Begun:
    """A replacement just begun; `notes` names the fields that were cleaned of blanks."""

    replacement: Replacement
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A replacement with both keys, as a page or a command tells it."""

    replacement: Replacement
    key: KeyRecord
    stand_in: KeyRecord | None


@dataclass(frozen=True, slots=True)
class Replacements:
    """What pages and commands call.

    `users` are asked before robots go over to another account; they raise while any is at work.
    """

    database: Database
    clock: Clock
    entropy: Entropy
    vault: Vault
    public_key: PublicKeyProvider
    users: tuple[KeyNeed, ...] = ()

    async def check_entry(self, owner: str, key_id: str, fields: Mapping[str, str]) -> None:
        """Make sure that this could be entered now. Raises: as `enter`."""
        key = await self.vault.get_key(owner, key_id)
        _check_entering(await store.find_open(self.database, key_id))
        await replacing.read_entry(self.database, key, fields, key.check_proof)

    async def enter(
        self, owner: str, key_id: str, fields: Mapping[str, str], proof: str = Proof.ORDER
    ) -> Begun:
        """Take in the key that is to replace this one, and ask for its check.

        Entered once more, it takes the place of what was entered before. The key stays in use.
        Raises: `NotFound("unknown_key")`; `BadInput` naming the field;
        `Conflict("replacement_under_way")`, `Conflict("key_being_checked")`,
        `Conflict("key_cleanup_pending")`, `Conflict("vault_absent")`; as `replacing.read_entry`.
        """
        key = await self.vault.get_key(owner, key_id)
        entry = await replacing.read_entry(self.database, key, fields, proof)
        public_key = await self.public_key()
        now_ms = self.clock.now_ms()
        async with self.database.transaction() as tx:
            key = await _get(tx, owner, key_id)
            before = await store.find_open(tx, key_id)
            _check_entering(before)
            if before is not None:
                await replacing.drop_stand_in(tx, before.stand_in_id, now_ms)
            # In the same shard: who swaps the two secrets signs for both.
            at = (id_in_shard("key", self.entropy(_ID_BYTES), shard_of(key.id)), now_ms)
            stand_in = await replacing.insert_stand_in(tx, key, entry, public_key, at)
            begun = Replacement(
                id=id_from("replacement", self.entropy(_ID_BYTES)),
                owner=owner,
                key_id=key_id,
                stand_in_id=stand_in.id,
                state=ReplacementState.CHECKING,
                begun_ms=now_ms,
                changed_ms=now_ms,
            )
            if before is None:
                await store.insert(tx, begun)
                await _tell(tx, Tag.ROTATION_REPLACEMENT_BEGUN, begun, now_ms)
            else:
                begun = _moved(replace(begun, id=before.id, begun_ms=before.begun_ms), before)
                await store.move(tx, before, begun)
        return Begun(begun, entry.cleaned)

    async def find(self, owner: str, key_id: str) -> Told | None:
        """Find the newest replacement of a key. Raises: `NotFound("unknown_key")`."""
        key = await self.vault.get_key(owner, key_id)
        found = await store.find_latest(self.database, key_id)
        if found is None:
            return None
        return Told(found, key, await find_key(self.database, found.stand_in_id))

    async def list_open(self, owner: str) -> tuple[Told, ...]:
        """List a person's replacements that are under way."""
        told = []
        for it in await store.list_open_of(self.database, owner):
            key = await find_key(self.database, it.key_id)
            if key is not None:
                told.append(Told(it, key, await find_key(self.database, it.stand_in_id)))
        return tuple(told)

    async def do(self, owner: str, key_id: str, act: ReplacementAct) -> Replacement:
        """Do something about a replacement that is under way.

        Raises: `NotFound("unknown_key")`, `NotFound("no_replacement")`,
        `Conflict("replacement_elsewhere")` where that cannot be done now;
        `Conflict("replacement_needs_rest")` while robots are at work that would go over to
        another account; as `replacing.drop_stand_in` and `replacing.ask_again`.
        """
        now_ms = self.clock.now_ms()
        async with self.database.transaction() as tx:
            key = await _get(tx, owner, key_id)
            before = await store.find_open(tx, key_id)
            if before is None:
                raise NotFound("no_replacement", label=key.label)
            check_act(before, act)
            if act is ReplacementAct.CONFIRM:
                await self._check_users(tx, key)
            after = _moved(await _DOINGS[act](tx, before, now_ms), before, now_ms)
            await store.move(tx, before, after)
            tag = Tag.ROTATION_REPLACEMENT_ACTED
            await _tell(tx, tag, after, now_ms, act=act.value)
        return after

    async def _check_users(self, tx: Transaction, key: KeyRecord) -> None:
        # What robots hold they hold at the old account; nothing of it is assumed of the new one.
        try:
            for check_use in self.users:
                await check_use(tx, key)
        except Conflict as error:
            raise Conflict("replacement_needs_rest", **error.facts) from None


async def check_not_replaced(tx: Transaction, key: KeyRecord) -> None:
    """Make sure that no replacement is under way; the vault asks before it deletes a key.

    Raises: `Conflict("key_being_replaced")`.
    """
    if await store.find_open(tx, key.id) is not None:
        raise Conflict("key_being_replaced", label=key.label)


async def _check_again(tx: Transaction, it: Replacement, now_ms: int) -> Replacement:
    stand_in = await replacing.get_stand_in(tx, it.stand_in_id)
    await replacing.ask_again(tx, stand_in, now_ms)
    return replace(it, state=ReplacementState.CHECKING, reason="", facts={})


async def _confirm(_tx: Transaction, it: Replacement, _now_ms: int) -> Replacement:
    return replace(
        it, state=ReplacementState.SWITCHING, proof=AccountProof.CONFIRMED, reason="", facts={}
    )


async def _give_up(tx: Transaction, it: Replacement, now_ms: int) -> Replacement:
    await replacing.drop_stand_in(tx, it.stand_in_id, now_ms)
    return replace(it, state=ReplacementState.GIVEN_UP, ended_ms=now_ms)


async def _accept(_tx: Transaction, it: Replacement, _now_ms: int) -> Replacement:
    return replace(it, state=ReplacementState.RETIRING, reason="", facts={})


async def _turn_back(_tx: Transaction, it: Replacement, _now_ms: int) -> Replacement:
    return replace(it, state=ReplacementState.TURNING_BACK)


async def _look(_tx: Transaction, it: Replacement, now_ms: int) -> Replacement:
    return replace(it, asked_ms=now_ms, reason="", facts={})


async def _let_go(tx: Transaction, it: Replacement, now_ms: int) -> Replacement:
    await replacing.drop_stand_in(tx, it.stand_in_id, now_ms)
    return replace(it, state=ReplacementState.DONE, reason="old_key_let_go", ended_ms=now_ms)


_DOINGS: Final[Mapping[ReplacementAct, Doing]] = {
    ReplacementAct.CHECK_AGAIN: _check_again,
    ReplacementAct.CONFIRM: _confirm,
    ReplacementAct.GIVE_UP: _give_up,
    ReplacementAct.ACCEPT: _accept,
    ReplacementAct.TURN_BACK: _turn_back,
    ReplacementAct.LOOK: _look,
    ReplacementAct.LET_GO: _let_go,
}


def _check_entering(before: Replacement | None) -> None:
    if before is not None and not before.takes_entry:
        raise Conflict("replacement_under_way", state=before.state.value)


def _moved(after: Replacement, before: Replacement, now_ms: int = 0) -> Replacement:
    # Rises with every change, so that who moves it from an older state notices.
    return replace(after, changed_ms=max(now_ms, after.changed_ms, before.changed_ms + 1))


async def _get(tx: Transaction, owner: str, key_id: str) -> KeyRecord:
    key = await find_key(tx, key_id)
    if key is None or key.owner != owner or key.replaces:
        raise NotFound("unknown_key")
    return key


async def _tell(tx: Transaction, tag: Tag, it: Replacement, now_ms: int, **facts: str) -> None:
    told = {"stand_in": it.stand_in_id, **facts}
    await append(tx, AuditEvent(tag, it.owner, it.key_id, told), now_ms)
