"""Quantities and prices that a market takes: steps, ticks and minimums. Exact and pure."""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market
from drawbridge.core.money import ONE, ZERO, floor_to_step, places_of
from drawbridge.core.orders import Side

_LEAST_PLACES = 2
_MOST_PLACES = 8


def exact(number: float) -> Decimal:
    """Take a setting as it was written: the shortest text that gives this float."""
    return Decimal(repr(number))


def on_tick(market: Market, side: Side, price: Decimal) -> Decimal:
    """Put a price on the market's ticks: buys never above what was meant, sells never below."""
    tick = market.price_tick
    if market.price_digits and price > 0:
        tick = max(tick, ONE.scaleb(price.adjusted() + 1 - market.price_digits))
    rounding = ROUND_DOWN if side is Side.BUY else ROUND_UP
    return (price / tick).to_integral_value(rounding) * tick


def is_placeable(market: Market, quantity: Decimal, price: Decimal) -> bool:
    """Tell whether an order of this size is above the market's minimums."""
    enough = quantity >= market.min_quantity and quantity * price >= market.min_notional
    return enough and quantity > ZERO and price > ZERO


def affordable(market: Market, budget: Decimal, price: Decimal) -> Decimal:
    """Give the quantity that a budget buys at a price, down to the lot step."""
    return floor_to_step(budget / price, market.quantity_step) if price > 0 else ZERO


def without_fee(market: Market, amount: Decimal) -> Decimal:
    """Give what of an amount can be spent when the fee comes on top."""
    return amount / (ONE + market.fee_taker)


def lowest_budget(market: Market, price: Decimal) -> Decimal:
    """Give the smallest budget of a purchase that can be sold again, less its fee.

    One lot step above the minimums: what a budget buys is rounded down to whole steps, and so
    is what is left of it.
    """
    kept = ONE - market.fee_taker
    quantity = max(market.min_quantity, market.min_notional / price) / kept
    return (quantity + 2 * market.quantity_step) * price


def refuse_small(market: Market, amount: Decimal, needed: Decimal) -> None:
    """Refuse an amount below what is needed, fees on top.

    Raises: `BadInput("amount_too_small_for_strategy")` naming the lowest.
    """
    lowest = needed * (ONE + market.fee_taker)
    if amount < lowest:
        places = min(_MOST_PLACES, max(_LEAST_PLACES, places_of(market.price_tick)))
        told = lowest.quantize(ONE.scaleb(-places), ROUND_UP)
        facts = {"amount": amount, "lowest": told, "currency": market.quote}
        raise BadInput("amount_too_small_for_strategy", field="amount", **facts)
