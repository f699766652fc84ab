"""A handful of exact figures about round trips.

Every figure is either defined or None, which is shown as a dash: never infinite, never a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.core.money import ZERO
from drawbridge.statistics.equity import Drawdown
from drawbridge.trading.positions import Journey


@dataclass(frozen=True, slots=True)
class Figures:
    """What trading brought.

    Units: money in quote currency; `win_rate` and `drawdown_share` as fractions of one;
    `average_loss` and `gross_loss` as positive amounts. `net_profit` is of closed positions and
    parts of positions, `open_profit` of what is still held, at the last price.
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


def figures_of(journey: Journey, drawdown: Drawdown, last_price: Decimal | None) -> Figures:
    """Make the figures of a journey. A trip that brought exactly nothing is no win and no loss."""
    profits = [trip.profit for trip in journey.trips]
    wins = [profit for profit in profits if profit > 0]
    losses = [-profit for profit in profits if profit < 0]
    average_win, average_loss = _average(wins), _average(losses)
    gross_profit, gross_loss = sum(wins, ZERO), sum(losses, ZERO)
    return Figures(
        trades=len(profits),
        wins=len(wins),
        losses=len(losses),
        net_profit=journey.realised,
        open_profit=_open_profit(journey, last_price),
        gross_profit=gross_profit,
        gross_loss=gross_loss,
        win_rate=_ratio(Decimal(len(wins)), Decimal(len(profits))),
        average_win=average_win,
        average_loss=average_loss,
        profit_factor=_ratio(gross_profit, gross_loss),
        payoff_ratio=_ratio(average_win, average_loss),
        recovery_factor=_ratio(journey.realised, drawdown.amount),
        drawdown=drawdown.amount,
        drawdown_share=drawdown.share,
        fees=journey.fees,
        fees_elsewhere=journey.fees_elsewhere,
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
