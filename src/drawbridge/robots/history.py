"""Closed candles of a market, and what a strategy makes of them. Nothing is traded here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.markets import Candle
from drawbridge.core.operations import GetCandles
from drawbridge.robots.columns import columns_from
from drawbridge.robots.model import Plan
from drawbridge.robots.seams import Roads
from drawbridge.robots.steering import NOT_TURNED, Turn, turned
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT

# The fewest that an exchange gives in one answer lies a little above this.
MOST_CANDLES: Final = 480
# Our clock and the exchange's differ a little: a candle that has just ended may still change
# there. One that is followed by the next one is closed for certain.
_GRACE_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a robot has come: what its strategy said last, and at which candle."""

    turn: Turn = NOT_TURNED
    last_candle_ms: int | None = None


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
    progress = read_on(plan, Progress(), candles[:-1])
    if plan.joins and progress.turn.stance == IN:
        return Progress(Turn(OUT), progress.last_candle_ms)
    return progress


def turn_of(plan: Plan, candles: Sequence[Candle]) -> Turn:
    """Tell where a strategy stands after these candles."""
    return read_on(plan, Progress(), candles).turn


def read_on(plan: Plan, progress: Progress, candles: Sequence[Candle]) -> Progress:
    """Show all candles that there are to the strategy, oldest first; it speaks at the new ones."""
    strategy = get_strategy(plan.strategy)
    settings = strategy.read_settings(plan.settings)
    seen = strategy.look(columns_from(candles), settings)
    turn, last_ms = progress.turn, progress.last_candle_ms
    for at, candle in enumerate(candles):
        if strategy.decide and (last_ms is None or candle.open_time_ms > last_ms):
            turn = turned(turn, strategy.decide(seen, at, settings, NOTHING_HELD))
            last_ms = candle.open_time_ms
    return Progress(turn, last_ms)
