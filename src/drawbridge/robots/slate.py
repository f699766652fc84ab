"""The slate of an order strategy: which orders are out, and what was spent so far.

Every order strategy writes on one. It keeps what must hold for all of them: nothing is bought
beyond the amount, nothing is sold that is not held, a tag is used once, and what was refused
several times in a row is not asked for again. Pure: it is made of the memory and goes back
into it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from drawbridge.core.money import ONE, ZERO, floor_to_step, plain
from drawbridge.core.orders import Side
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.sizes import affordable, is_placeable, on_tick, without_fee
from drawbridge.robots.strategy import FilledWant, Memory, Scene, Want

MOST_REFUSALS: Final = 3
"""After so many orders in a row that came back empty, a role is not asked for any more."""

_SIDES: Final = {"b": Side.BUY, "s": Side.SELL}
_LETTERS: Final = {side: letter for letter, side in _SIDES.items()}


class Nothing(NamedTuple):
    """What a strategy sees that looks at prices alone."""


def look_at_nothing(_candles: CandleColumns, _settings: object) -> Nothing:
    """Make no series."""
    return Nothing()


@dataclass(frozen=True, slots=True)
class Returned:
    """An order that came back. `change` is what it did to the position, fee and all."""

    role: str
    side: Side
    quantity: Decimal
    price: Decimal
    change: Decimal


class Slate:
    """What is out and what was spent. A role has at most one order out at any time.

    Shape: in memory, `given` is role → [tag, side, quantity, price or None, withdrawn, price at
    which it was asked for].
    """

    def __init__(self, memory: Memory, scene: Scene) -> None:
        """Read the memory; it is not changed."""
        self._scene = scene
        self._count: int = memory.get("count", 0)
        self._spent = Decimal(memory.get("spent", "0"))
        self._held = Decimal(memory.get("held", "0"))
        self._refused: dict[str, int] = dict(memory.get("refused", {}))
        # What was given is replaced and never changed, so the lists need no copy.
        self._given: dict[str, list[Any]] = dict(memory.get("given", {}))

    @property
    def left(self) -> Decimal:
        """Give what can still be spent, fees and orders that are out taken off."""
        bought = (it for it in self._given.values() if _SIDES[it[1]] is Side.BUY)
        out = sum((Decimal(it[2]) * Decimal(it[5]) for it in bought), ZERO)
        return without_fee(self._scene.market, self._scene.amount - self._spent) - out

    @property
    def cash(self) -> Decimal:
        """Give what is left of the amount after all that was bought and sold."""
        return self._scene.amount - self._spent

    @property
    def held(self) -> Decimal:
        """Give what is held according to the orders that came back."""
        return self._held

    def returned(self) -> Iterator[Returned]:
        """Take in what has come back since the last time, in the order of time."""
        roles = {given[0]: role for role, given in self._given.items()}
        for filled in self._scene.filled:
            role = roles.pop(filled.tag, None)
            if role is not None:
                yield self._take_in(role, filled)

    def is_out(self, role: str) -> bool:
        """Tell whether an order of this role is out, be it withdrawn or not."""
        return role in self._given

    def out(self) -> tuple[str, ...]:
        """Give the roles that have an order out."""
        return tuple(self._given)

    def is_at_market(self, role: str) -> bool:
        """Tell whether the order of this role is one without a price."""
        return self._given[role][3] is None

    def asks(self, role: str, price: Decimal, quantity: Decimal | None = None) -> bool:
        """Tell whether the order of this role is out for this price (and quantity)."""
        _, _, asked, at, *_ = self._given[role]
        return at == plain(price) and (quantity is None or asked == plain(quantity))

    def buy(self, role: str, quantity: Decimal, price: Decimal | None = None) -> bool:
        """Ask for a purchase, no larger than the means; tell whether it is out now."""
        market = self._scene.market
        at = self._scene.price if price is None else on_tick(market, Side.BUY, price)
        most = affordable(market, self.left, at)
        return self._ask(role, Side.BUY, min(quantity, most), at, at_market=price is None)

    def sell(self, role: str, quantity: Decimal, price: Decimal | None = None) -> bool:
        """Ask for a sale, no larger than what is held and not for sale yet."""
        market = self._scene.market
        at = self._scene.price if price is None else on_tick(market, Side.SELL, price)
        for_sale = sum(
            (Decimal(it[2]) for it in self._given.values() if _SIDES[it[1]] is Side.SELL), ZERO
        )
        most = self._held - for_sale
        return self._ask(role, Side.SELL, min(quantity, most), at, at_market=price is None)

    def withdraw(self, role: str) -> None:
        """Want the order of this role no longer; it is out until it comes back."""
        tag, letter, quantity, price, _, at = self._given[role]
        self._given[role] = [tag, letter, quantity, price, True, at]

    def written(self, **own: object) -> tuple[Memory, tuple[Want, ...]]:
        """Give the memory, with what the strategy has of its own, and all wants."""
        memory: Memory = {
            "count": self._count,
            "spent": plain(self._spent),
            "held": plain(self._held),
            "refused": self._refused,
            "given": self._given,
            **own,
        }
        given = self._given.values()
        return memory, tuple(_want(*it[:4]) for it in given if not it[4])

    def _take_in(self, role: str, filled: FilledWant) -> Returned:
        letter, withdrawn = self._given[role][1], self._given[role][4]
        del self._given[role]
        if filled.quantity > 0:
            self._refused.pop(role, None)
        elif not withdrawn:
            self._refused[role] = self._refused.get(role, 0) + 1
        value, fee = filled.quantity * filled.price, self._scene.market.fee_taker
        if _SIDES[letter] is Side.BUY:
            change = filled.quantity - filled.fee
            self._spent += value if filled.fee else value * (ONE + fee)
        else:
            change = -filled.quantity
            self._spent -= value * (ONE - fee)
        self._held += change
        return Returned(role, _SIDES[letter], filled.quantity, filled.price, change)

    def _ask(
        self, role: str, side: Side, quantity: Decimal, price: Decimal, *, at_market: bool
    ) -> bool:
        market = self._scene.market
        quantity = floor_to_step(max(quantity, ZERO), market.quantity_step)
        refused = self._refused.get(role, 0) >= MOST_REFUSALS
        if role in self._given or refused or not is_placeable(market, quantity, price):
            return False
        self._count += 1
        letter, at = _LETTERS[side], plain(price)
        limit = None if at_market else at
        self._given[role] = [f"{letter}{self._count}", letter, plain(quantity), limit, False, at]
        return True


@lru_cache(maxsize=4096)
def _want(tag: str, letter: str, quantity: str, price: str | None) -> Want:
    """Make a want out of its texts; the same ones are asked for at every candle."""
    limit = None if price is None else Decimal(price)
    return Want(tag, _SIDES[letter], Decimal(quantity), limit)
