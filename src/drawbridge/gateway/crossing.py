"""Every request's way out: judge, pay, journal, open, stamp, sign, send, read, journal.

Straight from top to bottom, and the only way there is: robots and checks have no other road.
What is judged, how an answer is read and what is written down stand in the modules beside it.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.cluster.share import WHOLE
from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetOrder, GetOwnName, Operation, Placed, PlaceOrder
from drawbridge.core.orders import Order
from drawbridge.core.refusals import Refused
from drawbridge.core.tracing import step
from drawbridge.core.values import light_value
from drawbridge.gateway import outcome
from drawbridge.gateway.asking import Asking
from drawbridge.gateway.budgets import Payer
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.forwarding import Forwarder
from drawbridge.gateway.journal import NEVER_ARRIVED, REFUSED, UNKNOWN, OrderJournal
from drawbridge.gateway.measures import Measures
from drawbridge.gateway.permission import Claims, Permission, never_left
from drawbridge.gateway.policy import Purpose, judge, judge_listening, judge_order
from drawbridge.gateway.relaying import Relay
from drawbridge.gateway.sending import Opening, Outgoing, Sending
from drawbridge.gateway.shares import goes_first
from drawbridge.gateway.stamps import Offset, Place, Stamps
from drawbridge.gateway.turns import Caller
from drawbridge.gateway.venues import Venues
from drawbridge.gateway.witness import NOBODY, Witness, as_heard
from drawbridge.vault.model import KeyRecord
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import Credential
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import has_marks, marks_in, named

A = TypeVar("A")
F = TypeVar("F")


class KeyBook(Protocol):
    """Where keys are looked up by id, whoever owns them."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""


class KeptBook(Protocol):
    """Where the same records are at hand, as of this turn of the loop."""

    def get(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""


@light_value
class Crossing(Generic[A]):
    """What is to cross: `origin` says who wanted an order ("robot:<id>", "check:<number>")."""

    key_id: str
    purpose: Purpose
    operation: Operation[A]
    origin: str = "person"


@dataclass(frozen=True, slots=True)
class Road:
    """What leads out: the HTTP client, the addresses it may dial; who hears of bad keys.

    `measures` counts what goes that way, where somebody wants to know.
    """

    egress: Egress
    venues: Venues
    witness: Witness = NOBODY
    measures: Measures | None = None


@light_value
class _Passed(Generic[A]):
    """A crossing that was judged, with all that paying, sending and reading it needs."""

    crossing: Crossing[A]
    outgoing: Outgoing
    markets: Markets
    payer: Payer


class Gateway:
    """The one road between keys and exchanges."""

    def __init__(  # noqa: PLR0913  whose accounts are ours is asked of nobody in one process
        self,
        keys: KeptBook,
        opening: Opening,
        road: Road,
        stamps: Stamps,
        journal: OrderJournal,
        clock: Clock,
        *,
        share: Claims = WHOLE,
    ) -> None:
        """Join the parts; nothing is sent yet.

        `forwarder` and `relay` take what bots send over the same road. Nothing is signed for an
        account that is not in `share`.
        """
        self._keys = keys
        self._opening = opening
        self._road = road
        self._stamps = stamps
        self._journal = journal
        self._asking = Asking(road.egress, road.venues, stamps, clock, road.measures)
        self.permission = Permission(share)
        self.under_way = self.permission.under_way
        self._sending = Sending(opening, self._asking, stamps, self.permission)
        self._own_names: dict[tuple[str, int, str], str] = {}
        self.forwarder = Forwarder(
            keys.get, self._asking, self._sending, journal, road.witness, self._with_own_names
        )
        self.relay = Relay(self._asking, clock)

    def call(
        self, key_id: str, operation: Operation[A], *, purpose: Purpose, origin: str = "person"
    ) -> Coroutine[None, None, A]:
        """Carry out an operation with a key. Raises: as `cross`."""
        return self.cross(Crossing(key_id, purpose, operation, origin))

    def cross(self, crossing: Crossing[A]) -> Coroutine[None, None, A]:
        """Take a crossing from its judgement to its answer.

        Raises: `Forbidden`, `BadInput`, `Conflict` before anything was sent; `ExchangeRefused`,
        `NotProven`, `NotFound` for the exchange's definite no; `ExchangeDown` when nothing
        happened; `OutcomeUnknown` when nobody knows: then it must be looked up, never repeated.
        """
        measures = self._road.measures
        if measures is None:
            return self._cross(crossing)
        is_order = isinstance(crossing.operation, PlaceOrder)
        return measures.crossed("order" if is_order else "question", self._cross(crossing))

    async def _cross(self, crossing: Crossing[A]) -> A:
        # First of all, so that whoever holds the account is found before anything is paid.
        self.permission.left_ms(crossing.key_id)
        with step("judge"):
            passed = self._find_judged(crossing) or await self._judged_later(crossing)
        outgoing = passed.outgoing
        if outgoing.has_marks:
            request = await self._with_own_names(
                crossing.key_id, crossing.purpose, outgoing.request
            )
            outgoing = replace(outgoing, request=request)
            passed = replace(passed, outgoing=outgoing)
        payer, endpoint = passed.payer, outgoing.endpoint
        if self._asking.charge(payer, outgoing.exchange, endpoint):
            await self._asking.pay_later(payer, outgoing.exchange, endpoint)
        operation = crossing.operation
        if isinstance(operation, PlaceOrder) and not operation.dry_run:
            return await self._journalled(passed, operation)
        try:
            answer = await self._sending.carry(passed.outgoing, partial(self._read, passed))
        except DrawbridgeError as error:
            elsewhere = outcome.find_elsewhere(error, operation)
            if elsewhere is not None:
                return await self._cross(replace(crossing, operation=elsewhere))
            raise outcome.as_caller_needs(error, operation) from None
        if isinstance(operation, GetOrder) and isinstance(answer, Order):
            # Whoever asked, the journal learns how the order stands; foreign ones have no row.
            client_id = answer.client_id or operation.client_id
            await self._journal.settle(crossing.key_id, client_id, answer)
        return answer

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key. Raises: as `cross`."""
        return await self._asking.ask(exchange_id, venue, operation)

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets, asked for once an hour."""
        return await self._asking.markets(exchange_id, venue)

    async def place_of(self, key_id: str) -> Place:
        """Give the exchange and the venue of a key. Raises: `NotFound("unknown_key")`."""
        key = self._keys.get(key_id)
        return key.exchange, key.venue

    async def learn_clock(self, exchange_id: str, venue: str) -> Offset:
        """Ask for the exchange's clock and remember how far it is from ours."""
        return await self._asking.learn_clock((exchange_id, venue))

    async def try_signer(self, key_id: str) -> None:
        """Open a key and prepare its signer, without sending anything.

        Raises: `BadInput` naming the field, `Corrupted("sealed_value_damaged")`.
        """
        key = self._keys.get(key_id)
        async with self._opening.open_fields(key_id, purpose=Purpose.CHECK) as fields:
            credential_of(get_exchange(key.exchange), fields)

    async def may_listen(self, key_id: str) -> Place:
        """Give the exchange and the venue of a key that may hear of its account.

        Raises: `NotFound("unknown_key")`, `Forbidden("key_not_usable")`;
        `ExchangeDown("account_moved")`, which ends a stream whose account others work for now.
        """
        key = self._keys.get(key_id)
        refused = judge_listening(key)
        if refused:
            raise Forbidden(refused.code, **refused.facts)
        self.permission.left_ms(key_id)
        return key.exchange, key.venue

    @asynccontextmanager
    async def signing(self, key_id: str, write: Callable[[Credential, str], F]) -> AsyncIterator[F]:
        """Write what a stream wants signed, to be sent inside the block.

        `write` is given the key and a stamp; it must keep neither. As for a request, the stamp is
        held until the block ends, and the secret is open for the signature alone.
        Raises: as `may_listen`; `Forbidden("vault_locked")`, `Corrupted`.
        """
        place = await self.may_listen(key_id)
        await self._asking.know_clock(place)
        exchange = get_exchange(place[0])
        async with self._stamps.stamped(key_id, place, exchange.card.stamp) as stamp:
            async with self._opening.open_fields(key_id, purpose=Purpose.LISTEN) as fields:
                credential = credential_of(exchange, fields)
                written = write(credential, stamp)
                del credential
            # Opening may have been a wait. What is sent inside the block logs in or proves, and
            # orders nothing.
            self.permission.left_ms(key_id)
            yield written

    def secret_of(self, key_id: str) -> int:
        """Give the number of the secret with which a key signs now; it rises with each new one.

        Raises: `NotFound("unknown_key")`.
        """
        return self._keys.get(key_id).version

    async def raise_nonce(self, key_id: str, above: int) -> None:
        """Go on above the nonce that the exchange told to be the key's last."""
        await self._stamps.raise_above(key_id, above)

    async def close(self) -> None:
        """Close every connection."""
        await self._road.egress.close()

    def _find_judged(self, crossing: Crossing[A]) -> _Passed[A] | None:
        """Judge a crossing; None where the exchange must be asked for something before."""
        key = self._keys.get(crossing.key_id)
        exchange, place = get_exchange(key.exchange), (key.exchange, key.venue)
        markets = self._asking.find_markets(place)
        if markets is None:
            return None
        operation = crossing.operation
        if isinstance(operation, PlaceOrder):
            _raise_if_wrong(judge_order(operation, markets.get(operation.symbol)))
        request = encode_at(exchange.codec, operation, markets, self._asking.now_ms(place))
        endpoint = exchange.endpoints.classify(request)
        has_post_only = exchange.card.probe_order.post_only
        refused = judge(key, crossing.purpose, operation, endpoint, has_post_only=has_post_only)
        if refused:
            raise Forbidden(refused.code, **refused.facts)
        is_urgent = crossing.purpose is Purpose.CLEAN_UP or goes_first(operation, endpoint)
        account = key.account_hint or key.id
        caller = Caller((account, crossing.origin), is_urgent)
        payer = Payer(key.exchange, key.venue, account, key.id, caller)
        outgoing = Outgoing(
            key, exchange, crossing.purpose, request, endpoint, payer, has_marks(request)
        )
        return _Passed(crossing, outgoing, markets, payer)

    async def _judged_later(self, crossing: Crossing[A]) -> _Passed[A]:
        """Judge a crossing once the exchange has told its markets."""
        while (passed := self._find_judged(crossing)) is None:
            await self.markets(*await self.place_of(crossing.key_id))
        return passed

    async def _with_own_names(
        self, key_id: str, purpose: Purpose, request: WireRequest
    ) -> WireRequest:
        """Put in what the exchange calls the key's account and owner, asked for once."""
        names = {}
        version = self._keys.get(key_id).version
        for of in marks_in(request):
            # Another secret under the same key may be another account's.
            at = (key_id, version, of)
            if at not in self._own_names:
                self._own_names[at] = await self.call(key_id, GetOwnName(of), purpose=purpose)
            names[of] = self._own_names[at]
        return named(request, names)

    async def _journalled(self, passed: _Passed[A], order: PlaceOrder) -> A:
        key, client_id = passed.outgoing.key, order.client_id
        # Paying may have been a wait; here nothing has to be undone yet.
        self.permission.left_ms(key.id)
        # Before the first byte leaves: after a crash this row says that an order may exist.
        await self._journal.intend(key, passed.crossing.origin, order)
        try:
            answer = await self._sending.carry(passed.outgoing, partial(self._read, passed))
        except OutcomeUnknown as error:
            await self._journal.fail(key.id, client_id, UNKNOWN, error.code)
            raise
        except DrawbridgeError as error:
            state = NEVER_ARRIVED if never_left(error) else REFUSED
            await self._journal.fail(key.id, client_id, state, error.code)
            raise
        if isinstance(answer, Placed):
            await self._journal.settle(key.id, client_id, answer.order, answer.fills)
        return answer

    def _read(self, passed: _Passed[A], answer: WireAnswer) -> A:
        crossing, exchange = passed.crossing, passed.outgoing.exchange
        operation, markets = crossing.operation, passed.markets
        try:
            return self._asking.read(passed.payer, exchange, operation, answer, markets)
        except (NotProven, Forbidden) as error:
            heard = as_heard(self._road.witness, crossing.key_id, crossing.purpose, error)
            raise heard from None


def _raise_if_wrong(refused: Refused | None) -> None:
    if refused is not None:
        raise BadInput(refused.code, **refused.facts)
