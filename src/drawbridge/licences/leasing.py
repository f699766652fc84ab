"""Asking the licence server, one question at a time for each licence: a step of the gateway.

A question keeps its nonce until it is answered, so that one whose answer was lost counts once.
While nobody answers, the last lease goes on; what it allows is judged in `standing.py`. Of several
workers the one with the house's shard asks, but for a claim: who has the key signs its proof.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.core.secret import Secret
from drawbridge.core.shards import HOUSE, shard_of
from drawbridge.licences import store
from drawbridge.licences.documents import Kind, encode, prove, public_key_of, sign
from drawbridge.licences.kept import (
    KeptLicences,
    account_of,
    find_known,
    find_revocations,
    is_licensed,
)
from drawbridge.licences.marks import mark_of
from drawbridge.licences.model import Act, Ask, Lease, Operator
from drawbridge.licences.needs import (
    Accounts,
    Question,
    is_due,
    known_before,
    left_behind,
    next_question,
)
from drawbridge.licences.standing import RULE, Known
from drawbridge.licences.store import Bound, Holding
from drawbridge.licences.telling import tell_state
from drawbridge.licences.written import encode_ask, read_lease, read_revocations
from drawbridge.sealing.envelope import Binding
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault.store import find_key, list_of_owner

T = TypeVar("T")

_NONCE_BYTES: Final = 18
_AGAIN_MS: Final = MINUTE_MS
_AFTER_NO_MS: Final = 10 * MINUTE_MS
_MOST_QUESTIONS: Final = 100
_UNREACHABLE: Final = "licence_server_unreachable"
_NOT_HELD: Final = frozenset(
    {"licence_active_elsewhere", "licence_not_activated", "licence_unknown", "licence_revoked"}
)


class Road(Protocol):
    """The way to the licence server; `gateway/licence_road.py` is one."""

    async def ask(self, question: str) -> str:
        """Ask, and give the answer's text. Raises: the server's no; `ExchangeDown`."""

    async def revocations(self) -> str:
        """Give the latest list of what is revoked. Raises: `ExchangeDown`."""

    async def with_proof(
        self, key_id: str, send: Callable[[Mapping[str, object]], Awaitable[T]]
    ) -> T:
        """Send a request that a key has signed, as a proof. Raises: as the gateway, as `send`."""


class Seals(Protocol):
    """What opens recovery codes: the machine's own key."""

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """Open. Raises: `Corrupted("sealed_value_damaged")`."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Who asks: a key that this installation made for itself and shows to nobody."""

    key: Ed25519PrivateKey

    @property
    def name(self) -> str:
        """Give the public half, by which the licence server knows it."""
        return public_key_of(self.key)


@dataclass(frozen=True, slots=True)
class Here:
    """What the steps stand on in this process; `share` tells which keys it works with."""

    database: Database
    kept: KeptLicences
    clock: Clock
    entropy: Callable[[int], bytes]
    seals: Seals
    share: Share = WHOLE


class Leasing:
    """Keeps licences leased; one of these lives in the gateway's process."""

    def __init__(
        self, here: Here, operator: Operator, installation: Installation, road: Road
    ) -> None:
        """Join the parts."""
        self._here = here
        self._operator = operator
        self._installation = installation
        self._road = road
        self._noted_ms = 0

    async def step(self) -> None:
        """Ask what is due, for everybody at once, and tell people how their licences stand."""
        await self._note_time()
        holdings = await store.list_holdings(self._here.database)
        await asyncio.gather(*(self._tend(it.owner) for it in holdings))
        await self._learn_revocations()
        await tell_state(self._here.database, self._here.kept, self._here.clock)

    async def prove(self) -> None:
        """Ask what only this process can sign a proof for, where another one asks all else."""
        if self._here.share.is_house:
            return
        for holding in await store.list_claiming(self._here.database):
            if self._here.share.holds(holding.key_id):
                await self._ask_next(holding)

    async def _tend(self, owner: str) -> None:
        for _ in range(_MOST_QUESTIONS):
            holding = await store.find_holding(self._here.database, owner)
            if holding is None or not await self._ask_next(holding):
                return

    async def _ask_next(self, holding: Holding) -> bool:
        """Ask the next question; False when none is due or nobody answers."""
        known = find_known(holding, self._operator, frozenset(), 0)
        if known is None:
            return False
        if holding.nonce:
            question = Question(Act(holding.act), holding.key_id, holding.wish_n)
            if not self._is_ours(question):
                return False
            if not is_due(holding, known, self._here.clock.now_ms()):
                return False
        else:
            found = await self._due(holding, known)
            if found is None:
                return False
            question = found
            holding = await self._begun(holding, question)
            if not self._is_ours(question):
                return False
        return await self._asked(holding, known, question)

    def _is_ours(self, question: Question) -> bool:
        if question.act is Act.CLAIM:
            return self._here.share.holds(question.key_id)
        return self._here.share.is_house

    async def _due(self, holding: Holding, known: Known) -> Question | None:
        wish = await store.find_next_wish(self._here.database, holding.owner)
        accounts = await self._accounts(holding.owner)
        return next_question(holding, known, wish, accounts, self._here.clock.now_ms())

    async def _accounts(self, owner: str) -> Accounts:
        keys = await list_of_owner(self._here.database, owner)
        licensed = tuple(it for it in keys if is_licensed(it, self._operator))
        return licensed, await store.list_bound(self._here.database, owner)

    async def _begun(self, holding: Holding, question: Question) -> Holding:
        nonce = encode(self._here.entropy(_NONCE_BYTES))
        async with self._here.database.transaction() as tx:
            await store.write_question(
                tx, holding.owner, nonce, question.act, question.key_id, question.wish_n
            )
            if not self._is_ours(question):
                await store.ask_soon(tx, holding.owner)
                tx.wake([shard_of(question.key_id)])
        return replace(holding, nonce=nonce)

    async def _asked(self, holding: Holding, known: Known, question: Question) -> bool:
        try:
            answer, mark = await self._answered(holding, known, question)
            lease = self._believed(holding, answer)
        except (ExchangeDown, OutcomeUnknown) as error:
            await self._unheard(holding, error)
            return False
        except DrawbridgeError as error:
            return await self._refused(holding, question, error)
        await self._take_in(holding, question, answer, lease, mark)
        return True

    async def _answered(
        self, holding: Holding, known: Known, question: Question
    ) -> tuple[str, str]:
        """Ask; give the answer and the mark that it was about."""
        ask = Ask(
            act=question.act,
            licence=holding.document,
            installation=self._installation.name,
            serial=holding.serial,
            nonce=holding.nonce,
            at_ms=self._here.clock.now_ms(),
        )
        if question.act is Act.RECOVER:
            return await self._sent(replace(ask, code=await self._code(question))), ""
        if question.act is Act.ARCHIVE and not question.key_id:
            left = left_behind(known, await self._accounts(holding.owner))
            return await self._sent(replace(ask, mark=left[0] if left else "")), ""
        if not question.key_id:
            return await self._sent(ask), ""
        ask = await self._about(ask, known, holding.owner, question.key_id)
        if question.act is not Act.CLAIM:
            return await self._sent(ask), ask.mark

        async def send(proof: Mapping[str, object]) -> str:
            return await self._sent(replace(ask, proof=proof))

        return await self._road.with_proof(question.key_id, send), ask.mark

    async def _about(self, ask: Ask, known: Known, owner: str, key_id: str) -> Ask:
        """Name the account that is asked about."""
        bound = (await store.list_bound(self._here.database, owner)).get(key_id)
        key = await find_key(self._here.database, key_id)
        if ask.act is Act.ARCHIVE and bound is not None and bound.mark:
            # Also of a key that is deleted.
            return replace(ask, mark=bound.mark)
        if key is None or key.owner != owner:
            raise Forbidden("licence_unknown_account", rule=RULE)
        mark = mark_of(known.licence.mark_key, account_of(key))
        before = known_before(known, key, bound) if ask.act is Act.FOLLOW else ""
        return replace(ask, mark=mark, old_mark=before)

    async def _code(self, question: Question) -> str:
        wish = await store.find_wish(self._here.database, question.wish_n or 0)
        if wish is None or wish.sealed is None:
            raise Forbidden("licence_wrong_code", rule=RULE)
        return self._here.seals.open(wish.sealed, code_binding(wish.owner)).reveal()

    async def _sent(self, ask: Ask) -> str:
        return await self._road.ask(sign(Kind.ASK, encode_ask(ask), self._installation.key))

    def _believed(self, holding: Holding, answer: str) -> Lease:
        """Prove that an answer is the operator's, to this very question.

        Raises: `Forbidden("licence_forged")`, `Forbidden("licence_lease_replayed")`.
        """
        lease = read_lease(prove(Kind.LEASE, answer, self._operator.public_key))
        to = (holding.licence_id, self._installation.name, holding.nonce)
        if (lease.licence_id, lease.installation, lease.nonce) != to:
            raise Forbidden("licence_lease_replayed", rule=RULE)
        if lease.serial <= holding.serial:
            raise Forbidden("licence_lease_replayed", rule=RULE)
        return lease

    async def _take_in(
        self, holding: Holding, question: Question, answer: str, lease: Lease, mark: str
    ) -> None:
        now_ms = self._here.clock.now_ms()
        next_ms = now_ms + (lease.ends_ms - lease.issued_ms) // 2
        async with self._here.database.transaction() as tx:
            if not await self._is_open(tx, holding):
                return
            await store.write_lease(tx, holding.owner, answer, lease.serial, next_ms)
            if mark and mark in lease.active:
                bound = Bound(question.key_id, holding.owner, mark, tried_ms=now_ms)
                await store.put_bound(tx, bound)
            if question.wish_n is not None:
                await store.end_wish(tx, question.wish_n, "", {}, now_ms)
            if question.act is Act.RELEASE:
                await store.delete_holding(tx, holding.owner)
            await store.write_seen(tx, lease.issued_ms)
        self._here.kept.heal(lease.issued_ms)

    async def _unheard(self, holding: Holding, error: DrawbridgeError) -> None:
        next_ms = self._here.clock.now_ms() + _AGAIN_MS
        facts = {"reason": error.code}
        async with self._here.database.transaction() as tx:
            if not await self._is_open(tx, holding):
                return
            await store.write_unheard(tx, holding.owner, _UNREACHABLE, facts, next_ms)

    async def _refused(self, holding: Holding, question: Question, error: DrawbridgeError) -> bool:
        """Take in a definite no; True when there may be more to ask."""
        now_ms, owner = self._here.clock.now_ms(), holding.owner
        is_of_account = bool(question.key_id)
        async with self._here.database.transaction() as tx:
            if not await self._is_open(tx, holding):
                return False
            if question.wish_n is not None:
                await store.end_wish(tx, question.wish_n, error.code, error.facts, now_ms)
            if question.act is Act.RELEASE and error.code in _NOT_HELD:
                await store.delete_holding(tx, owner)
                return False
            if is_of_account:
                # The licence itself is as good as it was.
                await store.write_no(tx, owner, "", {}, holding.next_ms)
                before = (await store.list_bound(tx, owner)).get(question.key_id)
                bound = replace(
                    before or Bound(question.key_id, owner),
                    problem=error.code,
                    problem_facts=error.facts,
                    tried_ms=now_ms,
                )
                await store.put_bound(tx, bound)
            else:
                await store.write_no(tx, owner, error.code, error.facts, now_ms + _AFTER_NO_MS)
        return is_of_account

    async def _is_open(self, tx: Transaction, holding: Holding) -> bool:
        """Tell whether the question still waits for its answer; what comes next is asked at once.

        Why: while accounts move, two workers may have asked the same, and heard the same.
        """
        if not self._here.share.is_house:
            tx.wake([HOUSE])
        return await store.hold_question(tx, holding.owner, holding.nonce)

    async def _learn_revocations(self) -> None:
        """Fetch the list of what is revoked where there is a later one, or somebody is on it.

        Why fetched, though the server has said so already: only what is signed ends a licence.
        Raises: as `take_revocations`; while nobody answers, nothing.
        """
        database, operator = self._here.database, self._operator
        books = await self._here.kept.read()
        told = max((it.lease.revocations for it in books.known.values() if it.lease), default=0)
        known = find_revocations((await store.read_time(database))[1], operator)
        is_missing = any(
            it.problem == "licence_revoked" and it.licence_id not in known.revoked
            for it in await store.list_holdings(database)
        )
        if told <= known.number and not is_missing:
            return
        try:
            document = await self._road.revocations()
        except (ExchangeDown, OutcomeUnknown):
            return
        await take_revocations(database, operator, document)

    async def _note_time(self) -> None:
        """Write down the latest moment that was seen, once a minute."""
        now_ms = self._here.clock.now_ms()
        books = await self._here.kept.read()
        self._here.kept.note(now_ms)
        if now_ms > books.seen_ms and now_ms - self._noted_ms >= MINUTE_MS:
            self._noted_ms = now_ms
            seen_ms = max(self._here.kept.seen_ms, now_ms)
            async with self._here.database.transaction() as tx:
                await store.write_seen(tx, seen_ms)


async def take_revocations(database: Database, operator: Operator, document: str) -> None:
    """Keep a list of what is revoked, once it is proven and later than the one before.

    Raises: `Forbidden("licence_forged")`, `Forbidden("licence_list_older")`,
    `BadInput("licence_unreadable")`.
    """
    fresh = read_revocations(prove(Kind.REVOCATIONS, document, operator.public_key))
    _, text = await store.read_time(database)
    before = find_revocations(text, operator)
    if fresh.number < before.number or not fresh.revoked >= before.revoked:
        raise Forbidden("licence_list_older", rule=RULE, number=fresh.number, known=before.number)
    async with database.transaction() as tx:
        await store.write_revocations(tx, document)


def code_binding(owner: str) -> Binding:
    """Give what a recovery code is sealed for."""
    return Binding(owner, "", "licence", "recovery_code", 1)
