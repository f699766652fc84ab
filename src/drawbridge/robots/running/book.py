"""What a robot holds on one account: counted from its own fills alone, to the last digit.

One book follows one position after another. What cannot be sold, because it is less than a lot
step, stays in the quantity and counts as nothing held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.money import ZERO, floor_to_step
from drawbridge.core.orders import Fill, Side

_PERCENT: Final = Decimal(100)
# What is summed up, in the order in which it is written down.
_SUMS: Final = ("quantity", "cost", "price", "entry", "_entered", "_flow")


@dataclass(frozen=True, slots=True)
class Ending:
    """A position that ended: when, and its gain in percent of what was spent, fees included."""

    time_ms: int
    gain: float


class Book:
    """The fills of a robot on an account, summed up.

    Units: `quantity` in base currency, below zero when short; `cost` in quote currency, what was
    paid for it (below zero: received) with fees in quote currency; `price` is the average price of
    the entries of this position, `entry` the first one, at `opened_ms`.
    """

    __slots__ = (
        "_base",
        "_entered",
        "_flow",
        "_quote",
        "cost",
        "entry",
        "opened_ms",
        "price",
        "quantity",
        "step",
    )

    def __init__(self, base: str, quote: str, step: Decimal = ZERO) -> None:
        """Begin with nothing; `step` is the market's lot step."""
        self._base = base
        self._quote = quote
        self.step = step
        self.quantity = self.cost = self.price = self.entry = ZERO
        self._entered = self._flow = ZERO
        self.opened_ms = 0

    def take(self, fills: Iterable[Fill]) -> tuple[Ending, ...]:
        """Take fills in, oldest first; tells which positions ended by them."""
        endings = (self._take(fill) for fill in fills)
        return tuple(ending for ending in endings if ending is not None)

    def sums(self) -> tuple[str, ...]:
        """Write down, exactly, all that the fills taken in add up to; `restore` reads it."""
        return (*(str(getattr(self, it)) for it in _SUMS), str(self.opened_ms))

    def restore(self, sums: Sequence[str]) -> None:
        """Go on from where `sums` were written down."""
        *amounts, opened_ms = sums
        for name, amount in zip(_SUMS, amounts, strict=True):
            setattr(self, name, Decimal(amount))
        self.opened_ms = int(opened_ms)

    @property
    def is_flat(self) -> bool:
        """Tell whether nothing is held, or no more than what counts as nothing."""
        return not self.quantity or abs(self.quantity) < self.step

    def _take(self, fill: Fill) -> Ending | None:
        sign = 1 if fill.side is Side.BUY else -1
        change, cost = sign * fill.quantity, sign * fill.quote_quantity
        if fill.fee_currency == self._base:
            change -= fill.fee
        elif fill.fee_currency == self._quote:
            cost += fill.fee
        if self.is_flat or self.quantity * sign > 0:
            self._enter(fill, change, cost)
            return None
        return self._leave(fill, change, cost)

    def _enter(self, fill: Fill, change: Decimal, cost: Decimal) -> None:
        if self.is_flat:
            self.price = self.entry = fill.price
            self.opened_ms = fill.time_ms
            self._entered = self._flow = ZERO
        else:
            held = floor_to_step(abs(self.quantity), self.step) if self.step else abs(self.quantity)
            together = self.price * held + fill.price * fill.quantity
            self.price = together / (held + fill.quantity)
        self.quantity += change
        self.cost += cost
        self._entered += fill.quote_quantity
        self._flow -= cost

    def _leave(self, fill: Fill, change: Decimal, cost: Decimal) -> Ending | None:
        # Taking the whole cost at the end leaves no last digit of a division behind.
        is_whole = change == -self.quantity
        self.cost -= self.cost if is_whole else self.cost * -change / self.quantity
        self.quantity += change
        self._flow -= cost
        if not self.is_flat:
            return None
        gain = self._flow / self._entered * _PERCENT
        return Ending(fill.time_ms, float(gain))
