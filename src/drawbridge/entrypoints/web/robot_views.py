"""Robots as pages and charts show them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.catalogue.registry import get_card
from drawbridge.robots.model import INTERVALS, Robot, RobotStatus
from drawbridge.wording.say import say, say_reason

_NAMES: Final = {length_ms: name for name, length_ms in INTERVALS.items()}


@dataclass(frozen=True, slots=True)
class RobotView:
    """A robot as a row or a page shows it."""

    id: str
    name: str
    exchange_name: str
    venue: str
    symbol: str
    quote: str
    strategy: str
    interval: str
    amount: Decimal
    on_stop: str
    status: str
    reason: str
    at_rest: bool


def interval_name(length_ms: int) -> str:
    """Give a length of candles as people choose it."""
    return _NAMES.get(length_ms) or say("span.minutes", count=length_ms // 60_000)


def view_robot(robot: Robot) -> RobotView:
    """Put a robot into words."""
    plan = robot.plan
    return RobotView(
        id=robot.id,
        name=robot.name,
        exchange_name=get_card(plan.exchange).name,
        venue=plan.venue,
        symbol=plan.symbol,
        quote=plan.quote,
        strategy=plan.strategy,
        interval=interval_name(plan.interval_ms),
        amount=plan.amount,
        on_stop=robot.will_close.value,
        status=robot.status.value,
        reason=say_reason(robot.reason, robot.facts) if robot.reason else "",
        at_rest=robot.status in {RobotStatus.STOPPED, RobotStatus.PAUSED},
    )
