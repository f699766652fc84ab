"""Candles for benchmarks, drawn by a seed. No benchmark by itself, and light to import."""

from typing import Final

import numpy as np

from drawbridge.robots.columns import CandleColumns

MINUTE_MS: Final = 60_000
START_MS: Final = 1_600_000_000_000


def make_candles(count: int) -> CandleColumns:
    """Draw a seeded walk of prices.

    Why six decimals: on a coarser grid, prices meet their averages exactly now and then, and the
    last bit of a sum decides, in which libraries differ.
    """
    draw = np.random.default_rng(20)
    close = np.round(30_000 * np.exp(np.cumsum(draw.normal(0, 0.0008, count))), 6)
    opened = np.round(np.concatenate(([30_000.0], close[:-1])) + draw.normal(0, 2, count), 6)
    high = np.round(np.maximum(opened, close) + np.abs(draw.normal(0, 8, count)), 6)
    low = np.round(np.minimum(opened, close) - np.abs(draw.normal(0, 8, count)), 6)
    times = START_MS + MINUTE_MS * np.arange(count, dtype=np.int64)
    volume = np.round(draw.exponential(10, count), 5)
    return CandleColumns(times, opened, high, low, close, volume)
