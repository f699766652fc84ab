"""Run a backtest and give its trades exactly.

The loop decides in floats where and how many lot steps; prices and steps are then taken as
exact numbers, so that fills, fees and every figure made of them are exact. Figures themselves
are the business of statistics.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from typing import Any

from drawbridge.core.errors import BadInput
from drawbridge.core.money import ZERO, places_of, plain
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.robots import steering
from drawbridge.robots.backtest.loop import COMPILED, Course, Prices, Record, Terms, walk
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.strategy import Settings, Strategy

_MAX_PLACES = 18
_WORTH_COMPILING = 1_000_000


@dataclass(frozen=True, slots=True)
class BacktestTerms:
    """What a backtest trades with.

    Units: `amount` and `cash` in quote currency, `quantity_step` in base currency, `fee` as a
    fraction (0.001 is 0.1 %), taken in quote currency.
    """

    symbol: str
    amount: Decimal
    cash: Decimal
    fee: Decimal
    quantity_step: Decimal

    def __post_init__(self) -> None:
        """Refuse terms under which nothing could be traded. Raises: `BadInput`."""
        if self.symbol.count("/") != 1 or not all(self.symbol.split("/")):
            raise BadInput("bad_symbol", field="symbol", symbol=self.symbol)
        for field in ("amount", "cash", "quantity_step"):
            if getattr(self, field) <= 0:
                raise BadInput("not_positive", field=field)
        if not 0 <= self.fee < 1:
            raise BadInput("bad_fee", field="fee")
        if places_of(self.quantity_step) > _MAX_PLACES:
            raise BadInput("step_too_small", field="quantity_step", places=_MAX_PLACES)
        if self.amount > self.cash:
            raise BadInput("amount_above_cash", field="amount", cash=plain(self.cash))


@dataclass(frozen=True, slots=True)
class Trade:
    """A buy and, unless the position is still open, its sell."""

    opened_ms: int
    open_price: Decimal
    quantity: Decimal
    closed_ms: int | None = None
    close_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What a backtest did. `equity` has one value per candle, at its close.

    `compiled` tells whether the loop ran compiled, or interpreted and slower.
    """

    terms: BacktestTerms
    candles: CandleColumns
    compiled: bool
    fill_index: array[int]
    fill_steps: array[int]
    equity: array[float]

    def fills(self) -> tuple[Fill, ...]:
        """Give every fill exactly, in the order of time."""
        return tuple(self._fills())

    def trades(self) -> tuple[Trade, ...]:
        """Give the trades; the last one may be open."""
        fills = self.fills()
        sells = [*fills[1::2], None]
        return tuple(
            Trade(buy.time_ms, buy.price, buy.quantity, *_closing(sell))
            for buy, sell in zip(fills[::2], sells, strict=False)
        )

    def last_price(self) -> Decimal:
        """Give the last close, at which an open position is valued."""
        return _exact(float(self.candles.close[-1]))

    def equity_points(self, most: int) -> tuple[tuple[int, float], ...]:
        """Give at most `most` points of the equity for a chart, the last one always among them."""
        last = len(self.candles) - 1
        stride = max(1, -(-len(self.candles) // max(1, most)))
        indexes = range(last, -1, -stride)
        return tuple((int(self.candles.open_time_ms[i]), self.equity[i]) for i in reversed(indexes))

    def _fills(self) -> Iterator[Fill]:
        base, quote = self.terms.symbol.split("/")
        for number, (index, steps) in enumerate(zip(self.fill_index, self.fill_steps, strict=True)):
            quantity = steps * self.terms.quantity_step
            price = _exact(float(self.candles.open[index]))
            yield Fill(
                trade_id=f"backtest-{number + 1}",
                order_id=f"backtest-{number + 1}",
                client_id="",
                symbol=f"{base}/{quote}",
                side=Side.SELL if number % 2 else Side.BUY,
                type=OrderType.MARKET,
                price=price,
                quantity=quantity,
                fee=price * quantity * self.terms.fee,
                fee_currency=quote,
                is_maker=False,
                time_ms=int(self.candles.open_time_ms[index]),
            )


def run_backtest(
    strategy: Strategy,
    settings: Settings,
    candles: CandleColumns,
    terms: BacktestTerms,
    *,
    compiled: bool | None = None,
) -> BacktestResult:
    """Run a strategy over candles.

    `compiled` forces or forbids the compiler; None compiles where it is installed and worth it:
    compiling takes longer than interpreting some hundred thousand candles. Both give the same.
    Raises: `BadInput("backtest_extra_missing")` when it is forced and not installed.
    """
    if compiled is None:
        compiled = len(candles) >= _WORTH_COMPILING and can_compile()
    elif compiled and not can_compile():
        raise BadInput("backtest_extra_missing", field="compiled")
    terms_in_floats = Terms(
        float(terms.amount), float(terms.quantity_step), float(terms.fee), float(terms.cash)
    )
    zeros = bytes(8 * len(candles))
    index, steps, equity = array("q", zeros), array("q", zeros), array("d", zeros)
    decide = strategy.decide
    if decide is None:
        raise BadInput("strategy_places_orders", field="strategy", strategy=strategy.id)
    seen = strategy.look(candles, settings)
    columns: list[Any] = [candles.open, candles.close]
    record: list[Any] = [index, steps, equity]
    loop = walk
    if compiled:
        # Arrays of numpy over the same memory: nothing is copied on the way in or out.
        record = _viewed(record)
        loop, decide = _compiled_walk(), _compiled(decide)
    else:
        # Python reads lists faster than it reads arrays.
        seen, columns = type(seen)(*(it.tolist() for it in seen)), [it.tolist() for it in columns]
    course = Course(seen, settings)
    count = loop(decide, course, Prices(*columns), terms_in_floats, Record(*record))
    return BacktestResult(terms, candles, compiled, index[:count], steps[:count], equity)


def can_compile() -> bool:
    """Tell whether the `backtest` extra is installed."""
    return find_spec("numba") is not None


@cache
def _compiled_walk() -> Callable[..., Any]:
    """Compile the loop with all that it calls by name."""
    from numba.extending import register_jitable  # noqa: PLC0415  heavy, and an extra

    for function in (*COMPILED, steering.side_of):
        register_jitable(function)
    return _compiled(walk)


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile once per process."""
    import numba  # noqa: PLC0415  heavy, and an extra: loaded where it is used

    compiled: Callable[..., Any] = numba.njit(function)
    return compiled


def _viewed(columns: list[Any]) -> list[Any]:
    import numpy as np  # noqa: PLC0415  heavy, and an extra: loaded where it is used

    return [np.asarray(column) for column in columns]


def _closing(sell: Fill | None) -> tuple[int | None, Decimal | None]:
    return (sell.time_ms, sell.price) if sell else (None, None)


def _exact(price: float) -> Decimal:
    """Take a price as it was written: the shortest text that gives this float."""
    return Decimal(repr(price)) if price else ZERO
