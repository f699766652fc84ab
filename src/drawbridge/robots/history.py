"""Closed candles of a market, and what a strategy makes of them. Nothing is traded here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.markets import Candle
from drawbridge.core.operations import GetCandles
from drawbridge.robots.model import Plan, Progress
from drawbridge.robots.seams import Roads
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import IN, OUT, UNSAID

# The fewest that an exchange gives in one answer lies a little above this.
MOST_CANDLES: Final = 480
# Our clock and the exchange's differ a little: a candle that has just ended may still change
# there. One that is followed by the next one is closed for certain.
_GRACE_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a strategy knows after new candles, and whether the last one turned it to in."""

    progress: Progress
    turned_in: bool


async def closed_candles(
    roads: Roads, plan: Plan, since_ms: int | None, now_ms: int
) -> tuple[Candle, ...]:
    """Ask for the candles from `since_ms` on that are closed (None: the newest there are).

    Raises: `ExchangeDown` when nothing was answered.
    """
    operation = GetCandles(plan.symbol, plan.interval_ms, since_ms=since_ms, limit=MOST_CANDLES)
    candles = await roads.call_public(plan.exchange, plan.venue, operation)
    newest_ms = max((candle.open_time_ms for candle in candles), default=0)
    since = since_ms or 0
    return tuple(
        candle
        for candle in candles
        if candle.open_time_ms >= since
        and (
            candle.open_time_ms < newest_ms
            or candle.open_time_ms + plan.interval_ms + _GRACE_MS <= now_ms
        )
    )


def is_due(plan: Plan, progress: Progress, now_ms: int) -> bool:
    """Tell whether a candle may have closed since the last one that was seen."""
    last_ms = progress.last_candle_ms
    return last_ms is None or now_ms >= last_ms + 2 * plan.interval_ms


def is_far_behind(plan: Plan, progress: Progress, now_ms: int) -> bool:
    """Tell whether more candles were missed than one answer holds, so that it begins anew."""
    last_ms = progress.last_candle_ms
    return last_ms is None or now_ms - last_ms > (MOST_CANDLES - 1) * plan.interval_ms


def warmed_up(plan: Plan, candles: Sequence[Candle]) -> Progress:
    """Take in all candles but the newest, which is then the first to be acted upon.

    A robot that joins pretends to have been out, so that being in counts as a turn.
    Raises: `ExchangeDown("robot_no_candles")` when there is nothing to begin with.
    """
    if len(candles) <= 1:
        raise ExchangeDown("robot_no_candles", symbol=plan.symbol)
    strategy = get_strategy(plan.strategy)
    progress = read_on(plan, Progress(strategy.first_state), candles[:-1]).progress
    if plan.joins and progress.stance == IN:
        return Progress(progress.state, OUT, progress.last_candle_ms)
    return progress


def read_on(plan: Plan, progress: Progress, candles: Sequence[Candle]) -> Reading:
    """Show new candles to the strategy, oldest first.

    Only a turn at the newest candle counts for an entry: an older one is a price that is gone.
    """
    strategy = get_strategy(plan.strategy)
    settings = strategy.read_settings(plan.settings)
    # A row of numbers becomes the strategy's own named state again.
    state = strategy.state(*progress.state)
    stance, turned_in, last_ms = progress.stance, False, progress.last_candle_ms
    for candle in candles:
        state, said = strategy.advance(state, settings, candle)
        turned_in = stance == OUT and said == IN
        stance = said if said != UNSAID else stance
        last_ms = candle.open_time_ms
    return Reading(Progress(tuple(state), stance, last_ms), turned_in)
