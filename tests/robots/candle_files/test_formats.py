"""Files of other tools: what each writes is read alike, and anything else is refused."""

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather, parquet

from drawbridge.core.errors import BadInput
from drawbridge.robots.candle_files.formats import read_any
from drawbridge.robots.columns import COLUMNS

ROWS = [
    [60_000, 10.0, 12.5, 9.0, 11.0, 1.5],
    [120_000, 11.0, 11.0, 8.25, 9.0, 0.0],
]


def table(time: str = "date", *, unit: str = "ms") -> pa.Table:
    columns = list(zip(*ROWS, strict=True))
    times = pa.array([int(it) for it in columns[0]], pa.int64())
    if time == "date":
        times = times.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp(unit, "UTC"))
    named = {time: times}
    for name, column in zip(COLUMNS[1:], columns[1:], strict=True):
        named[name] = pa.array(column)
    return pa.table(named)


def write_csv(path: Path) -> None:
    lines = ["open_time_ms,open,high,low,close,volume"]
    path.write_text("\n".join([*lines, *(",".join(map(str, row)) for row in ROWS)]))


def write_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS))


def write_gzipped_json(path: Path) -> None:
    path.write_bytes(gzip.compress(json.dumps(ROWS).encode()))


def write_texts_newest_first(path: Path) -> None:
    path.write_text(json.dumps([[row[0], *map(str, row[1:]), "more"] for row in reversed(ROWS)]))


def write_freqtrade_feather(path: Path) -> None:
    feather.write_feather(table(), path, compression="lz4")


def write_freqtrade_parquet(path: Path) -> None:
    parquet.write_table(table(unit="ns"), path)


def write_our_parquet(path: Path) -> None:
    parquet.write_table(table("open_time_ms"), path)


WRITERS = (
    write_csv,
    write_json,
    write_gzipped_json,
    write_texts_newest_first,
    write_freqtrade_feather,
    write_freqtrade_parquet,
    write_our_parquet,
)


@pytest.mark.parametrize("write", WRITERS, ids=lambda it: it.__name__)
def test_what_other_tools_write_is_read_alike_whatever_its_name(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "file"
    write(path)

    candles = read_any(path)

    columns = (getattr(candles, name).tolist() for name in COLUMNS)
    assert [list(row) for row in zip(*columns, strict=True)] == ROWS


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "candles_column_missing"),
        (b"\xff\xfe\x00", "candles_unknown_format"),
        (b"\x1f\x8bgarbage", "candles_unreadable"),
        (b"PAR1garbage", "candles_damaged"),
        (b"ARROW1garbage", "candles_damaged"),
        (b"[]", "candles_empty"),
        (b"{}", "candles_bad_json"),
        (b"[[1,2", "candles_bad_json"),
        (b"[1]", "candles_bad_row"),
        (b"[[1,2,3,4,5]]", "candles_bad_row"),
        (b"[[1,2,3,4,5,null]]", "candles_bad_row"),
        (b"[[1,2,3,4,5,true]]", "candles_bad_row"),
        (b'[[1,2,3,4,5,"x"]]', "candles_bad_row"),
        (b'[[1,2,3,4,5,"nan"]]', "candles_bad_row"),
        (b"[[-1,2,3,4,5,6]]", "candles_bad_row"),
        (b"[[1e300,2,3,4,5,6]]", "candles_bad_row"),
        (b"[[1,2,3,4,5,6],[1,2,3,4,5,6]]", "candles_twice"),
    ],
)
def test_what_is_no_file_of_candles_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    with pytest.raises(BadInput, match=code) as caught:
        read_any(path)

    assert caught.value.facts["field"] in {"file", "candles"}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(BadInput, match="candles_unreadable"):
            read_any(path)


def test_a_table_without_times_prices_or_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole = table()
    texts = pa.table(
        {**{name: whole.column(name) for name in whole.column_names}, "low": ["x", "y"]}
    )
    for told, code in (
        (whole.drop_columns("date"), "candles_column_missing"),
        (whole.drop_columns("high"), "candles_column_missing"),
        (whole.slice(0, 0), "candles_empty"),
        (texts, "candles_damaged"),
    ):
        parquet.write_table(told, path)
        with pytest.raises(BadInput, match=code):
            read_any(path)


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=100).map(lambda it: b"PAR1" + it)))
def test_no_bytes_bring_the_reader_down(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Law: a file is read or refused, whatever it holds."""
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(data)
    with suppress(BadInput):
        read_any(path)
