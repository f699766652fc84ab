"""Candles of a file as a market: read, refused, and told again as they were (scenario 92)."""

import gzip
import os
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import DAY_MS, MINUTE_MS, FastClock, SteppedClock
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle
from drawbridge.core.operations import GetCandles, GetTicker, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.paper.house import Quoting
from drawbridge.paper.replay import Recorded, Replay, read_recording, read_wish
from drawbridge.paper.setting_up import Scenery
from drawbridge.paper.world import PaperWorld

FIRST_MS = 1_640_995_200_000
HEADER = "open_time_ms,open,high,low,close,volume"
ROWS = (
    (FIRST_MS, "100", "110.5", "99.25", "105", "12.5"),
    (FIRST_MS + MINUTE_MS, "104", "104", "90", "91", "7"),
    (FIRST_MS + 2 * MINUTE_MS, "95", "97", "95", "96.01", "0"),
)
BINANCE = get_exchange("binance")


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "candles.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def lines(*rows: tuple[object, ...]) -> list[str]:
    return [",".join(map(str, row)) for row in rows]


def recorded(folder: Path) -> Recorded:
    return read_recording(written(folder, *lines(*ROWS)))


@pytest.mark.parametrize(
    "text",
    [
        *("", "candles.csv", "candles.csv:", ":BTC/USDT", "a.csv:BTCUSDT", "a.csv:BTC/USDT@"),
        *("a:B/C@x", "a:B/C@-1", "a:B/C@9999999", "a:B/C@" + "9" * 100_000, "a:B/C@٣"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_replay"):
        read_wish(text)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (ROWS[:1], "replay_too_short"),
        ((ROWS[0], ROWS[2], (FIRST_MS + 3 * MINUTE_MS, 1, 1, 1, 1, 1)), "replay_gap"),
        ((ROWS[1], ROWS[0]), "bad_interval"),
        ((ROWS[0], ROWS[0]), "bad_interval"),
        ((ROWS[0], (FIRST_MS + 1_000, 1, 1, 1, 1, 1)), "bad_interval"),
        (((FIRST_MS + 1, 1, 1, 1, 1, 1), (FIRST_MS + 60_001, 1, 1, 1, 1, 1)), "bad_interval"),
        ((ROWS[0], (FIRST_MS, 1, 1, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS, 1, "2e", 1, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS, 1, "nan", 1, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS, 1, "1e300", 1, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], ("1e3000", 1, 1, 1, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS, 1, 1, 2, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS, 0, 1, 0, 1, 1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS, 1, 1, 1, 1, -1)), "replay_bad_candle"),
        ((ROWS[0], (FIRST_MS + 0.5, 1, 1, 1, 1, 1)), "replay_bad_candle"),
    ],
)
def test_what_is_no_candle_is_named(
    tmp_path: Path, rows: tuple[tuple[object, ...], ...], code: str
) -> None:
    with pytest.raises(BadInput, match=code):
        read_recording(written(tmp_path, *lines(*rows)))


@pytest.mark.parametrize("column", ["open_time_ms", "low", "volume"])
def test_a_column_that_is_missing_is_named(tmp_path: Path, column: str) -> None:
    header = HEADER.replace(column, "other")
    with pytest.raises(BadInput, match="replay_column_missing") as caught:
        read_recording(written(tmp_path, *lines(*ROWS), header=header))
    assert caught.value.facts["column"] == column


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    for noise in (b"\x1f\x8bnoise", b"\xff\xfe", b"PAR1noise", os.urandom(500)):
        path.write_bytes(noise)
        with pytest.raises(BadInput):
            read_recording(path)
    with pytest.raises(BadInput, match="file_unreadable"):
        read_recording(tmp_path / "nothing")
    with pytest.raises(BadInput, match="file_unreadable"):
        read_recording(tmp_path)


def test_plain_packed_and_parquet_files_say_the_same(tmp_path: Path) -> None:
    plain = written(tmp_path, *lines(*ROWS))
    packed = tmp_path / "candles.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    times, *columns = zip(*ROWS, strict=True)
    floats = [[float(str(value)) for value in column] for column in columns]
    numbers = dict(zip(HEADER.split(","), (times, *floats), strict=True))
    parquet.write_table(pa.table(numbers), tmp_path / "candles.parquet")
    paths = (plain, packed, tmp_path / "candles.parquet")
    assert len({read_recording(path).mark for path in paths}) == 1


def test_seconds_and_turnover_are_read_as_well(tmp_path: Path) -> None:
    seconds = [(row[0] // 1_000, *row[1:5], Decimal(row[5]) * Decimal(row[4])) for row in ROWS]
    header = "timestamp,open,high,low,close,volume_quote"
    told = read_recording(written(tmp_path, *lines(*seconds), header=header))
    assert told.mark == recorded(tmp_path).mark


async def opened(folder: Path, clock: SteppedClock, scenery: Scenery) -> PaperWorld:
    world = await PaperWorld.open(folder, [BINANCE], clock, os.urandom, scenery=scenery)
    await world.open_account("ann", clock.now_ms())
    return world


def candles(world: PaperWorld, now_ms: int, since_ms: int) -> tuple[Candle, ...]:
    wanted = GetCandles("BTC/USDT", MINUTE_MS, since_ms=since_ms)
    return world.carry_out("binance", None, wanted, now_ms)


async def test_candles_come_out_as_they_were_recorded_at_their_own_times(tmp_path: Path) -> None:
    at = FIRST_MS + 2 * MINUTE_MS + 30_000
    scenery = Scenery(replays=(Replay("BTC-USD", recorded(tmp_path), anchor_ms=FIRST_MS),))
    world = await opened(tmp_path / "state", SteppedClock(at), scenery)
    told = candles(world, at, FIRST_MS - DAY_MS)
    for candle, row in zip(told[:2], ROWS, strict=False):
        expected = (row[0], *map(Decimal, row[1:]))
        fields = ("open_time_ms", "open", "high", "low", "close", "volume")
        assert tuple(getattr(candle, name) for name in fields) == expected
    # The last one is running, and there is nothing from before the first.
    assert len(told) == 3
    # Every market of that price follows it, and no other does.
    assert world.carry_out("binance", None, GetTicker("ETH/USDT"), at).last > 1_000
    await world.close()


async def test_a_replay_goes_on_after_a_restart_and_begins_anew_with_another_file(
    tmp_path: Path,
) -> None:
    replay, state = Replay("BTC-USD", recorded(tmp_path), passed=2), tmp_path / "state"
    now_ms = FIRST_MS + 5 * DAY_MS + 12_345
    for later_ms in (0, 90_000):
        clock = SteppedClock(now_ms + later_ms)
        world = await opened(state, clock, Scenery(replays=(replay,)))
        opens = [it.open for it in candles(world, clock.now_ms(), FIRST_MS)]
        assert opens[:3] == [Decimal(100), Decimal(104), Decimal(95)]
        await world.close()
    other = [(row[0], *(Decimal(part) * 2 for part in row[1:])) for row in ROWS]
    doubled = read_recording(written(tmp_path, *lines(*other)))
    clock = SteppedClock(now_ms + 200_000)
    world = await opened(state, clock, Scenery(replays=(Replay("BTC-USD", doubled),)))
    assert [it.open for it in candles(world, clock.now_ms(), FIRST_MS)] == [Decimal(200)]
    await world.close()


async def test_a_house_without_spread_fills_at_the_open_of_the_candle(tmp_path: Path) -> None:
    """However late within the candle, and however much: as a backtest assumes."""
    scenery = Scenery(
        replays=(Replay("BTC-USD", recorded(tmp_path), anchor_ms=FIRST_MS),),
        quoting=Quoting(has_spread=False, hold_ms=MINUTE_MS, depth_times=10**9),
    )
    clock = SteppedClock(FIRST_MS)
    world = await opened(tmp_path / "state", clock, scenery)
    for second, price in ((0, 100), (59, 100), (60, 104), (100, 104), (120, 95)):
        at = FIRST_MS + second * 1_000 + 999
        for side in (Side.BUY, Side.SELL):
            order = PlaceOrder("BTC/USDT", side, OrderType.MARKET, quantity=Decimal("1.5"))
            placed = world.carry_out("binance", "ann", order, at)
            assert [fill.price for fill in placed.fills] == [Decimal(price)]
            assert placed.order.filled == Decimal("1.5")
    assert all(not proof.difference for proof in world.books_balance())
    await world.close()


def test_a_fast_clock_tells_the_same_wherever_it_is_given_the_same_numbers() -> None:
    real = SteppedClock(5_000)
    one = FastClock(real, FIRST_MS, 60)
    real.advance(700)
    two = FastClock(real, FIRST_MS, 60, began_ms=one.began_ms)
    told = []
    for _ in range(5):
        assert one.now_ms() == two.now_ms()
        told.append(one.now_ms())
        real.advance(100)
    assert told[0] == FIRST_MS + 42_000
    assert {after - before for before, after in pairwise(told)} == {6_000}
