"""Candles as columns, and how they are read from files.

Shape: CSV, plain or gzipped, UTF-8, with a header line that names at least `open_time_ms`,
`open`, `high`, `low`, `close` and `volume` (base currency) or `volume_quote`, in any order;
further columns are left alone.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TextIO

from drawbridge.core.errors import BadInput
from drawbridge.robots.columns import COLUMNS, CandleColumns, columns_of

MAX_CANDLES = 20_000_000
_GZIP_MAGIC = b"\x1f\x8b"
_FIELD = "candles"


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
    in_quote = "volume" not in header and "volume_quote" in header
    wanted = [*COLUMNS[:-1], "volume_quote" if in_quote else "volume"]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise BadInput("candles_column_missing", field=_FIELD, column=missing[0])
    places = [header.index(name) for name in wanted]
    # A volume in quote currency is told in base currency by the closing price.
    told = (
        (time_ms, *prices[:-1], prices[-1] / prices[-2] if in_quote else prices[-1])
        for time_ms, prices in _parsed(rows, places)
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
    rows: Iterator[list[str]], places: Sequence[int]
) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Read line after line; the header was line 1."""
    before = -1
    for line, row in enumerate(rows, 2):
        try:
            time_ms = int(row[places[0]])
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


def _is_candle(prices: tuple[float, ...]) -> bool:
    first, high, low, last, volume = prices
    if not all(map(math.isfinite, prices)):
        return False
    return 0 < low <= min(first, last) and max(first, last) <= high and volume >= 0
