"""Crossing averages: in while the fast average of closing prices is above the slow one.

Pure, over plain numbers and tuples only, so that a backtest can compile it as it stands.
"""

from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategy import IN, OUT, UNSAID, Parameter, Strategy

_WARM_UP_FACTOR = 5


class Settings(NamedTuple):
    """Over how many candles each average reaches."""

    fast: int
    slow: int


class State(NamedTuple):
    """How many candles were seen, and the two averages after them."""

    seen: int
    fast: float
    slow: float


def step(
    state: State,
    settings: Settings,
    _open: float,
    _high: float,
    _low: float,
    close: float,
    _volume: float,
) -> tuple[State, int]:
    """Move both averages by one candle and tell on which side the fast one stands.

    Why: each average begins at the first close, which is far from the truth at first, so nothing
    is said before `slow` candles were seen.
    """
    if state.seen == 0:
        return State(1, close, close), UNSAID
    fast = state.fast + 2.0 / (settings.fast + 1) * (close - state.fast)
    slow = state.slow + 2.0 / (settings.slow + 1) * (close - state.slow)
    seen = state.seen + 1
    said = UNSAID
    if seen >= settings.slow:
        if fast > slow:
            said = IN
        elif fast < slow:
            said = OUT
    return State(seen, fast, slow), said


def warm_up(settings: Settings) -> int:
    """Ask for so many candles that the beginning weighs less than a hundredth of a percent.

    Why: after n candles the first close still weighs (1 - 2/(slow+1))^n, which at n = 5 * slow
    is about e^-10.
    """
    return _WARM_UP_FACTOR * settings.slow


def check(settings: Settings) -> None:
    """Refuse a fast average that is not faster. Raises: `BadInput("fast_not_below_slow")`."""
    if settings.fast >= settings.slow:
        raise BadInput("fast_not_below_slow", field="fast", fast=settings.fast, slow=settings.slow)


EMA_CROSS: Final = Strategy(
    id="ema_cross",
    parameters=(
        Parameter("fast", default=12, lowest=1, highest=200),
        Parameter("slow", default=26, lowest=2, highest=400),
    ),
    settings=Settings,
    state=State,
    first_state=State(0, 0.0, 0.0),
    step=step,
    warm_up=warm_up,
    check=check,
)
