"""How much an account or a robot may put at stake. Pure: a refusal is a value here.

What is counted stands in `exposure.py`, who asks in `watch.py`. Limits keep from entering:
closing and reducing are always allowed, but for a limit order whose price is out of all reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.markets import Level, currencies_of
from drawbridge.core.money import ZERO, plain, short
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Side
from drawbridge.core.refusals import Refused

RULE: Final = "limit"
_PERCENT: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one account or robot; what is None is not limited.

    Units: `position`, `day_loss` and `open_value` in the quote currency of what is traded, each
    quote currency counted by itself; `collar` in percent of the last price.
    """

    position: Decimal | None = None
    day_loss: Decimal | None = None
    open_orders: int | None = None
    open_value: Decimal | None = None
    collar: Decimal | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is limited."""
        return self == _UNLIMITED


_UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is at stake now, counted from our own orders and fills.

    `held` is the position in the order's market (below zero: short), `entering` what waits to be
    added to it, both in base currency. `day_profit` is what was realised since midnight, UTC,
    and what open positions stand at, in the order's quote currency. `expected` is what an order
    at market would trade at on average, None where it was not asked for.
    """

    last: Decimal
    held: Decimal = ZERO
    entering: Decimal = ZERO
    day_profit: Decimal = ZERO
    open_orders: int = 0
    open_value: Decimal = ZERO
    expected: Decimal | None = None


def is_entry(order: PlaceOrder, held: Decimal) -> bool:
    """Tell whether an order may add to a position, rather than only close or reduce one.

    Why: a spot account cannot be short, so selling there never adds; elsewhere it depends on
    what is held, and what would turn a position around counts as an entry.
    """
    if order.reduce_only or order.close_position:
        return False
    if ":" not in order.symbol and order.leverage is None:
        return order.side is Side.BUY
    against = held < 0 if order.side is Side.BUY else held > 0
    return not (against and order.quantity is not None and order.quantity <= abs(held))


def judge(limits: Limits, exposure: Exposure, order: PlaceOrder) -> Refused | None:
    """Tell which limit an order would break, None when it breaks none."""
    entering = is_entry(order, exposure.held)
    if entering or order.price is not None:
        refused = _judge_price(limits, exposure, order)
        if refused is not None:
            return refused
    return _judge_entry(limits, exposure, order) if entering else None


def average_price(levels: Iterable[Level], quantity: Decimal) -> Decimal | None:
    """Give the average price at which resting orders would fill a quantity, None if too few."""
    missing, cost = quantity, ZERO
    for level in levels:
        taken = min(missing, level.quantity)
        cost += taken * level.price
        missing -= taken
        if missing <= 0:
            return cost / quantity
    return None


def quantity_of(order: PlaceOrder, price: Decimal) -> Decimal:
    """Give how much base currency an order is about."""
    if order.quantity is not None:
        return order.quantity
    return (order.quote_quantity or ZERO) / price


def _judge_price(limits: Limits, exposure: Exposure, order: PlaceOrder) -> Refused | None:
    if limits.collar is None:
        return None
    price = order.price if order.price is not None else exposure.expected
    if price is None:
        # Not even all that rests in the book would fill it.
        return Refused("limit_thin", {"rule": RULE, "symbol": order.symbol})
    away = abs(price - exposure.last) / exposure.last * _PERCENT
    if away <= limits.collar:
        return None
    facts = {"price": plain(price), "last": plain(exposure.last)}
    return _refused("limit_collar", limits.collar, away, order, **facts)


def _judge_entry(limits: Limits, exposure: Exposure, order: PlaceOrder) -> Refused | None:
    price = order.price if order.price is not None else exposure.last
    quantity = quantity_of(order, price)
    held_value = (abs(exposure.held) + exposure.entering) * exposure.last
    counted: tuple[tuple[str, Decimal | int | None, Decimal], ...] = (
        ("limit_open_orders", limits.open_orders, Decimal(exposure.open_orders + 1)),
        ("limit_open_value", limits.open_value, exposure.open_value + quantity * price),
        ("limit_position", limits.position, held_value + quantity * price),
        ("limit_day_loss", limits.day_loss, -exposure.day_profit),
    )
    for code, limit, value in counted:
        if limit is not None and _is_broken(code, Decimal(limit), value):
            return _refused(code, Decimal(limit), value, order)
    return None


def _is_broken(code: str, limit: Decimal, value: Decimal) -> bool:
    # A loss that has reached its limit is the end of the day; all else may reach it.
    return value >= limit if code == "limit_day_loss" else value > limit


def _refused(code: str, limit: Decimal, value: Decimal, order: PlaceOrder, **facts: str) -> Refused:
    told = {"rule": RULE, "limit": plain(limit), "value": short(value)}
    currency = currencies_of(order.symbol)[1]
    return Refused(code, {**told, "symbol": order.symbol, "currency": currency, **facts})
