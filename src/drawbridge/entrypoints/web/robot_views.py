"""Robots as pages and charts show them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.catalogue.registry import get_card
from drawbridge.robots.model import INTERVALS, Robot, RobotStatus
from drawbridge.statistics.performance import Figures
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_PERCENT = 100
_NONE: Final = "figures.none"
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
    settings: str
    interval: str
    amount: Decimal
    on_stop: str
    status: str
    reason: str
    at_rest: bool


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
        settings=", ".join(f"{name} {value}" for name, value in plan.settings.items()),
        interval=_NAMES.get(
            plan.interval_ms, say("span.minutes", count=plan.interval_ms // 60_000)
        ),
        amount=plan.amount,
        on_stop=plan.on_stop.value,
        status=robot.status.value,
        reason=say_reason(robot.reason, robot.facts) if robot.reason else "",
        at_rest=robot.status in {RobotStatus.STOPPED, RobotStatus.PAUSED},
    )


def view_figures(figures: Figures, quote: str) -> list[tuple[str, str, str]]:
    """Give the figures as words, value and tone; what is not defined is a dash."""
    money = (
        ("net_profit", figures.net_profit),
        ("open_profit", figures.open_profit),
        ("fees", figures.fees),
        ("drawdown", figures.drawdown),
    )
    told = [
        (say(f"figures.{name}"), _money(value, quote), _tone(name, value)) for name, value in money
    ]
    told.append((say("figures.trades"), formats.amount(figures.trades), ""))
    told.append((say("figures.win_rate"), _share(figures.win_rate), ""))
    told.append((say("figures.profit_factor"), _ratio(figures.profit_factor), ""))
    return told


def _money(value: Decimal | None, quote: str) -> str:
    return say(_NONE) if value is None else f"{formats.amount(value)} {quote}"


def _share(value: Decimal | None) -> str:
    return say(_NONE) if value is None else f"{round(value * _PERCENT, 1)} %"


def _ratio(value: Decimal | None) -> str:
    return say(_NONE) if value is None else f"{round(value, 2)}"


def _tone(name: str, value: Decimal | None) -> str:
    if not value or not name.endswith("profit"):
        return ""
    return "up" if value > 0 else "down"
