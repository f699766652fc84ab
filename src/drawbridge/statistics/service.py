"""Reports: of a robot or a backtest (figures, equity, trades), and of an account.

Fills come from trading's record; prices are handed in, because this asks no exchange.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill
from drawbridge.statistics.account import AccountReport, Snapshot, report_account
from drawbridge.statistics.activity import Activity, Span, activity_of
from drawbridge.statistics.days import Days, days_of
from drawbridge.statistics.drawdown import Drawdown, drawdown_of
from drawbridge.statistics.equity import Curve, EquityPoint, curve_of, equity_of
from drawbridge.statistics.performance import Figures, figures_of, trading_of
from drawbridge.statistics.periods import Periods, periods_of
from drawbridge.statistics.ratios import Ratios, ratios_of
from drawbridge.trading.positions import Due, Journey, Position, Trip, follow


class Record(Protocol):
    """Where fills stand on disk; trading's store is one."""

    async def fills_by_account(self, origin: str) -> tuple[tuple[Fill, ...], ...]:
        """Give every fill of this origin's orders, each account's in the order of time."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a report stands on.

    Units: `start` in quote currency is what trading began with; `dust` in base currency is the
    market's lot step, below which nothing is held; `prices` are moments and prices of `symbol`,
    `last_prices` what one unit of a symbol is worth now, `dues` what holding it cost, such as
    funding, where that is known; `interval_ms` is the length of the
    candles traded on, `risk_free_rate` a fraction per year. Further symbols (with the same quote
    currency) stand in `more_symbols`; their equity cannot be worked out here, so that a report
    on several needs a curve.
    """

    symbol: str
    start: Decimal
    dust: Decimal = ZERO
    prices: Sequence[tuple[int, Decimal]] = ()
    interval_ms: int = 0
    risk_free_rate: Decimal = ZERO
    more_symbols: tuple[str, ...] = ()
    last_prices: Mapping[str, Decimal] = field(default_factory=dict)
    dues: Mapping[str, Sequence[Due]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures and what they were made of. `last_price` is None when none is known.

    `equity` is empty where a curve was handed in, `position` is that of the first symbol.
    """

    figures: Figures
    position: Position
    last_price: Decimal | None
    trips: tuple[Trip, ...]
    fills: tuple[Fill, ...]
    equity: tuple[EquityPoint, ...]
    drawdown: Drawdown
    ratios: Ratios
    activity: Activity
    periods: Periods


class Past(Protocol):
    """Where accounts' snapshots stand on disk; our store is one."""

    async def list_of(self, key_id: str) -> tuple[Snapshot, ...]:
        """Give all snapshots of a key's account, oldest first."""


class Statistics:
    """Reports about what was traded, and about how accounts did."""

    def __init__(self, record: Record, past: Past) -> None:
        """Read fills from this record, and accounts' snapshots from their past."""
        self._record = record
        self._past = past

    async def report(self, origin: str, ground: Ground) -> Report:
        """Report on all trading of an origin."""
        apart = await self._record.fills_by_account(origin)
        together = sorted((fill for part in apart for fill in part), key=lambda it: it.time_ms)
        return report_on(together, ground, apart=apart)

    async def account(
        self, key_id: str, currency: str = "", risk_free_rate: Decimal = ZERO
    ) -> AccountReport | None:
        """Report on a key's account in a currency, by default that of its newest snapshot.

        None when there is no snapshot yet.
        """
        snapshots = await self._past.list_of(key_id)
        if not snapshots:
            return None
        return report_account(snapshots, currency or snapshots[-1].currency, risk_free_rate)


def report_on(
    fills: Sequence[Fill],
    ground: Ground,
    curve: Curve[float] | None = None,
    *,
    apart: Sequence[Sequence[Fill]] = (),
) -> Report:
    """Report on these fills.

    A backtest hands in its equity as a curve of floats, one value at each candle's close; figures
    of trades stay exact. Without one, equity is worked out from fills and prices; prices before
    the first fill belong to no equity then, unless nothing was traded at all. `apart` are the same
    fills by account, where there are several: positions of different accounts stand alone.
    """
    symbols = (ground.symbol, *ground.more_symbols)
    if curve is None and ground.more_symbols:
        message = "the equity of several markets has to be handed in"
        raise ValueError(message)
    journeys = [
        (symbol, follow(part, symbol, ground.dust, dues=ground.dues.get(symbol, ())))
        for symbol in symbols
        for part in apart or [fills]
    ]
    last_price = _last_price(fills, ground)
    last_prices = {**_fill_prices(fills), **ground.last_prices}
    if last_price is not None:
        last_prices[ground.symbol] = last_price
    trading = trading_of(journeys, last_prices)
    equity = () if curve is not None else _equity(fills, ground)
    shape = _shape_of_floats(curve) if curve is not None else _shape(ground.start, equity)
    own = [fill for fill in fills if fill.symbol in symbols]
    return Report(
        figures=figures_of(trading, shape.drawdown, ground.interval_ms),
        position=_position(it.position for symbol, it in journeys if symbol == ground.symbol),
        last_price=last_price,
        trips=trading.trips,
        fills=tuple(fills),
        equity=equity,
        drawdown=shape.drawdown,
        ratios=ratios_of(shape.days, shape.drawdown, ground.risk_free_rate),
        activity=activity_of(own, trading.trips, _open_since(journeys), shape.span, ground.start),
        periods=periods_of(shape.days, trading.trips),
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What there is to learn from a curve."""

    drawdown: Drawdown
    days: Days
    span: Span


def _shape(start: Decimal, equity: Sequence[EquityPoint]) -> _Shape:
    curve = curve_of(start, equity)
    return _Shape(drawdown_of(curve), days_of(curve), _span(curve.times_ms))


def _shape_of_floats(curve: Curve[float]) -> _Shape:
    return _Shape(drawdown_of(curve), days_of(curve), _span(curve.times_ms))


def _span(times_ms: Sequence[int]) -> Span:
    return Span(times_ms[0], times_ms[-1]) if len(times_ms) else Span(None, None)


def _equity(fills: Sequence[Fill], ground: Ground) -> tuple[EquityPoint, ...]:
    first_ms = fills[0].time_ms if fills else 0
    prices = [(at_ms, price) for at_ms, price in ground.prices if at_ms >= first_ms]
    return equity_of(fills, prices, ground.symbol, ground.start)


def _position(positions: Iterable[Position]) -> Position:
    """Put the positions of several accounts together."""
    quantity, cost = ZERO, ZERO
    for position in positions:
        quantity, cost = quantity + position.quantity, cost + position.cost
    return Position(quantity, cost)


def _open_since(journeys: Iterable[tuple[str, Journey]]) -> int | None:
    since = [it.open_since_ms for _, it in journeys if it.open_since_ms is not None]
    return min(since, default=None)


def _last_price(fills: Sequence[Fill], ground: Ground) -> Decimal | None:
    traded = ((it.time_ms, it.price) for it in fills if it.symbol == ground.symbol)
    told = [*ground.prices, *traded]
    return max(told, key=lambda one: one[0])[1] if told else None


def _fill_prices(fills: Sequence[Fill]) -> dict[str, Decimal]:
    return {fill.symbol: fill.price for fill in fills}
