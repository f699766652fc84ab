"""Restrictions that count money: the largest order, what may be open, the day's turnover, prices.

An amount names its currency. An order whose market is counted in another currency is refused,
because nobody has said how much of that would be too much.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final

from drawbridge.core.money import ZERO, plain, short
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Side, TriggerKind
from drawbridge.core.refusals import Refused
from drawbridge.virtual_keys.asked import Asked

_PERCENT: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amounts:
    """So much of each of these currencies, each counted by itself."""

    parts: tuple[tuple[str, Decimal], ...]

    def find(self, currency: str) -> Decimal | None:
        """Give the amount of a currency, None where none is named."""
        return next((amount for name, amount in self.parts if name == currency), None)


def amounts_of(parts: Mapping[str, Decimal]) -> Amounts:
    """Write amounts in the one order in which two of the same are equal."""
    return Amounts(tuple(sorted(parts.items())))


@dataclass(frozen=True, slots=True)
class LargestOrder:
    """How much one order may be worth."""

    number: ClassVar[int] = 5
    rule: ClassVar[str] = "largest_order"
    most: Amounts

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse a larger order."""
        if asked.order is None:
            return None
        return _held_to(self.most, ZERO, asked, self.rule, "virtual_order_too_large")


@dataclass(frozen=True, slots=True)
class OpenExposure:
    """How much may be open at once: what was bought and not sold, and orders that would add to it.

    Units: at what it cost.
    """

    number: ClassVar[int] = 6
    rule: ClassVar[str] = "open_exposure"
    most: Amounts

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse an order that would add more than that; closing and reducing pass."""
        if asked.order is None or not asked.adds:
            return None
        used = asked.usage.exposure.get(asked.currency, ZERO)
        return _held_to(self.most, used, asked, self.rule, "virtual_exposure")


@dataclass(frozen=True, slots=True)
class DayTurnover:
    """How much may be traded on one day, UTC; open orders count as if they were filled."""

    number: ClassVar[int] = 7
    rule: ClassVar[str] = "day_turnover"
    most: Amounts

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse what would go beyond it."""
        if asked.order is None:
            return None
        used = asked.usage.turnover.get(asked.currency, ZERO)
        return _held_to(self.most, used, asked, self.rule, "virtual_turnover")


@dataclass(frozen=True, slots=True)
class Collar:
    """How far from the market an order may be, in percent: against absurd prices on thin pairs."""

    number: ClassVar[int] = 8
    percent: Decimal

    def verify(self, asked: Asked) -> Refused | None:
        """Refuse a price that is further away, and what would trade at one."""
        order = asked.order
        if order is None:
            return None
        price = order.price if order.price is not None else asked.expected
        if price is None or asked.last is None:
            return Refused("virtual_without_price", {"rule": "collar", "symbol": asked.symbol})
        market = asked.last if order.price is None else _market_price(order, asked.last)
        if market <= 0:
            return Refused("virtual_without_price", {"rule": "collar", "symbol": asked.symbol})
        away = abs(price - market) / market * _PERCENT
        if away <= self.percent:
            return None
        facts = {"limit": plain(self.percent), "value": _told(away), "price": plain(price)}
        return Refused("virtual_collar", {"rule": "collar", "symbol": asked.symbol, **facts})


def _market_price(order: PlaceOrder, last: Decimal) -> Decimal:
    """Give what the market will stand at when the order reaches it.

    An order that waits for a price is sent when that has come. One that takes a profit and whose
    price has come already is sent at once, at whatever the market stands at now.
    """
    if order.trigger is None:
        return last
    price = order.trigger.price
    if order.trigger.kind is TriggerKind.STOP:
        return price
    return max(price, last) if order.side is Side.SELL else min(price, last)


def _held_to(most: Amounts, used: Decimal, asked: Asked, rule: str, code: str) -> Refused | None:
    limit = most.find(asked.currency)
    facts = {"rule": rule, "symbol": asked.symbol, "currency": asked.currency}
    if limit is None:
        return Refused("virtual_currency", facts)
    notional = asked.notional
    # Also of an order that is worth nothing, or less, nobody can tell what it would do.
    if notional is None or notional <= 0:
        return Refused("virtual_without_price", facts)
    if used + notional <= limit:
        return None
    return Refused(code, {**facts, "limit": plain(limit), "value": _told(used + notional)})


def _told(value: Decimal) -> str:
    # Not finite: an order is on its way of which nobody can tell yet what it is worth.
    return short(value) if value.is_finite() else "∞"
