"""The store of candles: one Parquet file for each exchange, market and length.

Files are written anew and put in place of the old ones at once, so that whoever reads, or ends
in the middle, has a whole file. pyarrow is an extra and is loaded where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.robots.candle_files.names import SeriesName, read_name
from drawbridge.robots.columns import COLUMNS, CandleColumns, resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SUFFIX: Final = ".parquet"
_OWNER_ONLY: Final = 0o700


class Gap(NamedTuple):
    """A stretch without candles: its beginning, its end, and how many are missing."""

    since_ms: int
    until_ms: int
    missing: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A series as it is stored."""

    name: SeriesName
    candles: int
    first_ms: int
    last_ms: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of candles that were handed in."""

    added: int
    replaced: int
    stored: Stored


class CandleFiles:
    """Reads and writes series of candles in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use this folder; it is made when something is stored."""
        self._folder = folder

    def names(self) -> tuple[SeriesName, ...]:
        """Give the names of all series, sorted."""
        found = []
        for path in self._folder.glob(f"*/*/*{_SUFFIX}"):
            try:
                name = str(path.relative_to(self._folder))
                found.append(read_name(name.removesuffix(_SUFFIX)))
            except BadInput:
                # Something that a person put there, and that is none of ours.
                continue
        return tuple(sorted(found))

    def find(self, name: SeriesName) -> CandleColumns | None:
        """Give a series as it is stored, None when there is none.

        Raises: `BadInput`: "candles_extra_missing", "candles_damaged".
        """
        path = self._path(name)
        return read_parquet(path) if path.is_file() else None

    def read(self, name: SeriesName) -> CandleColumns:
        """Give a series, put together out of stored shorter candles where it is not stored itself.

        Raises: `NotFound("unknown_candles")`, and as `find`.
        """
        stored = self.find(name)
        if stored is not None:
            return stored
        for shorter in self._shorter(name):
            return resampled(self.read(shorter), name.interval_ms)
        raise NotFound("unknown_candles", field="candles", known=[str(it) for it in self.names()])

    def look(self, name: SeriesName) -> Stored:
        """Look through a series. Raises: as `read`."""
        candles = self.find(name)
        if candles is None:
            raise NotFound("unknown_candles", field="candles", known=[*map(str, self.names())])
        return stored_of(name, candles)

    def append(self, name: SeriesName, candles: CandleColumns) -> Appended:
        """Put candles into a series; one of the same time takes the place of the old one.

        Raises: `BadInput`: "candles_empty", "candles_bad_row", "candles_off_interval".
        """
        check_candles(candles, name.interval_ms)
        before = self.find(name)
        whole = candles if before is None else joined(before, candles)
        added = len(whole) - (0 if before is None else len(before))
        self._write(name, whole)
        return Appended(added, len(candles) - added, stored_of(name, whole))

    def _shorter(self, name: SeriesName) -> list[SeriesName]:
        """Give the stored series that can be put together to this one, the longest first."""
        fitting = [
            it
            for it in self.names()
            if it[:2] == name[:2]
            and it.interval_ms < name.interval_ms
            and name.interval_ms % it.interval_ms == 0
        ]
        return sorted(fitting, key=lambda it: -it.interval_ms)

    def _path(self, name: SeriesName) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _write(self, name: SeriesName, candles: CandleColumns) -> None:
        need_arrow()
        import pyarrow as pa  # noqa: PLC0415  heavy, and an extra
        import pyarrow.parquet as pq  # noqa: PLC0415  heavy, and an extra

        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
        table = pa.table({column: pa.array(getattr(candles, column)) for column in COLUMNS})
        table = table.replace_schema_metadata({"drawbridge": "candles 1", "series": str(name)})
        beside = path.with_suffix(".new")
        pq.write_table(table, beside, compression="zstd")
        beside.replace(path)


def need_arrow() -> None:
    """Refuse when pyarrow is not installed. Raises: `BadInput("candles_extra_missing")`."""
    if find_spec("pyarrow") is None:
        raise BadInput("candles_extra_missing", field="candles")


def read_parquet(path: Path) -> CandleColumns:
    """Read one of our files. Raises: `BadInput`: "candles_extra_missing", "candles_damaged"."""
    need_arrow()
    import pyarrow as pa  # noqa: PLC0415  heavy, and an extra
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy, and an extra

    try:
        table = pq.read_table(path, columns=list(COLUMNS))
        columns = [table.column(name).to_numpy() for name in COLUMNS]
    except (pa.ArrowException, OSError, KeyError):
        raise BadInput("candles_damaged", field="candles", path=str(path)) from None
    if table.num_columns != len(COLUMNS):
        raise BadInput("candles_damaged", field="candles", path=str(path))
    times, *prices = columns
    return CandleColumns(
        np.ascontiguousarray(times, dtype=np.int64),
        *(np.ascontiguousarray(it, dtype=np.float64) for it in prices),
    )


def stored_of(name: SeriesName, candles: CandleColumns) -> Stored:
    """Tell how far candles reach, and where some are missing."""
    first_ms, last_ms = int(candles.open_time_ms[0]), int(candles.open_time_ms[-1])
    gaps = gaps_of(candles.open_time_ms, name.interval_ms)
    return Stored(name, len(candles), first_ms, last_ms, gaps)


def gaps_of(times_ms: NDArray[np.int64], interval_ms: int) -> tuple[Gap, ...]:
    """Find where candles are missing between the first and the last one."""
    distances = np.diff(times_ms)
    places = np.flatnonzero(distances > interval_ms)
    return tuple(
        Gap(
            int(times_ms[place]) + interval_ms,
            int(times_ms[place + 1]),
            int(distances[place]) // interval_ms - 1,
        )
        for place in places.tolist()
    )


def check_candles(candles: CandleColumns, interval_ms: int) -> None:
    """Refuse what is no series of candles of this length.

    Raises: `BadInput`: "candles_empty", "candles_bad_row" with its number, "candles_off_interval".
    """
    if len(candles) == 0:
        raise BadInput("candles_empty", field="candles")
    prices = np.stack([getattr(candles, name) for name in COLUMNS[1:]])
    opened, high, low, close, volume = prices
    good = np.isfinite(prices).all(axis=0) & (low > 0) & (volume >= 0)
    good &= (low <= np.minimum(opened, close)) & (high >= np.maximum(opened, close))
    good[1:] &= np.diff(candles.open_time_ms) > 0
    good &= candles.open_time_ms >= 0
    if not good.all():
        raise BadInput("candles_bad_row", field="candles", row=int(np.argmin(good)) + 1)
    off = np.flatnonzero(candles.open_time_ms % interval_ms)
    if len(off):
        raise BadInput("candles_off_interval", field="candles", row=int(off[0]) + 1)


def joined(before: CandleColumns, newer: CandleColumns) -> CandleColumns:
    """Join two series in the order of time; where both have a candle, the newer one's is taken."""
    times = np.concatenate((newer.open_time_ms, before.open_time_ms))
    # Of equal ones, `unique` gives the place of the first.
    order = np.unique(times, return_index=True)[1]
    return CandleColumns(
        *(np.concatenate((getattr(newer, name), getattr(before, name)))[order] for name in COLUMNS)
    )
