"""The built-in strategies, by id. Each one is a file of its own beside this one."""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.errors import NotFound
from drawbridge.robots.strategies.ema_cross import EMA_CROSS
from drawbridge.robots.strategy import Strategy

STRATEGIES: Final[Mapping[str, Strategy]] = {strategy.id: strategy for strategy in (EMA_CROSS,)}


def get_strategy(strategy_id: str) -> Strategy:
    """Give a strategy by its id. Raises: `NotFound("unknown_strategy")`."""
    strategy = STRATEGIES.get(strategy_id)
    if strategy is None:
        raise NotFound("unknown_strategy", strategy=strategy_id, known=sorted(STRATEGIES))
    return strategy
