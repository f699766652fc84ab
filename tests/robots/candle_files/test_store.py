"""The store of candles: what is refused and joined, gaps, longer candles out of shorter ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.robots.candle_files.names import SeriesName, interval_text, read_name
from drawbridge.robots.candle_files.store import CandleFiles, Gap, check_candles, gaps_of, joined
from drawbridge.robots.columns import COLUMNS, CandleColumns, columns_of

MINUTE = 60_000
NAME = SeriesName("binance", "BTC/USDT", MINUTE)


def candles(*minutes: int, close: float = 10.0) -> CandleColumns:
    table: list[float] = []
    for minute in minutes:
        table += [minute * MINUTE, 10.0, 12.0, 8.0, close, 1.5]
    return columns_of(table)


def rows(columns: CandleColumns) -> list[tuple[float, ...]]:
    return list(zip(*(getattr(columns, name).tolist() for name in COLUMNS), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "binance",
        "binance/BTC-USDT",
        "binance/BTC-USDT/",
        "binance/BTC/USDT/1m",
        "binance/btc-usdt/1m",
        "../BTC-USDT/1m",
        "binance/../1m",
        "/etc/BTC-USDT/1m",
        "binance/BTC-USDT/0m",
        "binance/BTC-USDT/1w",
        "binance/BTC-USDT/1m/x",
        "binance/BTC-USDT/1m\n/..",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_series_name"):
        read_name(text)


def test_a_name_is_read_as_it_is_written() -> None:
    assert str(NAME) == "binance/BTC-USDT/1m"
    assert read_name("binance/BTC-USDT/1m") == NAME
    contract = read_name("okx/BTC-USDT:USDT/4h")
    assert contract == SeriesName("okx", "BTC/USDT:USDT", 240 * MINUTE)
    assert str(contract) == "okx/BTC-USDT:USDT/4h"
    assert read_name("okx/BTC-USDT/60m") == read_name("okx/BTC-USDT/1h")


def test_a_length_that_is_no_whole_minutes_has_no_name() -> None:
    with pytest.raises(BadInput, match="bad_interval"):
        interval_text(30_000)


def test_a_series_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path / "none")

    assert store.names() == ()
    assert store.find(NAME) is None
    for ask in (store.read, store.look):
        with pytest.raises(NotFound, match="unknown_candles"):
            ask(NAME)


@pytest.mark.parametrize(
    ("row", "changed"),
    [
        (2, {"open": float("nan")}),
        (2, {"high": float("inf")}),
        (2, {"low": 0.0}),
        (2, {"low": 11.0}),
        (2, {"high": 9.0}),
        (2, {"volume": -1.0}),
    ],
)
def test_what_is_no_candle_is_refused_with_its_number(row: int, changed: dict[str, float]) -> None:
    told = candles(0, 1, 2)
    for name, value in changed.items():
        getattr(told, name)[row - 1] = value

    with pytest.raises(BadInput, match="candles_bad_row") as caught:
        check_candles(told, MINUTE)

    assert caught.value.facts["row"] == row


def test_candles_out_of_order_twice_or_off_their_length_are_refused(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path)
    off = candles(0, 1)
    off.open_time_ms[1] += 1
    for told, code in (
        (candles(), "candles_empty"),
        (candles(1, 0), "candles_bad_row"),
        (candles(1, 1), "candles_bad_row"),
        (off, "candles_off_interval"),
    ):
        with pytest.raises(BadInput, match=code):
            store.append(NAME, told)
    assert store.names() == ()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path)
    store.append(NAME, candles(0))
    path = tmp_path / "binance" / "BTC-USDT" / "1m.parquet"
    whole = path.read_bytes()

    for data in (whole[:-20], b"PAR1garbagePAR1", b""):
        path.write_bytes(data)
        with pytest.raises(BadInput, match="candles_damaged"):
            store.find(NAME)


def test_a_strangers_file_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path)
    store.append(NAME, candles(0))
    (tmp_path / "binance" / "BTC-USDT" / "notes.parquet").write_bytes(b"mine")

    assert store.names() == (NAME,)


def test_what_is_stored_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    told = candles(0, 1, 2, close=1 / 3 + 9)

    appended = CandleFiles(tmp_path).append(NAME, told)

    read = CandleFiles(tmp_path).read(NAME)
    assert rows(read) == rows(told)
    assert (appended.added, appended.replaced) == (3, 0)
    assert (appended.stored.first_ms, appended.stored.last_ms) == (0, 2 * MINUTE)
    assert [path.name for path in (tmp_path / "binance" / "BTC-USDT").iterdir()] == ["1m.parquet"]


def test_what_is_appended_fills_gaps_and_takes_the_place_of_the_old(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path)
    store.append(NAME, candles(0, 1, 5))

    appended = store.append(NAME, candles(1, 3, 9, close=11.0))

    assert (appended.added, appended.replaced) == (2, 1)
    assert [row[0] // MINUTE for row in rows(store.read(NAME))] == [0, 1, 3, 5, 9]
    assert [row[4] for row in rows(store.read(NAME))] == [10, 11, 11, 10, 11]
    assert appended.stored.gaps == (
        Gap(2 * MINUTE, 3 * MINUTE, 1),
        Gap(4 * MINUTE, 5 * MINUTE, 1),
        Gap(6 * MINUTE, 9 * MINUTE, 3),
    )


def test_longer_candles_are_put_together_out_of_the_longest_that_fit(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path)
    store.append(NAME, candles(*range(10)))
    store.append(NAME._replace(interval_ms=2 * MINUTE), candles(0, 2, 4, 6, 8))
    store.append(NAME._replace(interval_ms=3 * MINUTE), candles(0, 3))

    read = store.read(NAME._replace(interval_ms=4 * MINUTE))

    assert [row[0] // MINUTE for row in rows(read)] == [0, 4]
    assert read.volume.tolist() == [3.0, 3.0]
    with pytest.raises(NotFound, match="unknown_candles"):
        store.read(NAME._replace(symbol="ETH/USDT"))


minutes = st.lists(st.integers(0, 60), min_size=1, max_size=40, unique=True).map(sorted)


@given(minutes, minutes)
def test_joining_keeps_every_time_once_and_the_newer_price(old: list[int], new: list[int]) -> None:
    """Law: what is stored is the union, the newer one winning."""
    whole = joined(candles(*old, close=9.0), candles(*new, close=11.0))

    assert [row[0] // MINUTE for row in rows(whole)] == sorted({*old, *new})
    assert [row[4] == 11.0 for row in rows(whole)] == [
        row[0] // MINUTE in new for row in rows(whole)
    ]


@given(minutes)
def test_candles_and_gaps_fill_the_whole_stretch(told: list[int]) -> None:
    """Law: what is there and what is missing add up."""
    gaps = gaps_of(np.array(told, dtype=np.int64) * MINUTE, MINUTE)

    assert len(told) + sum(gap.missing for gap in gaps) == told[-1] - told[0] + 1
    assert all(gap.until_ms - gap.since_ms == gap.missing * MINUTE for gap in gaps)
