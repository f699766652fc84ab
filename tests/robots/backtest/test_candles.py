"""Files of candles: what is refused, by line, and what is read."""

import contextlib
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.candles import parse_candles, read_candles

HEADER = "open_time_ms,open,high,low,close,volume\n"
GOOD = HEADER + "60000,1,3,0.5,2,10\n120000,2,2,2,2,0\n240000,2,4,1,3,5\n"


@pytest.mark.parametrize(
    ("text", "code", "fact"),
    [
        ("", "candles_column_missing", ("column", "open_time_ms")),
        ("a,b\n1,2\n", "candles_column_missing", ("column", "open_time_ms")),
        (HEADER.replace("low,", ""), "candles_column_missing", ("column", "low")),
        (HEADER, "candles_empty", ("field", "candles")),
        (HEADER + "1,2,3\n", "candles_bad_line", ("line", 2)),
        (HEADER + "1,1,1,1,x,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "x,1,1,1,1,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "1,1,1,1,nan,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "1,1,inf,1,1,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "1,1,1,1,1,-1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "1,0,1,0,1,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "-1,1,1,1,1,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + f"{10**30},1,1,1,1,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "1,1,0.5,1,1,1\n", "candles_bad_line", ("line", 2)),
        (HEADER + "2,1,1,1,1,1\n2,1,1,1,1,1\n", "candles_not_in_order", ("line", 3)),
        (HEADER + "2,1,1,1,1,1\n1,1,1,1,1,1\n", "candles_not_in_order", ("line", 3)),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    text: str, code: str, fact: tuple[str, object]
) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        parse_candles(io.StringIO(text))

    assert caught.value.facts["field"] == "candles"
    assert caught.value.facts[fact[0]] == fact[1]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(BadInput, match="candles_unreadable"):
            read_candles(path)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\x01", b"\x1f\x8b" + b"garbage" * 9])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "candles.csv"
    path.write_bytes(data)

    with pytest.raises(BadInput):
        read_candles(path)


def test_a_gzipped_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv.gz"
    path.write_bytes(gzip.compress((GOOD * 50).encode())[:-9])

    with pytest.raises(BadInput):
        read_candles(path)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_plain_or_gzipped_whatever_its_name(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001  pytest passes it by name
    path = tmp_path / "candles"
    path.write_bytes(gzip.compress(GOOD.encode()) if packed else GOOD.encode())

    candles = read_candles(path)

    assert list(candles.open_time_ms) == [60000, 120000, 240000]
    assert list(candles.close) == [2, 2, 3]
    assert list(candles.volume) == [10, 0, 5]
    assert candles.interval_ms == 60000


def test_columns_stand_in_any_order_and_others_are_left_alone() -> None:
    text = "volume,note,close,low,high,open,open_time_ms\n9,hello,2,1,3,1,7\n"

    candles = parse_candles(io.StringIO(text))

    assert (candles.open[0], candles.volume[0], candles.open_time_ms[0]) == (1, 9, 7)


def test_a_volume_in_quote_currency_is_told_in_base_currency() -> None:
    text = "open_time_ms,open,high,low,close,volume_quote\n1,10,10,10,10,50\n"

    assert parse_candles(io.StringIO(text)).volume[0] == 5


def test_the_newest_candles_can_be_taken_alone() -> None:
    candles = parse_candles(io.StringIO(GOOD))

    assert list(candles.last(2).open_time_ms) == [120000, 240000]
    assert len(candles.last(99)) == 3


@given(st.text(max_size=200))
def test_no_text_brings_the_reader_down(text: str) -> None:
    """Law: a file is read or refused, whatever it holds."""
    with contextlib.suppress(BadInput):
        parse_candles(io.StringIO(HEADER + text, newline=""))


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("open_time_ms", "60000", "120000"),
        ("Timestamp", "1700000040", "1700000100"),
        ("time", "1700000040000", "1700000100000"),
        ("open_time", "1700000040000000", "1700000100000000"),
        ("date", "2023-11-14T22:14:00", "2023-11-14T22:15:00"),
        ("date", "2023-11-14 23:14:00+01:00", "2023-11-14 23:15:00+01:00"),
    ],
)
def test_times_are_read_as_other_tools_write_them(name: str, first: str, second: str) -> None:
    lines = f"{name},open,high,low,close,volume\n{first},1,1,1,1,1\n{second},1,1,1,1,1\n"

    times = parse_candles(io.StringIO(lines)).open_time_ms.tolist()

    began = 60_000 if name == "open_time_ms" else 1_700_000_040_000
    assert times == [began, began + 60_000]


@pytest.mark.parametrize("time", ["yesterday", "", "-5", "٣"])
def test_a_time_that_is_none_is_refused_with_its_line(time: str) -> None:
    lines = f"date,open,high,low,close,volume\n{time},1,1,1,1,1\n"

    with pytest.raises(BadInput, match="candles_bad_line"):
        parse_candles(io.StringIO(lines))
