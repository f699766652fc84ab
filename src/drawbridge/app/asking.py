"""Ask an exchange something public once, without a vault: for the doctor and the demonstration."""

from typing import TypeVar

from drawbridge.app.clock import SystemClock
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import get_card, get_exchange
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetMarkets, GetServerTime, Operation
from drawbridge.gateway import outcome
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address, Venues, live_address
from drawbridge.vault.model import Venue
from drawbridge.wire.codec import encode_at

A = TypeVar("A")

_TIMEOUT_MS = 5_000


async def ask(settings: Settings, exchange_id: str, venue: Venue, operation: Operation[A]) -> A:
    """Carry out a public operation at the exchange's pinned host or at the paper exchange.

    Raises: `ExchangeDown` when nobody answers, and what the exchange says.
    """
    egress = Egress()
    address = _address(settings, exchange_id, venue)
    markets = Markets()
    try:
        if not isinstance(operation, GetMarkets | GetServerTime):
            markets = Markets(await _asked(egress, address, exchange_id, GetMarkets(), markets))
        return await _asked(egress, address, exchange_id, operation, markets)
    finally:
        await egress.close()


async def _asked(
    egress: Egress, address: Address, exchange_id: str, operation: Operation[A], markets: Markets
) -> A:
    exchange = get_exchange(exchange_id)
    request = encode_at(exchange.codec, operation, markets, SystemClock().now_ms())
    answer = await egress.send(address, request, _TIMEOUT_MS)
    return outcome.read(exchange, operation, answer, markets)


def _address(settings: Settings, exchange_id: str, venue: Venue) -> Address:
    card = get_card(exchange_id)
    venues = Venues({exchange_id: settings.paper_url(exchange_id)})
    return venues.get_address(exchange_id, venue, live_address(card.hosts[0], card.base_path))
