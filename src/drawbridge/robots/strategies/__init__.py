"""The built-in strategies, by id. Each one is a file of its own beside this one."""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.errors import NotFound
from drawbridge.robots.strategies.adx_channel import ADX_CHANNEL
from drawbridge.robots.strategies.atr_trail import ATR_TRAIL
from drawbridge.robots.strategies.bollinger import BOLLINGER
from drawbridge.robots.strategies.counter_candle import COUNTER_CANDLE
from drawbridge.robots.strategies.dca import DCA
from drawbridge.robots.strategies.donchian import DONCHIAN
from drawbridge.robots.strategies.ema_cross import EMA_CROSS
from drawbridge.robots.strategies.gain_trail import GAIN_TRAIL
from drawbridge.robots.strategies.grid import GRID
from drawbridge.robots.strategies.macd import MACD
from drawbridge.robots.strategies.parabolic import PARABOLIC
from drawbridge.robots.strategies.rebalancing import REBALANCING
from drawbridge.robots.strategies.rsi_bands import RSI_BANDS
from drawbridge.robots.strategies.step_grid import STEP_GRID
from drawbridge.robots.strategies.supertrend import SUPERTREND
from drawbridge.robots.strategies.support_resistance import SUPPORT_RESISTANCE
from drawbridge.robots.strategies.trailing_grid import TRAILING_GRID
from drawbridge.robots.strategies.trendline import TRENDLINE
from drawbridge.robots.strategy import OWN, Strategy

STRATEGIES: Final[Mapping[str, Strategy]] = {
    strategy.id: strategy
    for strategy in (
        EMA_CROSS,
        MACD,
        BOLLINGER,
        RSI_BANDS,
        DONCHIAN,
        SUPERTREND,
        ADX_CHANNEL,
        PARABOLIC,
        ATR_TRAIL,
        COUNTER_CANDLE,
        TRENDLINE,
        SUPPORT_RESISTANCE,
        GAIN_TRAIL,
        GRID,
        TRAILING_GRID,
        STEP_GRID,
        DCA,
        REBALANCING,
    )
}


def get_strategy(strategy_id: str) -> Strategy:
    """Give a strategy by its id.

    Raises: `NotFound("unknown_strategy")`; for own ones as `own.loading.get_own_strategy`.
    """
    if strategy_id.startswith(OWN):
        # Only who asks for own code loads what runs it.
        from drawbridge.robots.own.loading import get_own_strategy  # noqa: PLC0415  see above

        return get_own_strategy(strategy_id)
    strategy = STRATEGIES.get(strategy_id)
    if strategy is None:
        raise NotFound("unknown_strategy", strategy=strategy_id, known=sorted(STRATEGIES))
    return strategy
