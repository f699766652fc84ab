"""Counting what one virtual key has traded today and has open. Pure.

Only what went through this key is known here: what a person or another bot trades with the same
account is counted by the limits of the account.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.core.markets import currencies_of, is_contract
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Side

MOST_OPEN: Final = 2_000
# What an order counts as while nobody can tell what it is worth: more than any limit.
UNTOLD: Final = Decimal("Infinity")


@dataclass(slots=True)
class OpenOrder:
    """An order that rests, is on its way, or of which nobody knows; it holds its reservation.

    Units: `reserved` and `filled_quote` in quote currency, `quantity` and `filled` in base
    currency; `quantity` None where the order names only what it may cost. `day` is the day on
    which it was placed, counted from the epoch.
    """

    symbol: str
    side: Side
    day: int
    reserved: Decimal
    quantity: Decimal | None
    adds: bool
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """Give how much base currency may still be filled."""
        return ZERO if self.quantity is None else max(ZERO, self.quantity - self.filled)

    def worth_of(self, filled: Decimal) -> Decimal:
        """Give the share of the reservation that so much base currency makes up, all at most."""
        if self.quantity is None or filled >= self.quantity:
            return self.reserved
        return self.reserved * filled / self.quantity

    @property
    def left_quote(self) -> Decimal:
        """Give how much quote currency may still be traded."""
        return max(ZERO, self.reserved - self.filled_quote)


@dataclass(slots=True)
class Position:
    """What was bought (below zero: sold short) and not closed, and what that cost."""

    base: Decimal = ZERO
    cost: Decimal = ZERO

    def take(self, side: Side, filled: Decimal, quote: Decimal, *, may_be_short: bool) -> None:
        """Follow a fill; what it closes takes its share of the cost away."""
        if filled <= 0:
            return
        change = filled if side is Side.BUY else -filled
        if not self.base or (self.base > 0) == (change > 0):
            self.base, self.cost = self.base + change, self.cost + quote
        elif filled < abs(self.base):
            self.cost -= self.cost * filled / abs(self.base)
            self.base += change
        else:
            beyond = filled - abs(self.base)
            self.base, self.cost = self.base + change, quote * beyond / filled
        if self.base < 0 and not may_be_short:
            # A spot account sells here what it had before, and is not short for that.
            self.base, self.cost = ZERO, ZERO


@dataclass(slots=True)
class Tally:
    """What one virtual key has used up."""

    day: int = 0
    traded: dict[str, Decimal] = field(default_factory=dict)
    open: dict[str, OpenOrder] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)

    def reserve(self, client_id: str, order: OpenOrder) -> None:
        """Count an order as if it were filled, until it is told how it ended."""
        self.open[client_id] = order

    def release(self, client_id: str) -> None:
        """Count an order no longer: it never came to be."""
        self.open.pop(client_id, None)

    def follow(
        self, client_id: str, filled: Decimal, filled_quote: Decimal, *, has_ended: bool
    ) -> None:
        """Follow what is told of an order; what comes late, or of others, changes nothing."""
        order = self.open.get(client_id)
        if order is None:
            return
        if filled > order.filled:
            # Not every exchange tells what was paid; then its share of the reservation counts.
            told = max(filled_quote or order.worth_of(filled), order.filled_quote)
            self._take(order, filled - order.filled, told - order.filled_quote)
            order.filled, order.filled_quote = filled, told
        if has_ended:
            del self.open[client_id]
            self._trade(order)

    def take_known(self, client_id: str, order: OpenOrder, *, has_ended: bool) -> None:
        """Count an order that was placed before this was begun, with what it has filled."""
        self._take(order, order.filled, order.filled_quote)
        if has_ended:
            self._trade(order)
        else:
            self.reserve(client_id, order)

    def begin_day(self, day: int) -> None:
        """Begin a day, if it is another one; what was traded before it counts no longer."""
        if day != self.day:
            self.day = day
            self.traded.clear()

    def _take(self, order: OpenOrder, filled: Decimal, quote: Decimal) -> None:
        position = self.positions.setdefault(order.symbol, Position())
        position.take(order.side, filled, quote, may_be_short=is_contract(order.symbol))
        if not position.base:
            del self.positions[order.symbol]

    def _trade(self, order: OpenOrder) -> None:
        if order.day == self.day:
            currency = currencies_of(order.symbol)[1]
            self.traded[currency] = self.traded.get(currency, ZERO) + order.filled_quote

    def turnover(self, currency: str, day: int) -> Decimal:
        """Give what was traded on this day, what was placed on it and is open counted as filled."""
        self.begin_day(day)
        coming = (
            max(it.reserved, it.filled_quote) for it in self._open_in(currency) if it.day == day
        )
        return sum(coming, self.traded.get(currency, ZERO))

    def exposure(self, currency: str) -> Decimal:
        """Give what open positions have cost, and what open orders would add to them."""
        held = sum(
            (it.cost for symbol, it in self.positions.items() if _is_in(symbol, currency)), ZERO
        )
        return sum((it.left_quote for it in self._open_in(currency) if it.adds), held)

    def held(self, symbol: str) -> Decimal:
        """Give the position, less what orders that wait will close of it."""
        position = self.positions.get(symbol)
        if position is None:
            return ZERO
        closes = Side.SELL if position.base > 0 else Side.BUY
        closing = sum(
            (it.left for it in self.open.values() if it.symbol == symbol and it.side is closes),
            ZERO,
        )
        left = max(ZERO, abs(position.base) - closing)
        return left if position.base > 0 else -left

    def _open_in(self, currency: str) -> Iterable[OpenOrder]:
        return (it for it in self.open.values() if _is_in(it.symbol, currency))


def _is_in(symbol: str, currency: str) -> bool:
    return currencies_of(symbol)[1] == currency
