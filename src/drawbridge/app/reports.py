"""What a robot's report stands on: the same for pages, commands and messages."""

from collections.abc import Sequence
from decimal import Decimal

from drawbridge.core.markets import Candle
from drawbridge.core.money import ZERO
from drawbridge.robots.model import Robot
from drawbridge.statistics.service import Ground
from drawbridge.vault.model import Venue


def ground_of(robot: Robot, candles: Sequence[Candle], risk_free_rate: Decimal = ZERO) -> Ground:
    """Value a robot's trades at the closes of the candles that it has seen."""
    plan = robot.plan
    return Ground(
        symbol=plan.symbol,
        start=sum((stake.amount for stake in plan.stakes), ZERO),
        dust=robot.quantity_step,
        prices=[(candle.open_time_ms + plan.interval_ms, candle.close) for candle in candles],
        interval_ms=plan.interval_ms,
        risk_free_rate=risk_free_rate,
    )


def is_simulated(robot: Robot) -> bool:
    """Tell whether a robot trades with play money."""
    return robot.plan.venue == Venue.PAPER
