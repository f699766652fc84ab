"""Exact figures about round trips.

Every figure is either defined or None, which is shown as a dash: never infinite, never a guess.
Definitions, units and edges stand in docs/explain/statistics.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from drawbridge.core.money import ZERO
from drawbridge.statistics.drawdown import Drawdown
from drawbridge.trading.positions import Journey, Trip


@dataclass(frozen=True, slots=True)
class Figures:
    """What trading brought.

    Units: money in quote currency; `win_rate` and `drawdown_share` as fractions of one;
    `average_loss`, `largest_loss` and `gross_loss` as positive amounts; `expectancy_r` in
    average losses; times in milliseconds; bars as numbers of candles. `net_profit` is of closed
    positions and parts of positions, `open_profit` of what is still held, at the last price.
    """

    trades: int
    wins: int
    losses: int
    net_profit: Decimal
    open_profit: Decimal | None
    gross_profit: Decimal
    gross_loss: Decimal
    win_rate: Decimal | None
    average_win: Decimal | None
    average_loss: Decimal | None
    profit_factor: Decimal | None
    payoff_ratio: Decimal | None
    recovery_factor: Decimal | None
    drawdown: Decimal
    drawdown_share: Decimal | None
    fees: Decimal
    fees_elsewhere: tuple[tuple[str, Decimal], ...] = ()
    longs: int = 0
    shorts: int = 0
    profit_of_longs: Decimal = ZERO
    profit_of_shorts: Decimal = ZERO
    largest_win: Decimal | None = None
    largest_loss: Decimal | None = None
    expectancy: Decimal | None = None
    expectancy_r: Decimal | None = None
    most_wins_in_a_row: int = 0
    most_losses_in_a_row: int = 0
    average_held_ms: int | None = None
    longest_held_ms: int | None = None
    average_bars: Decimal | None = None
    longest_bars: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Trading:
    """All that was traded, of one market or of several with the same quote currency.

    `open_profit` is None where something is held that has no price. Trips stand in the order in
    which they were closed.
    """

    trips: tuple[Trip, ...]
    realised: Decimal
    open_profit: Decimal | None
    fees: Decimal
    fees_elsewhere: tuple[tuple[str, Decimal], ...]


def trading_of(
    journeys: Sequence[tuple[str, Journey]], last_prices: Mapping[str, Decimal]
) -> Trading:
    """Put journeys together: of several markets, told by symbol, or of several accounts."""
    trips = [trip for _, journey in journeys for trip in journey.trips]
    elsewhere: dict[str, Decimal] = {}
    for _, journey in journeys:
        for currency, amount in journey.fees_elsewhere:
            elsewhere[currency] = elsewhere.get(currency, ZERO) + amount
    still_open = [_open_profit(journey, last_prices.get(symbol)) for symbol, journey in journeys]
    known = [profit for profit in still_open if profit is not None]
    return Trading(
        trips=tuple(sorted(trips, key=lambda trip: (trip.closed_ms, trip.opened_ms))),
        realised=sum((journey.realised for _, journey in journeys), ZERO),
        open_profit=sum(known, ZERO) if len(known) == len(still_open) else None,
        fees=sum((journey.fees for _, journey in journeys), ZERO),
        fees_elsewhere=tuple(sorted(elsewhere.items())),
    )


def figures_of(trading: Trading, drawdown: Drawdown, interval_ms: int = 0) -> Figures:
    """Make the figures. A trip that brought exactly nothing is no win and no loss.

    `interval_ms` is the length of the candles traded on; without it no bars are counted.
    """
    trips = trading.trips
    profits = [trip.profit for trip in trips]
    wins = [profit for profit in profits if profit > 0]
    losses = [-profit for profit in profits if profit < 0]
    average_win, average_loss = _average(wins), _average(losses)
    gross_profit, gross_loss = sum(wins, ZERO), sum(losses, ZERO)
    expectancy = _average(profits)
    held_ms = [trip.closed_ms - trip.opened_ms for trip in trips]
    total_ms, longest_ms = sum(held_ms), max(held_ms, default=0)
    has_bars = bool(trips) and interval_ms > 0
    longs = [trip.profit for trip in trips if trip.is_long]
    shorts = [trip.profit for trip in trips if not trip.is_long]
    return Figures(
        trades=len(trips),
        wins=len(wins),
        losses=len(losses),
        net_profit=trading.realised,
        open_profit=trading.open_profit,
        gross_profit=gross_profit,
        gross_loss=gross_loss,
        win_rate=_ratio(Decimal(len(wins)), Decimal(len(trips))),
        average_win=average_win,
        average_loss=average_loss,
        profit_factor=_ratio(gross_profit, gross_loss),
        payoff_ratio=_ratio(average_win, average_loss),
        recovery_factor=_ratio(trading.realised, drawdown.amount),
        drawdown=drawdown.amount,
        drawdown_share=drawdown.share,
        fees=trading.fees,
        fees_elsewhere=trading.fees_elsewhere,
        longs=len(longs),
        shorts=len(shorts),
        profit_of_longs=sum(longs, ZERO),
        profit_of_shorts=sum(shorts, ZERO),
        largest_win=max(wins, default=None),
        largest_loss=max(losses, default=None),
        expectancy=expectancy,
        expectancy_r=_ratio(expectancy, average_loss),
        most_wins_in_a_row=_longest_run(profit > 0 for profit in profits),
        most_losses_in_a_row=_longest_run(profit < 0 for profit in profits),
        average_held_ms=total_ms // len(trips) if trips else None,
        longest_held_ms=longest_ms if trips else None,
        average_bars=Decimal(total_ms) / interval_ms / len(trips) if has_bars else None,
        longest_bars=Decimal(longest_ms) / interval_ms if has_bars else None,
    )


def _open_profit(journey: Journey, last_price: Decimal | None) -> Decimal | None:
    if not journey.position.quantity:
        return ZERO
    return None if last_price is None else journey.position.profit_at(last_price)


def _average(amounts: Sequence[Decimal]) -> Decimal | None:
    return sum(amounts, ZERO) / len(amounts) if amounts else None


def _ratio(above: Decimal | None, below: Decimal | None) -> Decimal | None:
    """Divide where that means something: nothing divided by nothing, or by nothing, does not."""
    return above / below if above is not None and below else None


def _longest_run(flags: Iterable[bool]) -> int:
    return max((len(list(run)) for flag, run in groupby(flags) if flag), default=0)
