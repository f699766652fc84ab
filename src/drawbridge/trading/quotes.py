"""Prices that bots' orders are judged by: the last one, and what an order at market would get."""

from decimal import Decimal
from typing import Final, Protocol, TypeVar

from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import GetOrderBook, GetTickers, Operation, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.trading.limits import average_price, quantity_of

A = TypeVar("A")

_GOOD_FOR_MS: Final = SECOND_MS
_MOST_KEPT: Final = 10_000


class Roads(Protocol):
    """Where prices come from; the gateway is one."""

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key."""


class Quotes:
    """Prices of now, at most a second old."""

    def __init__(self, roads: Roads, clock: Clock) -> None:
        """Ask over these roads."""
        self._roads = roads
        self._clock = clock
        self._last: dict[tuple[str, str, str], tuple[Decimal, int]] = {}

    async def last(self, exchange_id: str, venue: str, symbol: str) -> Decimal | None:
        """Give the last price of a market, None where nobody tells one."""
        at, now_ms = (exchange_id, venue, symbol), self._clock.now_ms()
        kept = self._last.get(at)
        if kept is None or now_ms - kept[1] >= _GOOD_FOR_MS:
            try:
                tickers = await self._roads.call_public(exchange_id, venue, GetTickers((symbol,)))
            except DrawbridgeError:
                # Without a price there is no judgement, and without a judgement nothing passes.
                return None
            told = {ticker.symbol: ticker.last for ticker in tickers}
            if len(self._last) >= _MOST_KEPT:
                self._last.clear()
            kept = self._last[at] = (told.get(symbol, Decimal(0)), now_ms)
        return kept[0] if kept[0] > 0 else None

    async def expected(
        self, exchange_id: str, venue: str, order: PlaceOrder, last: Decimal
    ) -> Decimal | None:
        """Give what an order at market would trade at on average, None for too thin a book."""
        if order.type is not OrderType.MARKET or order.close_position:
            return None
        asked = GetOrderBook(order.symbol)
        try:
            book = await self._roads.call_public(exchange_id, venue, asked)
        except DrawbridgeError:
            return None
        levels = book.asks if order.side is Side.BUY else book.bids
        return average_price(levels, quantity_of(order, last))
