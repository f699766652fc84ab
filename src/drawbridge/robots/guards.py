"""Guards: what can be put on any signal strategy, and how it decides. Pure, numbers only.

The same functions run compiled in a backtest and interpreted at work, over named tuples of
numbers. Stops and targets end a position; safety entries add to one; the rest keeps a robot from
entering. How a position came to be what it is, `Held` tells.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from drawbridge.robots.strategy import Held, Number, Parameter

NO_EXIT: Final = 0
BY_STOP: Final = 1
BY_TRAIL: Final = 2
BY_PROFIT: Final = 3

_DAY_MINUTES: Final = 1_440
_MINUTE_MS: Final = 60_000
_DAYS: Final = 7
# The first of January 1970 was a Thursday; Monday is day 0.
_FIRST_WEEKDAY: Final = 3


class Guards(NamedTuple):
    """Every guard as a number; zero turns one off.

    Units: `stop_loss`, `take_profit`, `trail`, `trail_from`, `dca_drop`, `most_drawdown` and
    `least_profit` in percent; `dca_scale` multiplies the amount from one safety entry to the
    next; `from_minute` and `until_minute` in minutes of the UTC day (equal: the whole day); `days`
    has a bit for each weekday, Monday first; `confirm`, `cool_down`, `window` and `lock` in
    candles; `most_stops` and `least_trades` in trades within `window`.
    """

    stop_loss: float = 0.0
    take_profit: float = 0.0
    trail: float = 0.0
    trail_from: float = 0.0
    confirm: int = 1
    dca_steps: int = 0
    dca_drop: float = 2.0
    dca_scale: float = 1.0
    from_minute: int = 0
    until_minute: int = 0
    days: int = 127
    cool_down: int = 0
    window: int = 100
    lock: int = 20
    most_stops: int = 0
    most_drawdown: float = 0.0
    least_trades: int = 0
    least_profit: float = 0.0


NO_GUARDS: Final = Guards()

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

PARAMETERS: Final = (
    Parameter("stop_loss", 0, 0, 90, places=2),
    Parameter("take_profit", 0, 0, 1000, places=2),
    Parameter("trail", 0, 0, 90, places=2),
    Parameter("trail_from", 0, 0, 1000, places=2),
    Parameter("confirm", 1, 1, 100),
    Parameter("dca_steps", 0, 0, 20),
    Parameter("dca_drop", 2.0, 0.1, 50, places=2),
    Parameter("dca_scale", 1.0, 0.1, 5, places=2),
    Parameter("from_minute", 0, 0, 1439),
    Parameter("until_minute", 0, 0, 1439),
    Parameter("days", 127, 1, 127, members=DAYS),
    Parameter("cool_down", 0, 0, 10_000),
    Parameter("window", 100, 1, 100_000),
    Parameter("lock", 20, 1, 100_000),
    Parameter("most_stops", 0, 0, 100),
    Parameter("most_drawdown", 0, 0, 90, places=2),
    Parameter("least_trades", 0, 0, 100),
    Parameter("least_profit", 0, -90, 1000, places=2),
)
"""The guards as settings, in the order of `Guards`; words stand under `robots.guard.<name>`."""

OF: Final = "guards"
"""Whose settings these are, where errors tell it."""


def tell_guards(guards: Guards) -> dict[str, Number | str]:
    """Give the guards that are not as they are by default, by name."""
    pairs = zip(PARAMETERS, guards, NO_GUARDS, strict=True)
    return {it.name: it.tell(value) for it, value, default in pairs if value != default}


class Bar(NamedTuple):
    """The prices within which a position is judged: a candle, or one price four times."""

    open: float
    high: float
    low: float
    close: float


class Ended(NamedTuple):
    """Trades that ended before, oldest first, as equally long sequences.

    Units: `at` in candle numbers, `gain` in percent of what was spent; `stopped` is 1 where a
    stop or a trail ended it. Only the first `known` are meant.
    """

    at: Sequence[int]
    gain: Sequence[float]
    stopped: Sequence[int]
    known: int


def exit_of(guards: Guards, held: Held, bar: Bar) -> tuple[float, int]:
    """Give the price at which a guard ends the position within the bar, and which guard.

    Why stops first: nobody knows which price within a candle came first, so the worse is taken.
    A bar that opens beyond the price ends the position at its open.
    """
    if held.quantity == 0.0:
        return 0.0, NO_EXIT
    sign = 1.0 if held.quantity > 0 else -1.0
    worst, best = (bar.low, bar.high) if sign > 0 else (bar.high, bar.low)
    stop, by = stop_of(guards, held)
    if by != NO_EXIT and (worst - stop) * sign <= 0:
        return (bar.open if (bar.open - stop) * sign <= 0 else stop), by
    target = held.price * (1.0 + sign * guards.take_profit / 100.0)
    if guards.take_profit > 0 and (best - target) * sign >= 0:
        return (bar.open if (bar.open - target) * sign >= 0 else target), BY_PROFIT
    return 0.0, NO_EXIT


def stop_of(guards: Guards, held: Held) -> tuple[float, int]:
    """Give the price at which a position is stopped, by the nearer of stop and trail."""
    sign = 1.0 if held.quantity > 0 else -1.0
    stop, by = 0.0, NO_EXIT
    if guards.stop_loss > 0:
        stop, by = held.price * (1.0 - sign * guards.stop_loss / 100.0), BY_STOP
    if guards.trail > 0 and (held.best / held.price - 1.0) * sign * 100.0 >= guards.trail_from:
        trail = held.best * (1.0 - sign * guards.trail / 100.0)
        if by == NO_EXIT or (trail - stop) * sign > 0:
            return trail, BY_TRAIL
    return stop, by


def safety_of(guards: Guards, held: Held, bar: Bar) -> float:
    """Give the price at which the next safety entry is made within the bar; 0 when none is."""
    if held.quantity == 0.0 or held.steps >= guards.dca_steps:
        return 0.0
    sign = 1.0 if held.quantity > 0 else -1.0
    worst = bar.low if sign > 0 else bar.high
    price = held.entry * (1.0 - sign * guards.dca_drop * (held.steps + 1) / 100.0)
    if (worst - price) * sign > 0:
        return 0.0
    return bar.open if (bar.open - price) * sign <= 0 else price


def in_hours(guards: Guards, time_ms: int) -> bool:
    """Tell whether entries are allowed at this time (UTC); hours may reach over midnight."""
    minutes = time_ms // _MINUTE_MS
    weekday = (minutes // _DAY_MINUTES + _FIRST_WEEKDAY) % _DAYS
    if not guards.days >> weekday & 1:
        return False
    begin, end = guards.from_minute, guards.until_minute
    minute = minutes % _DAY_MINUTES
    if begin == end:
        return True
    if begin < end:
        return begin <= minute < end
    return minute >= begin or minute < end


def looks_back(guards: Guards) -> int:
    """Give how many candles back guards look at trades that ended; zero where none of them does."""
    judges = guards.most_stops or guards.most_drawdown or guards.least_trades
    return max(guards.cool_down, guards.window if judges else 0)


def is_locked(guards: Guards, ended: Ended, at: int) -> bool:
    """Tell whether what happened before forbids an entry at candle number `at`.

    Cool-down after any trade; a lock of `lock` candles after the last trade, when within
    `window` candles there were too many stops, too deep a fall, or too little profit.
    """
    if ended.known == 0:
        return False
    # A signal from outside may come within the candle in which the last trade ended.
    since = max(0, at - ended.at[ended.known - 1])
    if since < guards.cool_down:
        return True
    if since >= guards.lock:
        return False
    return went_badly(guards, ended, at)


def went_badly(guards: Guards, ended: Ended, at: int) -> bool:
    """Tell whether the trades of the last `window` candles were worse than is allowed."""
    first = ended.known
    while first > 0 and at - ended.at[first - 1] < guards.window:
        first -= 1
    trades, stops, total, height, fall = ended.known - first, 0, 0.0, 0.0, 0.0
    for number in range(first, ended.known):
        stops += ended.stopped[number]
        total += ended.gain[number]
        height = max(height, total)
        fall = max(fall, height - total)
    too_many_stops = 0 < guards.most_stops <= stops
    too_deep = 0 < guards.most_drawdown <= fall
    too_little = 0 < guards.least_trades <= trades and total < guards.least_profit
    return too_many_stops or too_deep or too_little
