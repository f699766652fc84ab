"""How deep a worth fell from its heights, when, and for how long.

One pass, for exact amounts and for a backtest's floats alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic

from drawbridge.core.money import ZERO
from drawbridge.statistics.equity import Amount, Curve

# What is told of floats: more digits would be the float's own and not the money's.
_FLOAT_PLACES: Final = 8


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall: from a height until that height is reached again.

    `recovered_ms` is None while it is not. `share` is a fraction of the height, None where the
    height was not above zero.
    """

    height_ms: int
    depth_ms: int
    recovered_ms: int | None
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a height: as money, and as a share of that height.

    The two may belong to different falls: `deepest` is the one of the money, `steepest` that of
    the share. `share` is None when no height was above zero. `longest_ms` is the longest time
    from a height until it was reached again, or until the end.
    """

    amount: Decimal
    share: Decimal | None
    deepest: Fall | None = None
    steepest: Fall | None = None
    longest_ms: int = 0


NO_DRAWDOWN: Final = Drawdown(ZERO, None)


def drawdown_of(curve: Curve[Amount]) -> Drawdown:
    """Find the deepest falls; nothing at all fell by nothing."""
    if not len(curve.times_ms):
        return NO_DRAWDOWN
    watch = _Watch(curve.times_ms[0], curve.start)
    watch.follow(zip(curve.times_ms, curve.values, strict=True))
    falls, longest_ms, above_zero = watch.end(curve.times_ms[-1])
    deepest = max(falls, key=lambda fall: fall.amount, default=None)
    steep = [fall for fall in falls if fall.share is not None]
    steepest = max(steep, key=lambda fall: fall.share or ZERO, default=None)
    share = steepest.share if steepest else None
    if share is None and above_zero:
        share = ZERO
    return Drawdown(deepest.amount if deepest else ZERO, share, deepest, steepest, longest_ms)


def exact(value: Decimal | float) -> Decimal:
    """Give an amount as money: a Decimal as it is, a float rounded to eight places."""
    if isinstance(value, Decimal):
        return value
    return Decimal(repr(round(float(value), _FLOAT_PLACES)))


class _Watch(Generic[Amount]):
    """The height so far, and the two falls that are the deepest so far."""

    def __init__(self, at_ms: int, start: Amount) -> None:
        self._height_ms = self._low_ms = at_ms
        self._height: Amount = start
        self._low: Amount = start
        self._longest_ms = 0
        self._above_zero = start > 0
        self._deepest: Fall | None = None
        self._steepest: Fall | None = None

    def follow(self, points: Iterable[tuple[int, Amount]]) -> None:
        for at_ms, value in points:
            if value >= self._height:
                self._recover(at_ms)
                self._height_ms, self._height = at_ms, value
                self._low_ms, self._low = at_ms, value
            elif value < self._low:
                self._low_ms, self._low = at_ms, value

    def end(self, at_ms: int) -> tuple[list[Fall], int, bool]:
        """Give the two deepest falls, the longest one's length, and whether all was never zero."""
        if self._low < self._height:
            self._keep(None, at_ms)
        falls = [fall for fall in (self._deepest, self._steepest) if fall is not None]
        return falls, self._longest_ms, self._above_zero or self._height > 0

    def _recover(self, at_ms: int) -> None:
        if self._low < self._height:
            self._keep(at_ms, at_ms)

    def _keep(self, recovered_ms: int | None, until_ms: int) -> None:
        """Remember the fall that has ended, or goes on at the end, if it is one of the deepest."""
        amount = exact(self._height - self._low)
        height = exact(self._height)
        share = amount / height if height > 0 else None
        fall = Fall(self._height_ms, self._low_ms, recovered_ms, amount, share)
        if self._deepest is None or amount > self._deepest.amount:
            self._deepest = fall
        known = self._steepest.share if self._steepest else None
        if share is not None and (known is None or share > known):
            self._steepest = fall
        self._longest_ms = max(self._longest_ms, until_ms - self._height_ms)
