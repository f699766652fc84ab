"""Candles as columns, and how they are read from files.

Shape: CSV, plain or gzipped, UTF-8, with a header line that names at least `open_time_ms` (or
`timestamp`, `open_time`, `time`, `date`), `open`, `high`, `low`, `close` and `volume` (base
currency) or `volume_quote`, in any order; further columns are left alone.
Units: `open_time_ms` in milliseconds since 1970; the others in seconds, milliseconds or
microseconds, told apart by how large the first one is, or moments as ISO 8601 writes them, UTC
where they name no zone.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TextIO

from drawbridge.core.errors import BadInput
from drawbridge.robots.columns import COLUMNS, CandleColumns, columns_of

MAX_CANDLES = 20_000_000
_GZIP_MAGIC = b"\x1f\x8b"
_FIELD = "candles"
_TIMES = ("open_time_ms", "timestamp", "open_time", "time", "date")
_SECONDS_BELOW = 10**11
_MICROSECONDS_FROM = 10**14


def read_candles(path: Path) -> CandleColumns:
    """Read a file of candles.

    Raises: `BadInput` naming the line, for a file that cannot be read, misses a column, holds
    what is no price, or is not in the order of time.
    """
    try:
        with _opened(path) as file:
            return parse_candles(file)
    except OSError:  # this is also gzip's error for damaged files
        raise BadInput("candles_unreadable", field=_FIELD, path=str(path)) from None
    except (UnicodeDecodeError, EOFError, csv.Error, zlib.error):
        raise BadInput("candles_not_csv", field=_FIELD, path=str(path)) from None


def parse_candles(lines: TextIO) -> CandleColumns:
    """Read the lines of a CSV file. Raises: `BadInput` naming the line."""
    rows = csv.reader(lines)
    header = next(rows, [])
    header = [name.strip().lower() for name in header]
    in_quote = "volume" not in header and "volume_quote" in header
    time = next((name for name in _TIMES if name in header), _TIMES[0])
    wanted = [time, *COLUMNS[1:-1], "volume_quote" if in_quote else "volume"]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise BadInput("candles_column_missing", field=_FIELD, column=missing[0])
    places = [header.index(name) for name in wanted]
    # A volume in quote currency is told in base currency by the closing price.
    told = (
        (time_ms, *prices[:-1], prices[-1] / prices[-2] if in_quote else prices[-1])
        for time_ms, prices in _parsed(rows, places, is_ms=time == _TIMES[0])
    )
    table = array("d", chain.from_iterable(told))
    if not table:
        raise BadInput("candles_empty", field=_FIELD)
    return columns_of(table)


def _opened(path: Path) -> TextIO:
    with path.open("rb") as file:
        is_gzip = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    if is_gzip:
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _parsed(
    rows: Iterator[list[str]], places: Sequence[int], *, is_ms: bool
) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Read line after line; the header was line 1."""
    before = -1
    read_time: Callable[[str], int] | None = int if is_ms else None
    for line, row in enumerate(rows, 2):
        try:
            read_time = read_time or _reader_of(row[places[0]])
            time_ms = read_time(row[places[0]])
            prices = tuple(float(row[place]) for place in places[1:])
        except (ValueError, IndexError):
            raise BadInput("candles_bad_line", field=_FIELD, line=line) from None
        if not 0 <= time_ms < 1 << 53 or not _is_candle(prices):
            raise BadInput("candles_bad_line", field=_FIELD, line=line)
        if time_ms <= before:
            raise BadInput("candles_not_in_order", field=_FIELD, line=line)
        if line > MAX_CANDLES:
            raise BadInput("candles_too_many", field=_FIELD, most=MAX_CANDLES)
        before = time_ms
        yield time_ms, prices


def _reader_of(first: str) -> Callable[[str], int]:
    """Choose how times are read, by the first of them."""
    if not (first.isascii() and first.strip().lstrip("-").isdecimal()):
        return _moment
    if int(first) < _SECONDS_BELOW:
        return lambda text: int(text) * 1_000
    if int(first) >= _MICROSECONDS_FROM:
        return lambda text: int(text) // 1_000
    return int


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000)


def _is_candle(prices: tuple[float, ...]) -> bool:
    first, high, low, last, volume = prices
    if not all(map(math.isfinite, prices)):
        return False
    return 0 < low <= min(first, last) and max(first, last) <= high and volume >= 0
