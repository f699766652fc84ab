"""Files of candles of other tools, told apart by what is in them and not by their names.

Shape: CSV with a header (backtest/candles.py), ours and freqtrade's Parquet, freqtrade's Feather
and JSON, and what ccxt gives: a JSON list of [milliseconds, open, high, low, close, volume]. Text
may be gzipped.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.candles import MAX_CANDLES, parse_candles
from drawbridge.robots.candle_files.store import need_arrow
from drawbridge.robots.columns import CandleColumns, columns_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_FEATHER: Final = b"ARROW1"
_MAX_BYTES: Final = 2 << 30
_FIELD: Final = "file"
_PRICES: Final = ("open", "high", "low", "close", "volume")
_TIMES: Final = ("open_time_ms", "date", "timestamp", "time")
_ROW: Final = 6


def read_any(path: Path) -> CandleColumns:
    """Read a file of candles of any known kind.

    Raises: `BadInput`: "candles_unreadable", "candles_unknown_format", and as each kind does.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadInput("candles_too_many", field=_FIELD, most=MAX_CANDLES)
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data = _unzipped(data)
    except (OSError, EOFError, zlib.error):
        raise BadInput("candles_unreadable", field=_FIELD, path=str(path)) from None
    if data.startswith((_PARQUET, _FEATHER)):
        return _from_arrow(data)
    if data.lstrip()[:1] in (b"[", b"{"):
        return _from_json(data)
    try:
        return parse_candles(io.StringIO(data.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError:
        raise BadInput("candles_unknown_format", field=_FIELD, path=str(path)) from None


def _unzipped(data: bytes) -> bytes:
    """Unzip, but not without end: a small file may hold very much."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        text = file.read(_MAX_BYTES + 1)
    if len(text) > _MAX_BYTES:
        raise BadInput("candles_too_many", field=_FIELD, most=MAX_CANDLES)
    return text


def _from_json(data: bytes) -> CandleColumns:
    """Read rows of six numbers; what is more in a row is left alone, null is refused."""
    try:
        rows = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadInput("candles_bad_json", field=_FIELD) from None
    if not isinstance(rows, list):
        raise BadInput("candles_bad_json", field=_FIELD)
    if not rows:
        raise BadInput("candles_empty", field=_FIELD)
    if len(rows) > MAX_CANDLES:
        raise BadInput("candles_too_many", field=_FIELD, most=MAX_CANDLES)
    table: list[float] = []
    for number, row in enumerate(rows, 1):
        if not _is_row(row):
            raise BadInput("candles_bad_row", field=_FIELD, row=number)
        table += map(float, row[:_ROW])
    return _ordered(columns_of(table))


def _is_row(row: object) -> bool:
    if not isinstance(row, list) or len(row) < _ROW:
        return False
    # Some exchanges write prices as text, and ccxt hands them on.
    return all(_is_number(it) for it in row[:_ROW]) and 0 <= float(row[0]) < 1 << 53


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _from_arrow(data: bytes) -> CandleColumns:
    """Read Parquet or Feather, with freqtrade's columns or ours."""
    need_arrow()
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra
    from pyarrow import feather, parquet  # noqa: PLC0415  heavy, and an extra

    read = parquet.read_table if data.startswith(_PARQUET) else feather.read_table
    try:
        table = read(io.BytesIO(data))
    except (pa.ArrowException, OSError):
        raise BadInput("candles_damaged", field=_FIELD, path="") from None
    names = set(table.column_names)
    time = next((name for name in _TIMES if name in names), None)
    for name in ("date" if time is None else time, *_PRICES):
        if name not in names:
            raise BadInput("candles_column_missing", field=_FIELD, column=name)
    if table.num_rows == 0:
        raise BadInput("candles_empty", field=_FIELD)
    try:
        prices = [_floats(table.column(name)) for name in _PRICES]
        times = _times_ms(table.column(time))
    except (pa.ArrowException, ValueError, TypeError):
        raise BadInput("candles_damaged", field=_FIELD, path="") from None
    return _ordered(CandleColumns(times, *prices))


def _floats(column: Any) -> NDArray[np.float64]:  # noqa: ANN401  pyarrow is untyped
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra

    return np.ascontiguousarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _times_ms(column: Any) -> NDArray[np.int64]:  # noqa: ANN401  pyarrow is untyped
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra

    if column.null_count:
        message = "a time is missing"
        raise ValueError(message)
    if pa.types.is_timestamp(column.type):
        # Times without a zone are UTC, as freqtrade writes them.
        column = column.cast(pa.timestamp("ms", column.type.tz))
    return np.ascontiguousarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def _ordered(candles: CandleColumns) -> CandleColumns:
    """Put candles in the order of time. Raises: `BadInput("candles_twice")` for equal times."""
    times = candles.open_time_ms
    order = np.argsort(times, kind="stable")
    sorted_times = times[order]
    twice = np.flatnonzero(np.diff(sorted_times) == 0)
    if len(twice):
        raise BadInput("candles_twice", field=_FIELD, time_ms=int(sorted_times[twice[0]]))
    return CandleColumns(sorted_times, *(getattr(candles, name)[order] for name in _PRICES))
