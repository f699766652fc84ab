"""Counting what an account or a robot has at stake, from our own orders and fills. Pure.

Only what passed through this house is known here: what a person trades elsewhere with the same
account is neither a position nor a loss to its limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.core.markets import currencies_of
from drawbridge.core.money import ZERO
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Side
from drawbridge.trading.limits import Exposure, quantity_of
from drawbridge.trading.model import OwnOrder
from drawbridge.trading.stakes import Held


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that rests, is on its way, or of which nobody knows yet; `left` is unfilled."""

    symbol: str
    side: Side
    left: Decimal
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Stake:
    """What was read of one subject: its waiting orders, and what it holds."""

    waiting: Sequence[Waiting]
    held: Held


def waiting_of(order: OwnOrder, prices: Mapping[str, Decimal]) -> Waiting:
    """See an order of the journal as one that waits."""
    price = order.price or prices[order.symbol]
    quantity = order.quantity
    if quantity is None:
        quantity = (order.quote_quantity or ZERO) / price
    return Waiting(order.symbol, order.side, max(ZERO, quantity - order.filled), price)


def waiting_to_be(order: PlaceOrder, prices: Mapping[str, Decimal]) -> Waiting:
    """See an order that is just being placed as one that waits."""
    price = order.price or prices[order.symbol]
    return Waiting(order.symbol, order.side, quantity_of(order, price), price)


def quote_of(symbol: str) -> str:
    """Give the currency in which a market is counted, for contracts as for spot."""
    return currencies_of(symbol)[1]


def held_in(held: Held, symbol: str) -> Decimal:
    """Give the position in a market now."""
    return held.position(symbol).quantity


def count_exposure(order: PlaceOrder, stake: Stake, prices: Mapping[str, Decimal]) -> Exposure:
    """Count what is at stake as an order comes, in the quote currency of its market."""
    currency = quote_of(order.symbol)
    same_currency = [it for it in stake.waiting if quote_of(it.symbol) == currency]
    same_way = [it for it in stake.waiting if it.symbol == order.symbol and it.side is order.side]
    return Exposure(
        last=prices[order.symbol],
        held=held_in(stake.held, order.symbol),
        entering=sum((it.left for it in same_way), ZERO),
        day_profit=day_profit(stake.held, currency, prices),
        open_orders=len(stake.waiting),
        open_value=sum((it.left * (it.price or prices[it.symbol]) for it in same_currency), ZERO),
    )


def open_symbols(held: Held, currency: str) -> frozenset[str]:
    """Give the markets of a currency in which a position is open: these need a price."""
    return frozenset(
        symbol for symbol in held.symbols if quote_of(symbol) == currency and held_in(held, symbol)
    )


def day_profit(held: Held, currency: str, prices: Mapping[str, Decimal]) -> Decimal:
    """Give what was realised since midnight, UTC, and what open positions stand at.

    Why: a position that has stood at a loss since yesterday counts today as well. What it stood
    at when the day began is not on record, and of two ways to count, the careful one is taken.
    """
    total = ZERO
    for symbol in held.symbols:
        if quote_of(symbol) != currency:
            continue
        total += held.realised.get(symbol, ZERO)
        position = held.position(symbol)
        if position.quantity:
            total += position.profit_at(prices[symbol])
    return total
