"""Ask an exchange something public, without a vault: for commands that need no key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from drawbridge.app.clock import SystemClock
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetMarkets, GetServerTime, Operation
from drawbridge.gateway import outcome
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Venues, live_address
from drawbridge.vault.model import Venue
from drawbridge.wire.codec import encode_at

A = TypeVar("A")

_TIMEOUT_MS = 5_000


async def ask(settings: Settings, exchange_id: str, venue: Venue, operation: Operation[A]) -> A:
    """Carry out a public operation at the exchange's pinned host or at the paper exchange.

    Raises: `ExchangeDown` when nobody answers, and what the exchange says.
    """
    async with asking(settings, exchange_id, venue) as line:
        return await line.ask(operation)


class Line:
    """Several public operations over the same connections; markets are asked for once."""

    def __init__(self, place: "_Place", egress: Egress) -> None:
        """Use `asking` to make one."""
        self._place = place
        self._egress = egress
        self._markets: Markets | None = None

    async def ask(self, operation: Operation[A]) -> A:
        """Carry out a public operation. Raises: as `ask`."""
        markets = Markets()
        if not isinstance(operation, GetMarkets | GetServerTime):
            markets = await self.markets()
        return await self._place.ask(self._egress, operation, markets)

    async def markets(self) -> Markets:
        """Give the exchange's markets. Raises: as `ask`."""
        if self._markets is None:
            told = await self._place.ask(self._egress, GetMarkets(), Markets())
            self._markets = Markets(told)
        return self._markets


@asynccontextmanager
async def asking(settings: Settings, exchange_id: str, venue: Venue) -> AsyncIterator[Line]:
    """Keep connections to an exchange open for several questions."""
    egress = Egress()
    try:
        place = _Place(get_exchange(exchange_id), settings.paper_url(exchange_id), venue)
        yield Line(place, egress)
    finally:
        await egress.close()


@dataclass(frozen=True, slots=True)
class _Place:
    exchange: Exchange
    paper_url: str
    venue: Venue

    async def ask(self, egress: Egress, operation: Operation[A], markets: Markets) -> A:
        exchange = self.exchange
        request = encode_at(exchange.codec, operation, markets, SystemClock().now_ms())
        live = live_address(exchange.card, exchange.endpoints.classify(request))
        venues = Venues({exchange.card.id: self.paper_url})
        address = venues.get_address(exchange.card.id, self.venue, live)
        answer = await egress.send(address, request, _TIMEOUT_MS)
        return outcome.read(exchange, operation, answer, markets)
