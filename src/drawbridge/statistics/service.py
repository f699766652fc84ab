"""The report of a robot: its figures, its equity, its trades.

Fills come from trading's record; prices are handed in, because this asks no exchange.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill
from drawbridge.statistics.equity import EquityPoint, drawdown_of, equity_of
from drawbridge.statistics.performance import Figures, figures_of
from drawbridge.trading.positions import Position, Trip, follow


class Record(Protocol):
    """Where fills stand on disk; trading's store is one."""

    async def fills_of(self, origin: str) -> tuple[Fill, ...]:
        """Give every fill of this origin's orders, in the order of time."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a report stands on.

    Units: `start` in quote currency is what trading began with; `dust` in base currency is the
    market's lot step, below which nothing is held; `prices` are moments and prices.
    """

    symbol: str
    start: Decimal
    dust: Decimal = ZERO
    prices: Sequence[tuple[int, Decimal]] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Figures and what they were made of. `last_price` is None when none is known."""

    figures: Figures
    position: Position
    last_price: Decimal | None
    trips: tuple[Trip, ...]
    fills: tuple[Fill, ...]
    equity: tuple[EquityPoint, ...]


class Statistics:
    """Reports about what was traded."""

    def __init__(self, record: Record) -> None:
        """Read fills from this record."""
        self._record = record

    async def report(self, origin: str, ground: Ground) -> Report:
        """Report on all trading of an origin."""
        return report_on(await self._record.fills_of(origin), ground)


def report_on(fills: Sequence[Fill], ground: Ground) -> Report:
    """Report on these fills.

    Prices before the first fill belong to no equity, unless nothing was traded at all.
    """
    first_ms = fills[0].time_ms if fills else 0
    prices = [(at_ms, price) for at_ms, price in ground.prices if at_ms >= first_ms]
    journey = follow(fills, ground.symbol, ground.dust)
    equity = equity_of(fills, prices, ground.symbol, ground.start)
    drawdown = drawdown_of([ground.start, *(point.equity for point in equity)])
    last_price = _last_price(fills, ground.prices)
    return Report(
        figures=figures_of(journey, drawdown, last_price),
        position=journey.position,
        last_price=last_price,
        trips=journey.trips,
        fills=tuple(fills),
        equity=equity,
    )


def _last_price(fills: Sequence[Fill], prices: Sequence[tuple[int, Decimal]]) -> Decimal | None:
    told = [*prices, *((fill.time_ms, fill.price) for fill in fills)]
    return max(told, key=lambda one: one[0])[1] if told else None
