"""A market that follows the candles of a file exactly, from the first one on.

The file is read here, and where it stands in time is said here: its candles begin on whole
candles of the clock, so that they come out as they were recorded. Which markets follow it, and
what the house makes of the price, is decided elsewhere.
"""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Final

import orjson

from drawbridge.core.clock import MINUTE_MS, SECOND_MS
from drawbridge.core.errors import BadInput
from drawbridge.paper.feed import Feed, Pace
from drawbridge.paper.rules import atoms_of
from drawbridge.paper.series import SERIES_PLACES, Bar, Series
from drawbridge.paper.store import PaperStore

_FIELD: Final = "replay"
_TIMES: Final = ("open_time_ms", "timestamp", "open_time", "time", "date")
_PRICES: Final = ("open", "high", "low", "close")
_VOLUMES: Final = ("volume", "volume_quote")
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_MOST: Final = 20_000_000
_MOST_PASSED: Final = 1_000_000
# What the series' whole numbers of 10^-8 hold, and times of sixteen digits.
_MOST_PRICE: Final = 10**10
_MOST_VOLUME: Final = 10**18
_MOST_TIME: Final = 1 << 53
# A time with fewer digits than this is told in seconds.
_LEAST_MS: Final = 10**11
_SETTING: Final = "replay {feed}"

Row = tuple[int, Bar]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The candles of a file; `first_ms` is when the first one opened."""

    series: Series
    first_ms: int

    @property
    def mark(self) -> str:
        """Tell this recording from another one."""
        last = self.series.bar(self.series.length_ms - self.series.bar_ms, self.series.length_ms)
        parts = (self.first_ms, self.series.bar_ms, self.series.length_ms, *last)
        return " ".join(map(str, parts))


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording in place of a source of prices.

    `anchor_ms` is when the first candle opens; None: when the world is first opened with it, or
    `passed` candles before that, so that there is a past.
    """

    feed: str
    recorded: Recorded
    anchor_ms: int | None = None
    passed: int = 0

    def make_feed(self, anchor_ms: int, depth: int) -> Feed:
        """Make the market's price over time; nothing is known from before its first candle."""
        series = self.recorded.series
        pace = Pace(anchor_ms)
        return Feed(lambda: series, pace, depth, begins_at=0, listed_ms=anchor_ms)


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """What the command line says: a file, the symbol that is to follow it, candles passed."""

    path: Path
    symbol: str
    passed: int = 0


def read_wish(text: str) -> ReplayWish:
    """Read `FILE:SYMBOL` or `FILE:SYMBOL@PASSED`. Raises: `BadInput("bad_replay")`."""
    path, colon, rest = text.partition(":")
    symbol, at, passed = rest.partition("@")
    if not path or not colon or "/" not in symbol:
        raise BadInput("bad_replay", field=_FIELD, told=text[:80])
    if at and not (passed.isascii() and passed.isdigit() and int(passed[:9]) <= _MOST_PASSED):
        raise BadInput("bad_replay", field=_FIELD, told=text[:80])
    return ReplayWish(Path(path), symbol, int(passed or 0))


async def settle_anchor(store: PaperStore, replay: Replay, now_ms: int) -> int:
    """Give when the first candle opens: the same after a restart with the same file."""
    if replay.anchor_ms is not None:
        return replay.anchor_ms
    name, mark = _SETTING.format(feed=replay.feed), replay.recorded.mark
    kept = (await store.settings()).get(name)
    if kept is not None:
        kept_mark, anchor_ms = orjson.loads(kept)
        if kept_mark == mark:
            return int(anchor_ms)
    bar_ms = replay.recorded.series.bar_ms
    anchor_ms = now_ms // bar_ms * bar_ms - replay.passed * bar_ms
    await store.set_setting(name, orjson.dumps((mark, anchor_ms)).decode())
    return int(anchor_ms)


def read_recording(path: Path) -> Recorded:
    """Read a file of candles, CSV (plain or gzipped) or Parquet.

    Shape: columns `open_time_ms`, `timestamp`, `open_time`, `time` or `date` (milliseconds or
    seconds since 1970), `open`, `high`, `low`, `close`, and `volume` or `volume_quote`.
    Raises: `BadInput` naming the candle, for what is unreadable, has gaps or is no candle.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(len(_PARQUET))
        rows = _parquet(path) if begin == _PARQUET else _csv(path, is_packed=begin[:2] == _GZIP)
        return recorded_of(rows)
    except OSError:
        raise BadInput("file_unreadable", field=_FIELD, path=str(path)) from None
    except (UnicodeDecodeError, EOFError, csv.Error, zlib.error):
        raise BadInput("replay_not_csv", field=_FIELD, path=str(path)) from None


def recorded_of(rows: Iterable[Row]) -> Recorded:
    """Make a recording of candles with their opening times, oldest first.

    Raises: `BadInput("replay_too_short")`, `BadInput("replay_gap")`, `BadInput("bad_interval")`.
    """
    times, bars = [], []
    for time_ms, bar in rows:
        times.append(time_ms)
        bars.append(bar)
        if len(bars) > _MOST:
            raise BadInput("replay_too_long", field=_FIELD, most=_MOST)
    if len(bars) < 2:  # noqa: PLR2004  One candle does not tell how long it lasts.
        raise BadInput("replay_too_short", field=_FIELD)
    bar_ms = times[1] - times[0]
    if bar_ms < MINUTE_MS or bar_ms % MINUTE_MS or times[0] % bar_ms:
        raise BadInput("bad_interval", field=_FIELD, interval_ms=bar_ms)
    for number, (before, after) in enumerate(pairwise(times), 2):
        if after - before != bar_ms:
            raise BadInput("replay_gap", field=_FIELD, candle=number)
    return Recorded(Series(bars, bar_ms), times[0])


def _csv(path: Path, *, is_packed: bool) -> Iterator[Row]:
    opened = gzip.open if is_packed else Path.open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        places = _places(next(rows, []))
        in_quote = places[-1][0]
        for number, row in enumerate(rows, 1):
            try:
                told = [Decimal(row[place]) for _, place in places]
            except (IndexError, InvalidOperation):
                raise BadInput("replay_bad_candle", field=_FIELD, candle=number) from None
            yield _row(told, number, in_quote=in_quote == _VOLUMES[1])


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415  an optional dependency
    except ImportError:
        raise BadInput("replay_needs_pyarrow", field=_FIELD) from None
    try:
        table = parquet.ParquetFile(path)
        places = _places(table.schema_arrow.names)
        names = [name for name, _ in places]
        number = 0
        for batch in table.iter_batches(columns=names):
            columns = [batch.column(name).to_pylist() for name in names]
            for told in zip(*columns, strict=True):
                number += 1
                yield _row(_decimals(told, number), number, in_quote=names[-1] == _VOLUMES[1])
    except ArrowException:
        raise BadInput("replay_not_csv", field=_FIELD, path=str(path)) from None


def _decimals(told: Sequence[object], number: int) -> list[Decimal]:
    try:
        # As its shortest text: 0.1 in a column of floats means 0.1.
        return [Decimal(str(value)) for value in told]
    except InvalidOperation:
        raise BadInput("replay_bad_candle", field=_FIELD, candle=number) from None


def _places(header: Sequence[str]) -> list[tuple[str, int]]:
    """Find the columns: time, the four prices, volume."""
    found = [next((name for name in names if name in header), "") for names in (_TIMES, _VOLUMES)]
    names = [found[0], *_PRICES, found[1]]
    for name, wanted in zip(names, (_TIMES[0], *_PRICES, _VOLUMES[0]), strict=True):
        if name not in header:
            raise BadInput("replay_column_missing", field=_FIELD, column=wanted)
    return [(name, list(header).index(name)) for name in names]


def _row(told: Sequence[Decimal], number: int, *, in_quote: bool) -> Row:
    if not all(value.is_finite() for value in told) or told[0] != int(told[0]):
        raise BadInput("replay_bad_candle", field=_FIELD, candle=number)
    time, first, high, low, last, volume = told
    in_order = 0 < low <= min(first, last) <= max(first, last) <= high < _MOST_PRICE
    if not in_order or not 0 <= volume < _MOST_VOLUME or not 0 < time < _MOST_TIME:
        raise BadInput("replay_bad_candle", field=_FIELD, candle=number)
    base = volume / last if in_quote else volume
    units = [atoms_of(value, SERIES_PLACES) for value in (first, high, low, last, base)]
    time_ms = int(time) if time >= _LEAST_MS else int(time) * SECOND_MS
    return time_ms, Bar(*units)
