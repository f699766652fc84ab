"""Our side of KuCoin's streams: what the exchange's side tells is read as it was meant."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.markets import Candle, PublicTrade
from drawbridge.core.orders import OrderStatus
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.exchanges.kucoin import stream
from tests.exchanges.kucoin.streaming import (
    BOOK,
    CHANGE,
    FILL,
    MARKETS,
    NOW_MS,
    ORDER,
    SYMBOL,
    TICKER,
    heard,
    private,
    public,
    sent,
    welcomed,
)


def _read(frames: Iterable[Any]) -> list[StreamEvent]:
    return [event for frame in frames for event in stream.read_frame(orjson.dumps(frame), MARKETS)]


@pytest.mark.parametrize(
    ("topic", "event"),
    [
        (Topic(TopicKind.TICKER, SYMBOL), TICKER),
        (Topic(TopicKind.BOOK, SYMBOL, depth=50), replace(BOOK, sequence=0)),
        (
            Topic(TopicKind.TRADES, SYMBOL),
            TradesTold(
                SYMBOL, (PublicTrade(9, SYMBOL, NOW_MS, Decimal(5), Decimal(1), taker_buys=False),)
            ),
        ),
        (
            Topic(TopicKind.CANDLES, SYMBOL, 60_000),
            CandleTold(
                SYMBOL,
                60_000,
                NOW_MS,
                Candle(NOW_MS, *(Decimal(number) for number in (1, 4, 0, 2, 7))),
                is_closed=False,
            ),
        ),
    ],
)
def test_what_is_told_is_read_back_the_same(topic: Topic, event: StreamEvent) -> None:
    session = welcomed()
    for frame in stream.subscribe([topic], MARKETS, 1):
        assert sent(session.receive(frame, NOW_MS))[0]["type"] == "ack"
    assert _read(heard(session, topic, event)) == [event]


def test_our_side_reads_changes_orders_and_balances() -> None:
    (change,) = _read(public("/market/level2:BTC-USDT", TopicKind.BOOK, CHANGE))
    assert isinstance(change, BookChange)
    assert (change.before, change.sequence, change.asks) == (77, 79, CHANGE.asks)
    full = replace(ORDER, filled=Decimal("0.02"), status=OrderStatus.FILLED)
    match, ended = _read(private("/spotMarket/tradeOrders", OrderTold(full, NOW_MS, FILL)))
    assert isinstance(match, OrderTold)
    assert isinstance(ended, OrderTold)
    assert match.fill is not None
    assert (match.fill.trade_id, match.fill.price) == (FILL.trade_id, FILL.price)
    assert ended.order.status is OrderStatus.FILLED


def test_our_side_hears_greetings_and_errors() -> None:
    assert stream.read_frame('{"id":"c","type":"welcome"}', MARKETS) == ()
    with pytest.raises(ExchangeRefused):
        stream.read_frame('{"id":"1","type":"error","code":404,"data":"no"}', MARKETS)
