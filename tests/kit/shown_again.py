"""Show candles to a strategy once more, and hold what a robot decided on them against that.

For robots that may only be long and have no guards. Whatever a robot was busy with, and however
late a candle came: each signal has one decision, which was carried out or says that it was missed.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from drawbridge.core.markets import Candle
from drawbridge.robots.columns import columns_from
from drawbridge.robots.model import Decision, DecisionState, Plan
from drawbridge.robots.steering import LEAVE, LONG, NOT_TURNED, steer, turned
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import NOTHING_HELD


def held_against(
    plan: Plan,
    candles: Sequence[Candle],
    decisions: Collection[Decision],
    span: range,
) -> Counter[str]:
    """Count the signals of candles that begin within `span`, by what became of them.

    `made`: decided on. `missed`: decided on and left out because it was too late, which its row
    says. `overtaken`: an exit that was too late, and by the next look not wanted any more. `lost`:
    nothing was decided. `doubled`: decided on without a signal.
    """
    strategy = get_strategy(plan.strategy)
    settings, found = strategy.read_settings(plan.settings), Counter[str]()
    by_tag = {it.tag: it for it in decisions}
    seen, turn, held, is_overdue = strategy.look(columns_from(candles), settings), NOT_TURNED, 0, 0
    assert strategy.decide is not None
    for number, candle in enumerate(candles):
        turn = turned(turn, strategy.decide(seen, number, settings, NOTHING_HELD))
        order = steer(turn, LONG, 1, float(held))
        enter = by_tag.pop(f"enter:{candle.open_time_ms}", None)
        leave = by_tag.pop(f"leave:{candle.open_time_ms}", None)
        told = Counter[str]()
        if order == LONG:
            told[_fate_of(enter)] += 1
        elif enter is not None:
            told["doubled"] += 1
        if order != LEAVE:
            told["doubled"] += leave is not None
            told["overtaken"] += is_overdue
        elif leave is not None:
            told["made"] += 1
        is_overdue = int(order == LEAVE and leave is None)
        held = _held_after(held, enter, leave)
        if candle.open_time_ms in span:
            found += told
    # An exit that was still owed when the candles ended came to nothing.
    found["lost"] += is_overdue
    found["doubled"] += sum(it.moment_ms in span for it in by_tag.values())
    return found


def _fate_of(entry: Decision | None) -> str:
    if entry is None:
        return "lost"
    return "missed" if entry.state is DecisionState.DROPPED else "made"


def _held_after(held: int, enter: Decision | None, leave: Decision | None) -> int:
    if leave is not None:
        held = 0
    return int(held or (enter is not None and _fate_of(enter) == "made"))
