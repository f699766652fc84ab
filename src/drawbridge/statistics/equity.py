"""Equity over time from fills and prices, and how deep it fell.

Exact amounts; the series of a chart may convert them. Where no price is known at a moment, the
price of the last fill values what is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """What an account was worth at a moment, in quote currency."""

    time_ms: int
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a height: as money, and as a share of that height.

    The two may belong to different falls. `share` is None when no height was above zero.
    """

    amount: Decimal
    share: Decimal | None


def equity_of(
    fills: Iterable[Fill], prices: Iterable[tuple[int, Decimal]], symbol: str, start: Decimal
) -> tuple[EquityPoint, ...]:
    """Value an account that began with `start` in quote currency and made these fills.

    There is one point for each price and each fill; at the same moment the fill comes first.
    """
    base, _, quote = symbol.partition("/")
    cash, held, price = start, ZERO, ZERO
    moments: list[tuple[int, int, Fill | Decimal]] = [
        (fill.time_ms, 0, fill) for fill in fills if fill.symbol == symbol
    ]
    moments += [(time_ms, 1, price) for time_ms, price in prices]
    points: list[EquityPoint] = []
    for time_ms, _, what in sorted(moments, key=lambda moment: moment[:2]):
        if isinstance(what, Fill):
            sign = 1 if what.side is Side.BUY else -1
            price = what.price
            cash -= sign * what.quote_quantity
            held += sign * what.quantity
            cash -= what.fee if what.fee_currency == quote else ZERO
            held -= what.fee if what.fee_currency == base else ZERO
        else:
            price = what
        points.append(EquityPoint(time_ms, cash + held * price))
    return tuple(points)


def drawdown_of(equities: Sequence[Decimal]) -> Drawdown:
    """Find the deepest fall; nothing at all fell by nothing."""
    if not equities:
        return Drawdown(ZERO, None)
    height, deepest, share = equities[0], ZERO, None
    for equity in equities:
        height = max(height, equity)
        deepest = max(deepest, height - equity)
        if height > 0:
            share = max(share or ZERO, (height - equity) / height)
    return Drawdown(deepest, share)
