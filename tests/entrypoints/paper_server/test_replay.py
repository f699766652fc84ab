"""A paper exchange whose time runs sixty times as fast, over real sockets (scenario 92)."""

from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.clock import SystemClock
from drawbridge.core.clock import MINUTE_MS, FastClock
from drawbridge.core.errors import BadInput
from drawbridge.core.operations import GetCandles, GetServerTime
from drawbridge.entrypoints.paper_server.hosting import read_replays
from drawbridge.paper.replay import recorded_of
from drawbridge.paper.series import Bar
from tests.kit.paper_here import exact_scenery, paper_here
from tests.kit.processes import drawbridge
from tests.kit.trader import Trader

UNIT = 10**8
FIRST_MS = 1_640_995_200_000
COUNT = 40
SPEED = 60


def bar(number: int) -> Bar:
    price = (40_000 + number * 37) * UNIT
    return Bar(price, price + 90 * UNIT, price - 50 * UNIT, price + 10 * UNIT, 3 * UNIT)


async def test_an_order_after_a_close_is_filled_at_the_next_open(tmp_path: Path) -> None:
    """The candles that a client has seen close, and its fills, are those of the recording."""
    recorded = recorded_of((FIRST_MS + n * MINUTE_MS, bar(n)) for n in range(COUNT))
    clock = FastClock(SystemClock(), FIRST_MS + 5 * MINUTE_MS, SPEED)
    scenery, only = exact_scenery("BTC-USD", recorded), frozenset({"kraken"})
    async with paper_here(tmp_path, clock, scenery, only=only) as paper:
        trader = Trader("kraken", await paper.key("kraken"), clock)
        port = paper.port("kraken")
        for number in range(6, 10):
            await paper.until(FIRST_MS + number * MINUTE_MS + 1)
            told = await trader.ask(port, GetCandles("BTC/USD", MINUTE_MS, since_ms=FIRST_MS))
            closed = [it for it in told if it.open_time_ms + MINUTE_MS <= clock.now_ms()]
            assert [it.close for it in closed][:number] == [
                Decimal(40_010 + n * 37) for n in range(number)
            ]
            await trader.ask(port, trader.order(f"after-{number}"))
            order = await trader.find(port, f"after-{number}")
            assert order is not None
            # On a busy machine a minute of this clock may have passed meanwhile.
            candle = (order.created_ms - FIRST_MS) // MINUTE_MS
            assert candle >= number
            assert order.filled_quote / order.filled == 40_000 + candle * 37
        now = await trader.ask(port, GetServerTime())
        assert abs(now.time_ms - clock.now_ms()) < MINUTE_MS


@pytest.mark.parametrize("symbol", ["GOLD/USD", "BTCUSDT"])
def test_a_market_that_is_not_there_follows_nothing(symbol: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="bad_replay"):
        read_replays([f"{tmp_path}/x.csv:{symbol}"])


def test_two_recordings_of_one_price_contradict_each_other(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = ["time,open,high,low,close,volume", "1640995200,1,1,1,1,1", "1640995260,1,1,1,1,1"]
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput, match="bad_replay"):
        read_replays([f"{path}:BTC/USD", f"{path}:BTC/USDT"])


def test_a_file_that_cannot_be_replayed_stops_the_start(tmp_path: Path) -> None:
    arguments = ("--state", str(tmp_path), "--port-base", "0", "--replay", "nothing.csv:BTC/USDT")
    done = drawbridge("paper", *arguments)
    assert done.returncode == 2
    assert "nothing.csv" in done.stderr
