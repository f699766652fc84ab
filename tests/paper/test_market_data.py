"""What anyone may see of a market."""

from decimal import Decimal
from itertools import pairwise

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Level
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
)
from drawbridge.core.orders import Side
from tests.paper.small import START_MS, SmallWorld


def _ask(world: SmallWorld, operation: Operation[object]) -> object:
    return world.desk.carry_out("alpha", None, operation, world.now_ms)


@pytest.mark.parametrize(
    "operation",
    [GetTicker("A/B"), GetCandles("A/B", MINUTE_MS), GetOrderBook("A/B"), GetTrades("A/B")],
)
def test_an_unknown_pair_is_not_found(operation: Operation[object]) -> None:
    with pytest.raises(NotFound, match="unknown_symbol"):
        _ask(SmallWorld(), operation)


@pytest.mark.parametrize("interval_ms", [0, -60_000, 1_000, 90_001])
def test_a_candle_lasts_whole_minutes(interval_ms: int) -> None:
    with pytest.raises(BadInput, match="bad_interval"):
        _ask(SmallWorld(), GetCandles("BTC/USD", interval_ms))


def test_an_operation_that_nobody_carries_out_is_refused() -> None:
    with pytest.raises(BadInput, match="unknown_endpoint"):
        _ask(SmallWorld(), Operation())


def test_candles_are_aligned_and_end_with_the_running_one() -> None:
    world = SmallWorld(now_ms=START_MS + 5 * HOUR_MS + 61_000)
    ask = world.desk.carry_out
    hours = ask("alpha", None, GetCandles("BTC/USD", HOUR_MS, limit=4), world.now_ms)
    assert [it.open_time_ms for it in hours] == [START_MS + n * HOUR_MS for n in (2, 3, 4, 5)]
    since = GetCandles("BTC/USD", HOUR_MS, since_ms=START_MS + 1, limit=2)
    later = ask("alpha", None, since, world.now_ms)
    assert [it.open_time_ms for it in later] == [START_MS + n * HOUR_MS for n in (1, 2)]
    until = GetCandles("BTC/USD", HOUR_MS, until_ms=START_MS + 2 * HOUR_MS, limit=2)
    before = ask("alpha", None, until, world.now_ms)
    assert [it.open_time_ms for it in before] == [START_MS + n * HOUR_MS for n in (1, 2)]
    ahead = GetCandles("BTC/USD", HOUR_MS, since_ms=world.now_ms + DAY_MS)
    assert ask("alpha", None, ahead, world.now_ms) == ()
    from_the_dawn = GetCandles("BTC/USD", HOUR_MS, since_ms=0, limit=1)
    (first,) = ask("alpha", None, from_the_dawn, world.now_ms)
    assert START_MS - 181 * DAY_MS < first.open_time_ms < START_MS - 179 * DAY_MS


def test_ticker_book_and_candle_tell_the_same_price() -> None:
    world = SmallWorld(prices=(Decimal(100), Decimal(110), Decimal(105)))
    for _ in range(2):
        world.wait()
    ask = world.desk.carry_out
    ticker = ask("alpha", None, GetTicker("BTC/USD"), world.now_ms)
    book = ask("alpha", None, GetOrderBook("BTC/USD", depth=3), world.now_ms)
    (candle,) = ask("alpha", None, GetCandles("BTC/USD", MINUTE_MS, limit=1), world.now_ms)
    assert ticker.last == candle.close == 105
    assert ticker.high == candle.high == 110
    assert ticker.low == candle.low == 100
    assert (ticker.bid, ticker.bid_quantity) == (book.bids[0].price, book.bids[0].quantity)
    assert (ticker.ask, ticker.ask_quantity) == (book.asks[0].price, book.asks[0].quantity)
    assert ticker.bid < 105 < ticker.ask
    assert len(book.bids) == len(book.asks) == 3
    assert [it.price for it in book.bids] == sorted((it.price for it in book.bids), reverse=True)
    everything = ask("alpha", None, GetTickers(), world.now_ms)
    assert [it.symbol for it in everything] == ["BTC/USD", "ETH/BTC"]


def test_peoples_orders_stand_in_the_book_and_in_the_ticker() -> None:
    world = SmallWorld()
    ask = world.desk.carry_out
    before = ask("alpha", None, GetOrderBook("BTC/USD"), world.now_ms)
    world.place("ann", world.order(Side.BUY, "0.3", "100"))
    world.place("bob", world.order(Side.BUY, "0.2", "100"))
    world.place("cid", world.order(Side.BUY, "0.7", str(before.bids[0].price)))
    book = ask("alpha", None, GetOrderBook("BTC/USD"), world.now_ms)
    assert book.sequence > before.sequence
    assert book.bids[0] == Level(Decimal(100), Decimal("0.5"))
    assert book.bids[1].quantity == before.bids[0].quantity + Decimal("0.7")
    ticker = ask("alpha", None, GetTicker("BTC/USD"), world.now_ms)
    assert Level(ticker.bid, ticker.bid_quantity) == book.bids[0]


def test_what_people_trade_is_on_the_tape() -> None:
    world = SmallWorld()
    ask = world.desk.carry_out
    quiet = ask("alpha", None, GetTrades("BTC/USD", limit=10), world.now_ms)
    assert len(quiet) == 10
    assert all(one.trade_id < two.trade_id for one, two in pairwise(quiet))
    assert quiet[-1].time_ms == world.now_ms
    fills = world.place("ann", world.order(Side.SELL, "2")).fills
    busy = ask("alpha", None, GetTrades("BTC/USD", limit=len(fills)), world.now_ms)
    assert [(it.price, it.quantity) for it in busy] == [(it.price, it.quantity) for it in fills]
    assert not any(it.taker_buys for it in busy)
    since = GetTrades("BTC/USD", since_ms=world.now_ms - 3_000, limit=3)
    again = ask("alpha", None, since, world.now_ms)
    assert [it.time_ms for it in again] == [world.now_ms - n for n in (3_000, 2_000, 1_000)]
    ticker = ask("alpha", None, GetTicker("BTC/USD"), world.now_ms)
    assert ticker.last == fills[-1].price


def test_the_same_moment_always_looks_the_same() -> None:
    one, other = SmallWorld(), SmallWorld()
    other.now_ms += 50_000
    _ask(other, GetOrderBook("BTC/USD"))
    other.now_ms -= 50_000
    for operation in (GetOrderBook("BTC/USD"), GetTicker("ETH/BTC"), GetTrades("BTC/USD")):
        assert _ask(one, operation) == _ask(other, operation)
