"""Buying at market price where an exchange takes such orders by their cost only.

Robots decide how much to buy, and their books count what they bought: an order by cost would buy
another amount. A limit order a little above the best price, which ends at once, says the same.
"""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Final

from drawbridge.core.markets import Market, Ticker
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side, TimeInForce

# How far above the best price it may buy: deep enough for what people trade, and no further.
_ROOM: Final = Decimal("1.02")


def buys_by_quantity(order: PlaceOrder) -> bool:
    """Tell whether an order buys so much at whatever price there is."""
    at_market = order.type is OrderType.MARKET and order.side is Side.BUY
    return at_market and order.quantity is not None


def as_limit(order: PlaceOrder, market: Market, ticker: Ticker) -> PlaceOrder:
    """Give the limit order that buys the same at once, as far as there is enough to buy."""
    best = ticker.ask or ticker.last
    ticks = (best * _ROOM / market.price_tick).to_integral_value(ROUND_CEILING)
    return replace(
        order,
        type=OrderType.LIMIT,
        price=ticks * market.price_tick,
        time_in_force=TimeInForce.IOC,
    )
