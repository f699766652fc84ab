"""What exchanges are asked without a key, and what is asked once and kept: markets and clocks.

Every request of the gateway is paid for, sent and read with what stands here; those that a key
signs are judged and signed in `crossing.py` before.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import HOUR_MS, Clock
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetMarkets, GetServerTime, Operation
from drawbridge.gateway import outcome
from drawbridge.gateway.budgets import Budgets, Payer
from drawbridge.gateway.egress import Egress, Leave
from drawbridge.gateway.measures import Measures
from drawbridge.gateway.stamps import Offset, Place, Stamps
from drawbridge.gateway.venues import Address, Venues, live_address
from drawbridge.wire.codec import encode_at
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest

A = TypeVar("A")

TIMEOUT_MS: Final = 10_000
_MARKETS_GOOD_FOR_MS: Final = HOUR_MS
_STAY_AWAY: Final = frozenset({"rate_limited", "order_rate_limited", "banned"})


class Asking:
    """The way to exchanges for what needs no key."""

    def __init__(
        self,
        egress: Egress,
        venues: Venues,
        stamps: Stamps,
        clock: Clock,
        measures: Measures | None = None,
    ) -> None:
        """Join the parts; nothing is sent yet."""
        self._egress = egress
        self._venues = venues
        self._stamps = stamps
        self._clock = clock
        self._budgets = Budgets(clock, egress.reach.sharers)
        self._measures = measures
        self._markets: dict[Place, tuple[Markets, int]] = {}
        self._addresses: dict[tuple[str, str, str], Address] = {}
        self._market_locks: dict[Place, asyncio.Lock] = {}
        self._clock_locks: dict[Place, asyncio.Lock] = {}

    async def ask(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key. Raises: as `Gateway.cross`."""
        is_bare = isinstance(operation, GetMarkets | GetServerTime)
        markets = Markets() if is_bare else await self.markets(exchange_id, venue)
        exchange = get_exchange(exchange_id)
        request = encode_at(exchange.codec, operation, markets, self.now_ms((exchange_id, venue)))
        payer = Payer(exchange_id, venue)
        endpoint = exchange.endpoints.classify(request)
        if self.charge(payer, exchange, endpoint):
            await self.pay_later(payer, exchange, endpoint)
        try:
            answer = await self.send(payer, exchange, endpoint, request)
            return self.read(payer, exchange, operation, answer, markets)
        except DrawbridgeError as error:
            raise outcome.as_caller_needs(error, operation) from None

    def find_markets(self, place: Place) -> Markets | None:
        """Give an exchange's markets at once; None where they must be asked for."""
        kept = self._markets.get(place)
        if kept is None or self._clock.now_ms() - kept[1] >= _MARKETS_GOOD_FOR_MS:
            return None
        return kept[0]

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets, asked for once an hour."""
        place = (exchange_id, venue)
        if (kept := self.find_markets(place)) is not None:
            return kept
        async with self._market_locks.setdefault(place, asyncio.Lock()):
            # Whoever waited here finds them asked for.
            if (kept := self.find_markets(place)) is not None:
                return kept
            now_ms = self._clock.now_ms()
            markets = Markets(await self.ask(exchange_id, venue, GetMarkets()))
            self._markets[place] = (markets, now_ms)
            return markets

    def now_ms(self, place: Place) -> int:
        """Give the exchange's time as far as it is known."""
        offset = self._stamps.find_offset(place)
        return self._clock.now_ms() + (0 if offset is None else offset.ahead_ms)

    async def learn_clock(self, place: Place) -> Offset:
        """Ask for the exchange's clock and remember how far it is from ours."""
        sent_ms = self._clock.now_ms()
        told = await self.ask(*place, GetServerTime())
        return self._stamps.learn(place, sent_ms, told.time_ms)

    async def know_clock(self, place: Place) -> None:
        """See to it that the exchange's clock is known."""
        if self._stamps.find_offset(place) is not None:
            return
        async with self._clock_locks.setdefault(place, asyncio.Lock()):
            # Whoever waited here finds it learnt.
            if self._stamps.find_offset(place) is None:
                await self.learn_clock(place)

    def charge(self, payer: Payer, exchange: Exchange, endpoint: Endpoint) -> int:
        """Pay for a request; give 0, or the milliseconds to wait at least (see `pay_later`).

        Raises: `ExchangeDown("rate_limited")` when that is longer than patience lasts.
        """
        return self._budgets.charge(payer, endpoint, exchange.endpoints.limits)

    def pay_later(self, payer: Payer, exchange: Exchange, endpoint: Endpoint) -> Awaitable[None]:
        """Pay for a request after a wait, in turn with all who wait. Raises: as `charge`."""
        paying = self._budgets.wait(payer, endpoint, exchange.endpoints.limits)
        return paying if self._measures is None else self._measures.paid(exchange.id, paying)

    def send(
        self,
        payer: Payer,
        exchange: Exchange,
        endpoint: Endpoint,
        request: WireRequest,
        leave: Leave | None = None,
    ) -> Awaitable[WireAnswer]:
        """Send a request to where the exchange answers it, and hear what it tells of its limits.

        Raises: as `Egress.send`, which asks `leave`.
        """
        venue = payer.venue
        at = (exchange.id, venue, endpoint.host)
        address = self._addresses.get(at)
        if address is None:
            live = live_address(exchange.card, endpoint)
            address = self._addresses[at] = self._venues.get_address(exchange.id, venue, live)
        answering: Awaitable[WireAnswer] = self._egress.send(address, request, TIMEOUT_MS, leave)
        if self._measures is not None:
            answering = self._measures.answered(exchange.id, venue, answering)
        headers = exchange.card.limit_headers
        if not headers:
            return answering
        return self._budgets.hear(payer, endpoint, exchange.endpoints.limits, headers, answering)

    def read(
        self,
        payer: Payer,
        exchange: Exchange,
        operation: Operation[A],
        answer: WireAnswer,
        markets: Markets,
    ) -> A:
        """Read an answer, and stay away from an exchange that says so. Raises: `outcome.read`'s."""
        self.read_error(payer, exchange, answer)
        result: A = exchange.codec.decode_answer(operation, answer, markets)
        return result

    def read_error(self, payer: Payer, exchange: Exchange, answer: WireAnswer) -> None:
        """Stay away from an exchange that says so in an answer. Raises: what the answer says."""
        try:
            outcome.read_error(exchange, answer)
        except ExchangeDown as error:
            if error.code in _STAY_AWAY:
                self._budgets.stay_away(payer, error.retry_after_ms)
            raise
