"""From fills to positions and round trips, exactly, for long and short alike.

A trip begins when a position leaves zero and ends when it is back; average cost in between.
Fees count once each: a fee in quote currency lowers the profit, a fee in base currency lowers
the quantity held (and with it the profit, when less is sold than was bought), and a fee in any
third currency is told apart, because it has no price here.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from drawbridge.core.markets import currencies_of
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of a market.

    `quantity` is positive when long and negative when short; `cost` is what was paid for it
    (negative: received), fees in quote currency included.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    def value_at(self, price: Decimal) -> Decimal:
        """Give what closing it at `price` would bring, without fees."""
        return self.quantity * price

    def profit_at(self, price: Decimal) -> Decimal:
        """Give the profit that is not yet made."""
        return self.value_at(price) - self.cost


class Due(NamedTuple):
    """What a position paid (below zero: got) for being held, in quote currency."""

    time_ms: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Trip:
    """One round trip, from flat to flat.

    `profit` is net of fees in quote and base currency, and of what holding it cost.
    """

    opened_ms: int
    closed_ms: int
    is_long: bool
    quantity: Decimal
    profit: Decimal


@dataclass(frozen=True, slots=True)
class Journey:
    """All trips of one market, what is still held, and the fees of all fills.

    Units: `realised` and `fees` in quote currency (fees in base currency at the price of their
    fill); `fees_elsewhere` by currency. `open_since_ms` is when what is held now was begun, None
    when that is nothing.
    """

    trips: tuple[Trip, ...]
    position: Position
    realised: Decimal
    fees: Decimal
    fees_elsewhere: tuple[tuple[str, Decimal], ...]
    open_since_ms: int | None = None


_FLAT: Final = Position()


def follow(
    fills: Iterable[Fill],
    symbol: str,
    dust: Decimal = ZERO,
    start: Position = _FLAT,
    dues: Iterable[Due] = (),
) -> Journey:
    """Follow the fills of one symbol, in the order of time, from what was held before them.

    What is due at the moment of a fill is due for what was held before it.

    A remainder below `dust` (the market's lot step) counts as flat, because it cannot be sold;
    it stays in the position at its cost.
    """
    walk = _Walk(symbol, dust)
    walk.position = start
    left = deque(sorted(dues))
    for fill in sorted(fills, key=lambda fill: fill.time_ms):
        while left and left[0].time_ms <= fill.time_ms:
            walk.pay(left.popleft().amount)
        if fill.symbol == symbol:
            walk.take(fill)
    for due in left:
        walk.pay(due.amount)
    return Journey(
        tuple(walk.trips),
        walk.position,
        walk.realised,
        walk.fees,
        tuple(sorted(walk.fees_elsewhere.items())),
        walk.open_since_ms,
    )


def realised_by(fills: Sequence[Fill], symbol: str) -> tuple[Decimal, ...]:
    """Tell what each fill of one symbol realised, in the order of the fills, oldest first."""
    walk, realised = _Walk(symbol, ZERO), list[Decimal]()
    for fill in fills:
        before = walk.realised
        if fill.symbol == symbol:
            walk.take(fill)
        realised.append(walk.realised - before)
    return tuple(realised)


class _Walk:
    """The state of following fills."""

    def __init__(self, symbol: str, dust: Decimal) -> None:
        self._base, self._quote = currencies_of(symbol)
        self._dust = dust
        self._opened_ms = 0
        self._largest = ZERO
        self._profit = ZERO
        self.position = Position()
        self.trips: list[Trip] = []
        self.realised = ZERO
        self.fees = ZERO
        self.fees_elsewhere: dict[str, Decimal] = {}

    def take(self, fill: Fill) -> None:
        """Take one fill; one that turns long into short ends a trip and begins the next."""
        change, cost = self._effect_of(fill)
        held = self.position.quantity
        if held * change < 0:
            if abs(change) <= abs(held):
                part, part_cost = change, cost
            else:
                part, part_cost = -held, cost * -held / change
            self._reduce(part, part_cost, fill)
            change, cost = change - part, cost - part_cost
        if change:
            self._extend(change, cost, fill)

    def pay(self, amount: Decimal) -> None:
        """Take in what holding the position cost."""
        self.realised -= amount
        self._profit -= amount

    @property
    def open_since_ms(self) -> int | None:
        return None if self._is_flat() else self._opened_ms

    def _effect_of(self, fill: Fill) -> tuple[Decimal, Decimal]:
        """Give the change in base currency and what it cost in quote currency."""
        sign = 1 if fill.side is Side.BUY else -1
        change, cost = sign * fill.quantity, sign * fill.quote_quantity
        if fill.fee_currency == self._quote:
            self.fees += fill.fee
            return change, cost + fill.fee
        if fill.fee_currency == self._base:
            self.fees += fill.fee * fill.price
            return change - fill.fee, cost
        if fill.fee:
            known = self.fees_elsewhere.get(fill.fee_currency, ZERO)
            self.fees_elsewhere[fill.fee_currency] = known + fill.fee
        return change, cost

    def _is_flat(self) -> bool:
        size = abs(self.position.quantity)
        return not size or size < self._dust

    def _extend(self, change: Decimal, cost: Decimal, fill: Fill) -> None:
        if self._is_flat():
            self._opened_ms, self._largest, self._profit = fill.time_ms, ZERO, ZERO
        self.position = Position(self.position.quantity + change, self.position.cost + cost)
        self._largest = max(self._largest, abs(self.position.quantity))

    def _reduce(self, change: Decimal, cost: Decimal, fill: Fill) -> None:
        held = self.position
        # Closing all takes the whole cost, so that no last digit of a division stays behind.
        is_whole = change == -held.quantity
        part = held.cost if is_whole else held.cost * -change / held.quantity
        profit = -cost - part
        self.position = Position(held.quantity + change, held.cost - part)
        self.realised += profit
        self._profit += profit
        if self._is_flat() and self._largest:
            is_long = held.quantity > 0
            self.trips.append(
                Trip(self._opened_ms, fill.time_ms, is_long, self._largest, self._profit)
            )
            self._largest = ZERO
