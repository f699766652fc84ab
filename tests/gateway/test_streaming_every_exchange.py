"""Every exchange with streams, followed by our own side over real sockets (scenario 87)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, Forbidden
from drawbridge.core.markets import OrderBook, PublicTrade, Ticker
from drawbridge.core.orders import OrderStatus
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.gateway.streaming import Gap, Told
from drawbridge.vault.model import KeyStatus
from tests.exchanges.streaming import STREAMING, private_of, topics_of
from tests.kit.stream_house import (
    BEGAN,
    LOST,
    RESUMED,
    StreamHouse,
    first,
    stream_house,
    until,
    within,
)
from tests.real_clients.pro import Watched, pro_of

every = pytest.mark.parametrize("exchange_id", STREAMING)

EVENTS: dict[TopicKind, tuple[type, ...]] = {
    TopicKind.TICKER: (Ticker,),
    TopicKind.CANDLES: (CandleTold,),
    TopicKind.BOOK: (OrderBook, BookChange),
    TopicKind.TRADES: (TradesTold,),
}
ORDERS = Topic(TopicKind.ORDERS)
DROPS = 3
EVENTS_BETWEEN = 2
LAST_DROP = DROPS * EVENTS_BETWEEN


@pytest.fixture
async def house(tmp_path: Path, exchange_id: str) -> AsyncIterator[StreamHouse]:
    async with stream_house(tmp_path, exchange_id) as it:
        yield it


@every
async def test_what_everybody_may_see_is_told_from_its_beginning(house: StreamHouse) -> None:
    topics = topics_of(house.exchange)

    async def seen(topic: Topic) -> list[Told]:
        async with aclosing(house.follow(topic)) as following:
            return await first(following, lambda told: len(told) > 3)

    told = await asyncio.gather(*(seen(topic) for topic in topics.values()))
    for kind, events in zip(topics, told, strict=True):
        assert events[0] == BEGAN
        for event in events[1:]:
            assert isinstance(event, EVENTS[kind])
            assert getattr(event, "symbol", "") == house.symbol
    candle = told[list(topics).index(TopicKind.CANDLES)][-1]
    assert isinstance(candle, CandleTold)
    assert candle.interval_ms == topics[TopicKind.CANDLES].interval_ms
    assert candle.candle.high >= candle.candle.low > 0


@every
async def test_an_order_is_told_until_it_is_filled(house: StreamHouse) -> None:
    key_id = await house.new_key()
    async with aclosing(house.streams.follow_key(key_id, ORDERS)) as following:
        assert await within(anext(following)) == BEGAN
        order = await house.buy(key_id)

        def is_filled(told: list[Told]) -> bool:
            return any(it.order.status is OrderStatus.FILLED for it in orders_in(told))

        told = await first(following, is_filled)
    own = [it for it in orders_in(told) if it.order.order_id == order.order_id]
    assert own[-1].order.filled == order.quantity
    if Watched.OWN_TRADES not in pro_of(house.exchange.id).lacks:
        fills = [it.fill for it in own if it.fill is not None]
        assert fills or await a_fill_follows(house, key_id)


def orders_in(told: list[Told]) -> list[OrderTold]:
    return [event for event in told if isinstance(event, OrderTold)]


async def a_fill_follows(house: StreamHouse, key_id: str) -> bool:
    """Tell whether a fill is told, where it comes behind the state of its order."""
    async with aclosing(house.streams.follow_key(key_id, ORDERS)) as following:
        await within(anext(following))
        await house.buy(key_id)
        await first(following, lambda told: any(it.fill is not None for it in orders_in(told)))
    return True


@every
async def test_what_an_account_has_is_told_when_it_changes(house: StreamHouse) -> None:
    if len(private_of(house.exchange)) == 1:
        # This exchange's streams do not tell it, and whoever asks hears so at once.
        with pytest.raises(DrawbridgeError, match="topic_not_told"):
            await anext(house.streams.follow_key(await house.new_key(), private_topics()[1]))
        return
    key_id = await house.new_key()
    async with aclosing(house.streams.follow_key(key_id, private_topics()[1])) as following:
        assert await within(anext(following)) == BEGAN
        await house.buy(key_id)

        def has_changed(told: list[Told]) -> bool:
            changes = (it for it in told if isinstance(it, BalancesTold) and not it.is_snapshot)
            return any(balance.total > Decimal(0) for it in changes for balance in it.balances)

        await first(following, has_changed)


def private_topics() -> tuple[Topic, Topic]:
    return ORDERS, Topic(TopicKind.BALANCES)


@every
async def test_a_connection_that_is_dropped_is_told_and_opened_again(house: StreamHouse) -> None:
    key_id, candles = await house.new_key(), topics_of(house.exchange)[TopicKind.CANDLES]
    async with (
        aclosing(house.follow(candles)) as market,
        aclosing(house.streams.follow_key(key_id, ORDERS)) as own,
    ):
        await first(market, lambda told: any(isinstance(it, CandleTold) for it in told))
        assert await within(anext(own)) == BEGAN
        house.hub.drop()
        for following in (market, own):
            told = await first(following, lambda told: RESUMED in told)
            assert [it for it in told if isinstance(it, Gap)] == [LOST, RESUMED]
        await first(market, lambda told: any(isinstance(it, CandleTold) for it in told))
        order = await house.buy(key_id)
        told = await first(own, lambda told: any(told and orders_in(told)))
        assert orders_in(told)[-1].order.order_id == order.order_id


@every
async def test_events_and_what_is_loaded_after_gaps_are_together_all_there_was(
    house: StreamHouse,
) -> None:
    consumer = Consumer(house)
    async with aclosing(house.follow(topics_of(house.exchange)[TopicKind.TRADES])) as following:
        while consumer.events < LAST_DROP + EVENTS_BETWEEN:
            told = await within(anext(following))
            await consumer.hear(told)
            is_last = consumer.events in range(EVENTS_BETWEEN, LAST_DROP + 1, EVENTS_BETWEEN)
            if is_last and isinstance(told, TradesTold):
                house.hub.drop()
    loaded = await house.trades()
    there = {_trade(it) for it in loaded if consumer.since_ms <= it.time_ms <= consumer.until_ms}
    assert len(there) > DROPS
    assert there <= consumer.seen


@dataclass
class Consumer:
    """Who loads trades over REST after every gap, and takes events as they come."""

    house: StreamHouse
    seen: set[object] = field(default_factory=set)
    events: int = 0
    since_ms: int = 0
    until_ms: int = 0

    async def hear(self, told: Told) -> None:
        """Take what the follower is told."""
        if isinstance(told, TradesTold):
            self.seen |= set(map(_trade, told.trades))
            self.until_ms = max((it.time_ms for it in told.trades), default=self.until_ms)
            self.events += 1
        elif told != LOST:
            loaded = await self.house.trades()
            self.since_ms = self.since_ms or loaded[-1].time_ms
            self.seen |= set(map(_trade, loaded))


def _trade(trade: PublicTrade) -> object:
    # Some exchanges tell no number with their streams.
    return trade.time_ms, trade.price, trade.quantity, trade.taker_buys


@every
async def test_a_key_that_is_revoked_ends_its_stream_for_good(house: StreamHouse) -> None:
    key_id = await house.new_key()
    async with aclosing(house.streams.follow_key(key_id, ORDERS)) as following:
        assert await within(anext(following)) == BEGAN
        await house.revoke(key_id)
        with pytest.raises(DrawbridgeError) as ended:
            await first(following, lambda _: False)
        assert not isinstance(ended.value, ExchangeDown)
    await until(lambda: not house.hub.connections, "the connection was closed")


@every
async def test_a_key_that_its_owner_disables_ends_its_stream(house: StreamHouse) -> None:
    key_id = await house.new_key()
    async with aclosing(house.streams.follow_key(key_id, ORDERS)) as following:
        assert await within(anext(following)) == BEGAN
        await house.change(key_id, KeyStatus.DISABLED)
        with pytest.raises(Forbidden, match="key_not_usable"):
            await first(following, lambda _: False)
    await until(lambda: not house.hub.connections, "the connection was closed")


@every
async def test_streams_are_found_below_the_exchanges_name_as_well(
    tmp_path: Path, exchange_id: str
) -> None:
    async with stream_house(tmp_path, exchange_id, below=True) as house:
        key_id, ticker = await house.new_key(), topics_of(house.exchange)[TopicKind.TICKER]
        async with (
            aclosing(house.follow(ticker)) as market,
            aclosing(house.streams.follow_key(key_id, ORDERS)) as own,
        ):
            assert await within(anext(market)) == BEGAN
            assert await within(anext(own)) == BEGAN


@every
async def test_the_last_follower_takes_the_connection_along(house: StreamHouse) -> None:
    topics = topics_of(house.exchange)
    ticker, trades = topics[TopicKind.TICKER], topics[TopicKind.TRADES]
    async with aclosing(house.follow(ticker)) as stays:
        await within(anext(stays))
        async with aclosing(house.follow(trades)) as leaves:
            await within(anext(leaves))
            await until(lambda: is_followed(house, trades), "the trades are followed")
        await until(lambda: not is_followed(house, trades), "the trades were unsubscribed from")
        assert is_followed(house, ticker)
        # Who comes back is told from a new beginning.
        async with aclosing(house.follow(trades)) as again:
            assert await within(anext(again)) == BEGAN
            await first(again, lambda told: any(isinstance(it, TradesTold) for it in told))
    await until(lambda: not house.hub.connections, "the connections were closed")


def is_followed(house: StreamHouse, topic: Topic) -> bool:
    return any((it.kind, it.symbol) == (topic.kind, topic.symbol) for it in house.hub.topics)
