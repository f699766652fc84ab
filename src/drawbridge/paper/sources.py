"""Where prices come from: recorded candles that are shipped, and markets made up from a seed.

`get_series` is the only way in; a series is read or made when first asked for and then kept.
How a series becomes a live market is decided in `feed.py`.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import NotFound
from drawbridge.paper.noise import between, draw, seed_of
from drawbridge.paper.series import SERIES_PLACES, Bar, Series

_UNIT: Final = 10**SERIES_PLACES
_FIVE_MINUTES_MS: Final = 5 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of candles under `data/`. `by_quote`: its volume is told in quote currency."""

    file: str
    bar_ms: int
    by_quote: bool = False


@dataclass(frozen=True, slots=True)
class Invention:
    """A market made up: it wanders around `home` and never strays far.

    Units: `home` and `volume` (of a bar) in 10^-8; `sway` in millionths of the price per bar.
    """

    home: int
    sway: int
    volume: int
    bars: int = 8_640
    bar_ms: int = _FIVE_MINUTES_MS


@dataclass(frozen=True, slots=True)
class Source:
    """A named source; `depth` is what the house shows at its best price, in base 10^-8."""

    origin: Recording | Invention
    depth: int


SOURCES: Final[dict[str, Source]] = {
    "BTC-USD": Source(
        Recording("BTC-USD-perp-1m-2022-01.csv.gz", MINUTE_MS, by_quote=True), 15 * _UNIT // 100
    ),
    "ETH-BTC": Source(Recording("ETH-BTC-5m-2018-01.csv.gz", _FIVE_MINUTES_MS), 2 * _UNIT),
    "XRP-USD": Source(
        Recording("XRP-USDT-perp-5m-2021-11.csv.gz", _FIVE_MINUTES_MS), 6_000 * _UNIT
    ),
    "ETH-USD": Source(Invention(4_200 * _UNIT, 1_300, 900 * _UNIT), 2 * _UNIT),
    "SOL-USD": Source(Invention(150 * _UNIT, 2_200, 20_000 * _UNIT), 50 * _UNIT),
    "DOGE-USD": Source(Invention(17 * _UNIT // 100, 2_600, 4_000_000 * _UNIT), 40_000 * _UNIT),
}


def get_source(name: str) -> Source:
    """Give a source by name. Raises: `NotFound("unknown_feed")`."""
    source = SOURCES.get(name)
    if source is None:
        raise NotFound("unknown_feed", feed=name)
    return source


@cache
def get_series(name: str) -> Series:
    """Read or make the series of a source, once. Raises: `NotFound("unknown_feed")`."""
    origin = get_source(name).origin
    if isinstance(origin, Recording):
        return Series(_recorded(origin), origin.bar_ms)
    return Series(_invented(origin, seed_of("series", name)), origin.bar_ms)


def _recorded(recording: Recording) -> Iterator[Bar]:
    packed = files(__package__).joinpath("data", recording.file).read_bytes()
    rows = iter(gzip.decompress(packed).decode("ascii").splitlines())
    next(rows)
    for row in rows:
        opening, high, low, closing, volume = map(_units, row.split(",")[1:])
        if recording.by_quote:
            volume = volume * _UNIT // closing
        yield Bar(opening, high, low, closing, volume)


def _units(text: str) -> int:
    """Read a plain decimal in units of 10^-8; digits beyond are noise of the recording."""
    whole, _, part = text.partition(".")
    return int(whole + part[:SERIES_PLACES].ljust(SERIES_PLACES, "0"))


def _invented(market: Invention, seed: int) -> Iterator[Bar]:
    """Walk at random, drawn back to `home` the more the farther away."""
    price = market.home
    for index in range(market.bars):
        place = index * 16
        # Four draws together are near enough to a bell curve.
        step = sum(between(seed, place + n, -market.sway, market.sway) for n in range(4))
        pull = (market.home - price) * 1_000 // market.home
        closing = max(1, price + price * (step + pull) // 1_000_000)
        reach = price * market.sway // 1_000_000
        high = max(price, closing) + (reach * draw(seed, place + 4) >> 32)
        low = max(1, min(price, closing) - (reach * draw(seed, place + 5) >> 32))
        yield Bar(price, high, low, closing, between(seed, place + 6, 0, 2 * market.volume))
        price = closing
