"""Every request's way out: judge, pay, journal, open, stamp, sign, send, read, journal.

Straight from top to bottom, and the only way there is: robots and checks have no other road.
What is judged, how an answer is read and what is written down stand in the modules beside it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.clock import HOUR_MS, Clock
from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    GetMarkets,
    GetOrder,
    GetOwnName,
    GetServerTime,
    Operation,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import Order
from drawbridge.core.secret import Secret
from drawbridge.core.values import light_value
from drawbridge.gateway import outcome
from drawbridge.gateway.budgets import Budgets, Payer
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import REFUSED, UNKNOWN, OrderJournal
from drawbridge.gateway.policy import Purpose, Refused, judge, judge_listening, judge_order
from drawbridge.gateway.stamps import Offset, Place, Stamps
from drawbridge.gateway.venues import Address, Venues, live_address
from drawbridge.gateway.witness import NOBODY, Witness, as_heard
from drawbridge.vault.model import KeyRecord
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import KEY, marks_in, named

A = TypeVar("A")
F = TypeVar("F")

TIMEOUT_MS: Final = 10_000
# Others may take what was waited for; whoever waited this often comes back later.
_MOST_WAITS: Final = 3
_MARKETS_GOOD_FOR_MS: Final = HOUR_MS
# The exchange refused the stamp, so the request was not carried out and may be stamped anew.
_STAMP_TROUBLE: Final = frozenset({"stale_stamp", "stamp_ahead", "used_nonce", "bad_stamp"})
_STAY_AWAY: Final = frozenset({"rate_limited", "order_rate_limited", "banned"})


class KeyBook(Protocol):
    """Where keys are looked up by id, whoever owns them."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""


class Opening(Protocol):
    """What opens a key's sealed fields for the time of a block."""

    def open_fields(
        self, key_id: str, *, purpose: str
    ) -> AbstractAsyncContextManager[Mapping[str, Secret]]:
        """Open them. Raises: `Corrupted`, `Forbidden` while the vault is locked."""


@light_value
class Crossing(Generic[A]):
    """What is to cross: `origin` says who wanted an order ("robot:<id>", "check:<number>")."""

    key_id: str
    purpose: Purpose
    operation: Operation[A]
    origin: str = "person"


@dataclass(frozen=True, slots=True)
class Road:
    """What leads out: the HTTP client, the addresses it may dial; who hears of bad keys."""

    egress: Egress
    venues: Venues
    witness: Witness = NOBODY


@light_value
class _Passed(Generic[A]):
    """A crossing that was judged and paid for, with all that sending it needs."""

    crossing: Crossing[A]
    key: KeyRecord
    exchange: Exchange
    markets: Markets
    request: WireRequest
    endpoint: Endpoint

    @property
    def place(self) -> Place:
        return (self.key.exchange, self.key.venue)


class Gateway:
    """The one road between keys and exchanges."""

    def __init__(
        self,
        keys: KeyBook,
        opening: Opening,
        road: Road,
        stamps: Stamps,
        journal: OrderJournal,
        clock: Clock,
    ) -> None:
        """Join the parts; nothing is sent yet."""
        self._keys = keys
        self._opening = opening
        self._road = road
        self._stamps = stamps
        self._journal = journal
        self._clock = clock
        self._budgets = Budgets(clock)
        self._markets: dict[Place, tuple[Markets, int]] = {}
        self._addresses: dict[tuple[str, str, str], Address] = {}
        self._own_names: dict[tuple[str, str], str] = {}
        self._market_locks: dict[Place, asyncio.Lock] = {}
        self._clock_locks: dict[Place, asyncio.Lock] = {}

    def call(
        self, key_id: str, operation: Operation[A], *, purpose: Purpose, origin: str = "person"
    ) -> Coroutine[None, None, A]:
        """Carry out an operation with a key. Raises: as `cross`."""
        return self.cross(Crossing(key_id, purpose, operation, origin))

    async def cross(self, crossing: Crossing[A]) -> A:
        """Take a crossing from its judgement to its answer.

        Raises: `Forbidden`, `BadInput`, `Conflict` before anything was sent; `ExchangeRefused`,
        `NotProven`, `NotFound` for the exchange's definite no; `ExchangeDown` when nothing
        happened; `OutcomeUnknown` when nobody knows: then it must be looked up, never repeated.
        """
        passed = await self._judged(crossing)
        operation = crossing.operation
        if isinstance(operation, PlaceOrder) and not operation.dry_run:
            return await self._journalled(passed, operation)
        try:
            answer = await self._answered(passed)
        except DrawbridgeError as error:
            elsewhere = outcome.find_elsewhere(error, operation)
            if elsewhere is not None:
                return await self.cross(replace(crossing, operation=elsewhere))
            raise outcome.as_caller_needs(error, operation) from None
        if isinstance(operation, GetOrder) and isinstance(answer, Order):
            # Whoever asked, the journal learns how the order stands; foreign ones have no row.
            client_id = answer.client_id or operation.client_id
            await self._journal.settle(passed.key.id, client_id, answer)
        return answer

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key. Raises: as `cross`."""
        is_bare = isinstance(operation, GetMarkets | GetServerTime)
        markets = Markets() if is_bare else await self.markets(exchange_id, venue)
        exchange = get_exchange(exchange_id)
        now_ms = self._now_ms((exchange_id, venue))
        request = encode_at(exchange.codec, operation, markets, now_ms)
        payer = Payer(exchange_id, venue)
        endpoint = exchange.endpoints.classify(request)
        await self._pay(payer, exchange, endpoint)
        try:
            answer = await self._sent(exchange, venue, endpoint, request)
            return self._read(payer, exchange, operation, answer, markets)
        except DrawbridgeError as error:
            raise outcome.as_caller_needs(error, operation) from None

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets, asked for once an hour."""
        place = (exchange_id, venue)
        if (kept := self._find_markets(place)) is not None:
            return kept
        async with self._market_locks.setdefault(place, asyncio.Lock()):
            # Whoever waited here finds them asked for.
            if (kept := self._find_markets(place)) is not None:
                return kept
            now_ms = self._clock.now_ms()
            markets = Markets(await self.call_public(exchange_id, venue, GetMarkets()))
            self._markets[place] = (markets, now_ms)
            return markets

    async def place_of(self, key_id: str) -> Place:
        """Give the exchange and the venue of a key. Raises: `NotFound("unknown_key")`."""
        key = await self._keys.get_record(key_id)
        return key.exchange, key.venue

    async def learn_clock(self, exchange_id: str, venue: str) -> Offset:
        """Ask for the exchange's clock and remember how far it is from ours."""
        sent_ms = self._clock.now_ms()
        told = await self.call_public(exchange_id, venue, GetServerTime())
        return self._stamps.learn((exchange_id, venue), sent_ms, told.time_ms)

    async def try_signer(self, key_id: str) -> None:
        """Open a key and prepare its signer, without sending anything.

        Raises: `BadInput` naming the field, `Corrupted("sealed_value_damaged")`.
        """
        key = await self._keys.get_record(key_id)
        async with self._opening.open_fields(key_id, purpose=Purpose.CHECK) as fields:
            credential_of(get_exchange(key.exchange), fields)

    async def may_listen(self, key_id: str) -> Place:
        """Give the exchange and the venue of a key that may hear of its account.

        Raises: `NotFound("unknown_key")`, `Forbidden("key_not_usable")`.
        """
        key = await self._keys.get_record(key_id)
        refused = judge_listening(key)
        if refused:
            raise Forbidden(refused.code, **refused.facts)
        return key.exchange, key.venue

    @asynccontextmanager
    async def signing(self, key_id: str, write: Callable[[Credential, str], F]) -> AsyncIterator[F]:
        """Write what a stream wants signed, to be sent inside the block.

        `write` is given the key and a stamp; it must keep neither. As for a request, the stamp is
        held until the block ends, and the secret is open for the signature alone.
        Raises: as `may_listen`; `Forbidden("vault_locked")`, `Corrupted`.
        """
        place = await self.may_listen(key_id)
        await self._know_clock(place)
        exchange = get_exchange(place[0])
        async with self._stamps.stamped(key_id, place, exchange.card.stamp) as stamp:
            async with self._opening.open_fields(key_id, purpose=Purpose.LISTEN) as fields:
                credential = credential_of(exchange, fields)
                written = write(credential, stamp)
                del credential
            yield written

    async def raise_nonce(self, key_id: str, above: int) -> None:
        """Go on above the nonce that the exchange told to be the key's last."""
        await self._stamps.raise_above(key_id, above)

    async def close(self) -> None:
        """Close every connection."""
        await self._road.egress.close()

    async def _judged(self, crossing: Crossing[A]) -> _Passed[A]:
        key = await self._keys.get_record(crossing.key_id)
        exchange = get_exchange(key.exchange)
        markets = await self.markets(key.exchange, key.venue)
        operation = crossing.operation
        if isinstance(operation, PlaceOrder):
            _raise_if_wrong(judge_order(operation, markets.get(operation.symbol)))
        now_ms = self._now_ms((key.exchange, key.venue))
        request = encode_at(exchange.codec, operation, markets, now_ms)
        endpoint = exchange.endpoints.classify(request)
        has_post_only = exchange.card.probe_order.post_only
        refused = judge(key, crossing.purpose, operation, endpoint, has_post_only=has_post_only)
        if refused:
            raise Forbidden(refused.code, **refused.facts)
        if marks_in(request):
            request = await self._with_own_names(crossing, request)
        account = key.account_hint or key.id
        await self._pay(Payer(key.exchange, key.venue, account, key.id), exchange, endpoint)
        return _Passed(crossing, key, exchange, markets, request, endpoint)

    async def _with_own_names(self, crossing: Crossing[A], request: WireRequest) -> WireRequest:
        """Put in what the exchange calls the key's account and owner, asked for once."""
        names = {}
        for of in marks_in(request):
            at = (crossing.key_id, of)
            if at not in self._own_names:
                operation = GetOwnName(of)
                told = await self.call(crossing.key_id, operation, purpose=crossing.purpose)
                self._own_names[at] = told
            names[of] = self._own_names[at]
        return named(request, names)

    async def _journalled(self, passed: _Passed[A], order: PlaceOrder) -> A:
        key, client_id = passed.key, order.client_id
        # Before the first byte leaves: after a crash this row says that an order may exist.
        await self._journal.intend(key, passed.crossing.origin, order)
        try:
            answer = await self._answered(passed)
        except OutcomeUnknown as error:
            await self._journal.fail(key.id, client_id, UNKNOWN, error.code)
            raise
        except DrawbridgeError as error:
            await self._journal.fail(key.id, client_id, REFUSED, error.code)
            raise
        if isinstance(answer, Placed):
            await self._journal.settle(key.id, client_id, answer.order, answer.fills)
        return answer

    async def _answered(self, passed: _Passed[A]) -> A:
        try:
            return await self._signed_and_sent(passed)
        except NotProven as error:
            if error.code not in _STAMP_TROUBLE:
                raise
        # Our clock had drifted from theirs: learn it anew and try this once more.
        await self.learn_clock(*passed.place)
        try:
            return await self._signed_and_sent(passed)
        except NotProven as error:
            if error.code not in _STAMP_TROUBLE:
                raise
            # Nothing happened, and the key is not to blame: later, the clock is learnt once more.
            self._stamps.forget(passed.place)
            down = ExchangeDown(error.code)
            down.facts.update(error.facts)
            raise down from None

    async def _signed_and_sent(self, passed: _Passed[A]) -> A:
        key, exchange = passed.key, passed.exchange
        await self._know_clock(passed.place)
        rule = exchange.card.stamp
        async with self._stamps.stamped(key.id, passed.place, rule) as stamp:
            # The secret is open for the time of one signature and not for that of the answer.
            purpose = passed.crossing.purpose
            async with self._opening.open_fields(key.id, purpose=purpose) as fields:
                credential = credential_of(exchange, fields)
                request = named(passed.request, {KEY: credential.key})
                signed = sign(exchange.dialect, request, credential, stamp)
                del credential
            answer = await self._sent(exchange, key.venue, passed.endpoint, signed)
        payer = Payer(key.exchange, key.venue)
        operation = passed.crossing.operation
        try:
            return self._read(payer, exchange, operation, answer, passed.markets)
        except (NotProven, Forbidden) as error:
            raise as_heard(self._road.witness, key.id, purpose, error) from None

    def _find_markets(self, place: Place) -> Markets | None:
        kept = self._markets.get(place)
        if kept is None or self._clock.now_ms() - kept[1] >= _MARKETS_GOOD_FOR_MS:
            return None
        return kept[0]

    def _now_ms(self, place: Place) -> int:
        """Give the exchange's time as far as it is known."""
        offset = self._stamps.find_offset(place)
        return self._clock.now_ms() + (0 if offset is None else offset.ahead_ms)

    async def _know_clock(self, place: Place) -> None:
        if self._stamps.find_offset(place) is not None:
            return
        async with self._clock_locks.setdefault(place, asyncio.Lock()):
            # Whoever waited here finds it learnt.
            if self._stamps.find_offset(place) is None:
                await self.learn_clock(*place)

    async def _sent(
        self, exchange: Exchange, venue: str, endpoint: Endpoint, request: WireRequest
    ) -> WireAnswer:
        at = (exchange.id, venue, endpoint.host)
        address = self._addresses.get(at)
        if address is None:
            live = live_address(exchange.card, endpoint)
            address = self._addresses[at] = self._road.venues.get_address(exchange.id, venue, live)
        return await self._road.egress.send(address, request, TIMEOUT_MS)

    def _read(
        self,
        payer: Payer,
        exchange: Exchange,
        operation: Operation[A],
        answer: WireAnswer,
        markets: Markets,
    ) -> A:
        try:
            return outcome.read(exchange, operation, answer, markets)
        except ExchangeDown as error:
            if error.code in _STAY_AWAY:
                self._budgets.stay_away(payer, error.retry_after_ms)
            raise

    async def _pay(self, payer: Payer, exchange: Exchange, endpoint: Endpoint) -> None:
        wait_ms = 0
        for _ in range(_MOST_WAITS):
            wait_ms = self._budgets.charge(payer, endpoint, exchange.endpoints.limits)
            if not wait_ms:
                return
            await asyncio.sleep(wait_ms / 1_000)
        raise ExchangeDown("rate_limited", retry_after_ms=wait_ms)


def _raise_if_wrong(refused: Refused | None) -> None:
    if refused is not None:
        raise BadInput(refused.code, **refused.facts)
