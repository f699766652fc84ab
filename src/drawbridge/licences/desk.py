"""What the licence server answers: each question proven, judged, carried out, and signed.

One transaction for each answer, and one answer for each question: who asks again because the
answer was lost hears the same lease. What a refusal means to a person stands in the wording.
"""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Protocol, TypeAlias

import orjson

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Forbidden, NotFound
from drawbridge.licences import register
from drawbridge.licences.documents import Kind, peek, prove, sign
from drawbridge.licences.marks import key_mark_of, mark_of
from drawbridge.licences.model import CLOCKS_APART_MS, Account, Act, Ask, Lease, Licence
from drawbridge.licences.office import OperatorKeys, hash_of_code
from drawbridge.licences.register import Issued
from drawbridge.licences.standing import RULE
from drawbridge.licences.written import encode_lease, read_ask, read_licence
from drawbridge.storage.database import Database, Transaction

_NEWCOMERS: Final = frozenset({Act.ACTIVATE, Act.RECOVER})
_MARK_LETTERS: Final = 64


class Prover(Protocol):
    """Who asks an exchange whether a signed request is accepted there."""

    async def prove(self, proof: Mapping[str, object]) -> Account:
        """Give the account whose key signed it. Raises: `Forbidden`, `BadInput`, `ExchangeDown`."""


_Step: TypeAlias = Callable[[Transaction, Licence, Ask, int], Awaitable[None]]


class Desk:
    """Answers installations."""

    def __init__(
        self, database: Database, keys: OperatorKeys, clock: Clock, prover: Prover
    ) -> None:
        """Join the parts."""
        self._database = database
        self._keys = keys
        self._clock = clock
        self._prover = prover

    async def answer(self, text: str) -> str:
        """Answer a question with a lease.

        Raises: `Forbidden`, `BadInput`, `NotFound` with the reason; `ExchangeDown` when a claim
        could not be looked at now.
        """
        now_ms = self._clock.now_ms()
        ask = _read(text, now_ms)
        licence = read_licence(prove(Kind.LICENCE, ask.licence, self._keys.public))
        try:
            proven = await self._proven(licence, ask)
            async with self._database.transaction() as tx:
                return await self._carried_out(tx, licence, ask, now_ms, proven=proven)
        except Forbidden as error:
            async with self._database.transaction() as tx:
                await register.note_refused(tx, licence.id, error.code, now_ms)
            raise

    async def _proven(self, licence: Licence, ask: Ask) -> bytes:
        """Have a claim's proof looked at by the exchange; give what marks it as used."""
        if ask.act is not Act.CLAIM:
            return b""
        account = await self._prover.prove(ask.proof)
        marks = {mark_of(licence.mark_key, account), key_mark_of(licence.mark_key, account)}
        if ask.mark not in marks:
            raise _refused("licence_proof_of_another_key", exchange=account.exchange)
        return sha256(orjson.dumps(ask.proof, option=orjson.OPT_SORT_KEYS)).digest()

    async def _carried_out(
        self, tx: Transaction, licence: Licence, ask: Ask, now_ms: int, *, proven: bytes
    ) -> str:
        issued = await register.find_licence(tx, licence.id)
        if issued is None:
            raise NotFound("licence_unknown", id=licence.id)
        if issued.revoked_ms is not None:
            raise _refused("licence_revoked")
        if licence.expires_ms is not None and now_ms >= licence.expires_ms:
            raise _refused("licence_expired")
        if _is_repeated(issued, ask):
            return issued.answer
        _check_holder(issued, ask)
        if proven and not await register.use_proof(tx, proven, now_ms):
            raise _refused("licence_proof_used")
        await _STEPS[ask.act](tx, licence, ask, now_ms)
        if ask.act is not Act.RENEW:
            # When it was last asked stands beside it already.
            await register.note_event(tx, licence.id, ask.act, ask.mark, now_ms)
        serial = issued.serial + 1
        lease = await self._lease(tx, licence, ask, serial, now_ms)
        answer = sign(Kind.LEASE, encode_lease(lease), self._keys.signing)
        await register.write_answer(tx, licence.id, serial, ask.nonce, answer, now_ms)
        return answer

    async def _lease(
        self, tx: Transaction, licence: Licence, ask: Ask, serial: int, now_ms: int
    ) -> Lease:
        is_released = ask.act is Act.RELEASE
        active = await register.list_marks(tx, licence.id, is_active=True)
        known = await register.read_revocations(tx, now_ms)
        ends_ms = now_ms if is_released else now_ms + licence.lease_ms
        return Lease(
            licence_id=licence.id,
            installation=ask.installation,
            serial=serial,
            nonce=ask.nonce,
            issued_ms=now_ms,
            ends_ms=ends_ms,
            grace_ends_ms=ends_ms if is_released else ends_ms + licence.grace_ms,
            active=frozenset() if is_released else active,
            archived=await register.list_marks(tx, licence.id, is_active=False),
            used_slots=await register.count_active(tx, licence.id),
            revocations=known.number,
        )


def _read(text: str, now_ms: int) -> Ask:
    """Read a question that its own installation signed, a moment ago."""
    told = peek(Kind.ASK, text)
    ask = read_ask(told)
    prove(Kind.ASK, text, ask.installation)
    if abs(ask.at_ms - now_ms) > 2 * CLOCKS_APART_MS:
        raise _refused("licence_clock_wrong", at_ms=now_ms)
    if any(len(it) != _MARK_LETTERS for it in (ask.mark, ask.old_mark) if it):
        raise _refused("licence_unknown_account")
    return ask


def _is_repeated(issued: Issued, ask: Ask) -> bool:
    is_same = (issued.installation or ask.installation) == ask.installation
    return bool(issued.nonce) and ask.nonce == issued.nonce and is_same


def _check_holder(issued: Issued, ask: Ask) -> None:
    """Make sure that the licence belongs to whoever asks, and that nobody else asks as they."""
    if ask.act is Act.RECOVER:
        if not compare_digest(hash_of_code(ask.code), issued.recovery_hash):
            raise _refused("licence_wrong_code")
        return
    if issued.installation and issued.installation != ask.installation:
        raise _refused("licence_active_elsewhere")
    if ask.act in _NEWCOMERS and not issued.installation:
        return
    if not issued.installation:
        raise _refused("licence_not_activated")
    # Every answer rises the number that the next question must name. Of two copies of one
    # installation, one names a number that was used up: that is how a copy is noticed.
    if ask.serial != issued.serial:
        raise _refused("licence_copied")


async def _take_up(tx: Transaction, licence: Licence, ask: Ask, _now_ms: int) -> None:
    await register.write_holder(tx, licence.id, ask.installation)


async def _release(tx: Transaction, licence: Licence, _ask: Ask, _now_ms: int) -> None:
    await register.write_holder(tx, licence.id, "")


async def _renew(_tx: Transaction, _licence: Licence, _ask: Ask, _now_ms: int) -> None:
    """Change nothing: the lease is what is asked for."""


async def _bind(tx: Transaction, licence: Licence, ask: Ask, now_ms: int) -> None:
    slot = await register.find_slot(tx, ask.mark)
    if slot is not None and slot.licence_id != licence.id:
        raise _refused("licence_account_elsewhere")
    if slot is not None and slot.is_active and slot.is_current:
        return
    if slot is not None and slot.is_active:
        # A key that stood in for this account before: it is known by that one again.
        await register.retire_marks(tx, slot.n)
        await register.put_mark(tx, ask.mark, slot.n, now_ms)
        return
    await _check_room(tx, licence)
    if slot is None:
        number = await register.insert_slot(tx, licence.id, now_ms)
    else:
        number = slot.n
        await register.write_active(tx, number, now_ms, is_active=True)
        await register.retire_marks(tx, number)
    await register.put_mark(tx, ask.mark, number, now_ms)


async def _archive(tx: Transaction, licence: Licence, ask: Ask, now_ms: int) -> None:
    slot = await register.find_slot(tx, ask.mark)
    if slot is None or slot.licence_id != licence.id:
        raise _refused("licence_unknown_account")
    await register.write_active(tx, slot.n, now_ms, is_active=False)


async def _follow(tx: Transaction, licence: Licence, ask: Ask, now_ms: int) -> None:
    old, new = await register.find_slot(tx, ask.old_mark), await register.find_slot(tx, ask.mark)
    if old is None or old.licence_id != licence.id:
        raise _refused("licence_unknown_account")
    if new is not None and new.licence_id != licence.id:
        raise _refused("licence_account_elsewhere")
    if new is not None and new.n != old.n:
        await register.join_slots(tx, new.n, old.n)
    # Of an account that is known by its keys alone, one may trade at a time: else two accounts
    # could pass for one.
    await register.retire_marks(tx, old.n)
    await register.put_mark(tx, ask.mark, old.n, now_ms)


async def _claim(tx: Transaction, licence: Licence, ask: Ask, now_ms: int) -> None:
    slot = await register.find_slot(tx, ask.mark)
    if slot is not None and slot.licence_id != licence.id:
        await _check_room(tx, licence)
        # By what it was known before, nobody else is to hold on to the account either.
        await register.drop_slot(tx, slot.n)
    await _bind(tx, licence, ask, now_ms)


async def _check_room(tx: Transaction, licence: Licence) -> None:
    if await register.count_active(tx, licence.id) >= licence.slots:
        raise _refused("licence_slots_full", count=licence.slots)


def _refused(code: str, **facts: object) -> Forbidden:
    return Forbidden(code, rule=RULE, **facts)


_STEPS: Final[Mapping[Act, _Step]] = {
    Act.ACTIVATE: _take_up,
    Act.RECOVER: _take_up,
    Act.RENEW: _renew,
    Act.BIND: _bind,
    Act.ARCHIVE: _archive,
    Act.FOLLOW: _follow,
    Act.CLAIM: _claim,
    Act.RELEASE: _release,
}
