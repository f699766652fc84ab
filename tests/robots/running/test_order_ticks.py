"""Order strategies that hear of each fill at once: by asking, or told by the account's stream."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.orders import Order, OrderStatus, Side
from drawbridge.core.streams import OrderTold, TopicKind
from drawbridge.gateway.streaming import Gap, GapReason
from drawbridge.robots.model import RobotStatus, held_of
from drawbridge.robots.wishes import Wish
from tests.kit.robot_bench import WISH
from tests.kit.told_streams import Heard, open_heard

CANDLES = replace(
    WISH,
    strategy="grid",
    settings={"lower": "90", "upper": "110", "lines": "5", "spacing": "arithmetic"},
)
TICKS = replace(CANDLES, trigger="tick")
LOOK_EVERY_S = 5
LOOK_ANYWAY_S = 60


@pytest_asyncio.fixture
async def heard(tmp_path: Path) -> AsyncIterator[Heard]:
    async with open_heard(tmp_path) as opened:
        yield opened


async def _begin(heard: Heard, wish: Wish = TICKS) -> None:
    """Let a grid rest at 90, 95 and 100, long before the next candle can close."""
    await heard.bench.begin(wish, closes=(104, 104, 104))
    await heard.bench.step(2)
    assert _buys(heard) == [Decimal(90), Decimal(95), Decimal(100)]


async def _wait(heard: Heard, seconds: int) -> None:
    heard.bench.exchange.clock.advance(seconds * 1_000)
    await heard.bench.runner.step()
    await heard.bench.runner.step()


async def _hear(heard: Heard, *orders: Order) -> None:
    now_ms = heard.bench.exchange.clock.now_ms()
    await heard.streams.tell(TopicKind.ORDERS, *(OrderTold(it, now_ms) for it in orders))
    await heard.run()


def _resting(heard: Heard, side: Side) -> list[Decimal]:
    orders = heard.bench.exchange.orders.values()
    return sorted(it.price or Decimal(0) for it in orders if it.side is side and _is_open(it))


def _is_open(order: Order) -> bool:
    return not order.status.is_final


def _buys(heard: Heard) -> list[Decimal]:
    return _resting(heard, Side.BUY)


def _sales(heard: Heard) -> list[Decimal]:
    return _resting(heard, Side.SELL)


def _at(heard: Heard, price: int) -> Order:
    """Give the newest order at a price, as its exchange tells it."""
    orders = heard.bench.exchange.orders.values()
    return next(it for it in reversed(orders) if it.price == price)


async def test_with_candles_a_fill_is_answered_when_a_candle_closes(heard: Heard) -> None:
    await _begin(heard, CANDLES)
    heard.bench.exchange.tell(99, closing=False)
    await _wait(heard, LOOK_EVERY_S)
    assert _sales(heard) == []

    await heard.bench.tell(104)
    assert _sales(heard) == [Decimal(105)]


async def test_with_every_price_a_fill_is_asked_for_and_answered_within_the_candle(
    heard: Heard,
) -> None:
    await _begin(heard)
    heard.bench.exchange.tell(99, closing=False)
    await _wait(heard, LOOK_EVERY_S)
    assert (_buys(heard), _sales(heard)) == ([Decimal(90), Decimal(95)], [Decimal(105)])

    heard.bench.exchange.tell(106, closing=False)
    await _wait(heard, LOOK_EVERY_S)
    assert (_buys(heard), _sales(heard)) == ([Decimal(90), Decimal(95), Decimal(100)], [])
    assert held_of(heard.bench.exchange.fills, "BTC") < Decimal("0.001")


async def test_what_the_stream_tells_is_answered_at_once(heard: Heard) -> None:
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    await heard.run()
    heard.bench.exchange.tell(99, closing=False)

    await _hear(heard, _at(heard, 100))

    assert _sales(heard) == [Decimal(105)]
    assert (await heard.bench.robot()).reason == ""


async def test_a_fill_that_is_told_twice_counts_once(heard: Heard) -> None:
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    heard.bench.exchange.tell(99, closing=False)
    filled = _at(heard, 100)
    await _hear(heard, filled, filled)
    await _hear(heard, filled)
    await _wait(heard, LOOK_ANYWAY_S)

    sales = [it for it in heard.bench.exchange.placed if it.side is Side.SELL]
    assert [it.price for it in sales] == [Decimal(105)]


async def test_an_order_that_fills_bit_by_bit_is_answered_when_it_has_ended(heard: Heard) -> None:
    """Scenario 62: what was executed of it is the position."""
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    exchange = heard.bench.exchange
    exchange.fill_share, exchange.status_told = Decimal("0.5"), OrderStatus.PARTIALLY_FILLED
    exchange.tell(99, closing=False)
    await _hear(heard, _at(heard, 100))
    assert _sales(heard) == []

    exchange.end(_at(heard, 100).client_id, OrderStatus.CANCELLED)
    await _hear(heard, _at(heard, 100))

    sale = _at(heard, 105)
    assert Decimal(0) <= exchange.fills[0].quantity - sale.quantity < Decimal("0.002")


async def test_while_the_stream_tells_the_exchange_is_asked_once_a_minute(heard: Heard) -> None:
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    await heard.run()
    heard.bench.exchange.tell(99, closing=False)  # and nobody tells it
    await _wait(heard, LOOK_EVERY_S)
    assert _sales(heard) == []

    await _wait(heard, LOOK_ANYWAY_S)
    assert _sales(heard) == [Decimal(105)]


async def test_when_the_stream_is_lost_the_exchange_is_asked_at_once(heard: Heard) -> None:
    """Scenario 47: nothing that matters rests on a stream."""
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    await heard.run()
    heard.bench.exchange.tell(99, closing=False)

    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.LOST))
    await heard.run()

    assert _sales(heard) == [Decimal(105)]


async def test_orders_of_others_are_none_of_its_business(heard: Heard) -> None:
    """Scenario 61."""
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    await heard.run()
    placed = len(heard.bench.exchange.placed)
    alike = replace(_at(heard, 100), client_id="theirs", order_id="x9")

    await _hear(heard, replace(alike, status=OrderStatus.FILLED, filled=alike.quantity))

    assert len(heard.bench.exchange.placed) == placed
    assert _buys(heard) == [Decimal(90), Decimal(95), Decimal(100)]


@pytest.mark.parametrize("told", [True, False])
async def test_a_fill_of_before_a_restart_is_answered_once_after_it(
    heard: Heard, *, told: bool
) -> None:
    """Scenario 60."""
    await _begin(heard)
    heard.bench.exchange.tell(99, closing=False)
    await heard.bench.runner.close()
    heard.streams.queues.clear()
    heard.restart()
    await heard.bench.step(1)
    if told:
        await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
        await _hear(heard, _at(heard, 100))
    await _wait(heard, LOOK_EVERY_S)

    assert _sales(heard) == [Decimal(105)]
    assert len({it.client_id for it in heard.bench.exchange.placed}) == 4


async def test_trouble_while_answering_a_fill_is_waited_for(heard: Heard) -> None:
    await _begin(heard)
    await heard.streams.tell(TopicKind.ORDERS, Gap(GapReason.BEGAN))
    await heard.run()
    heard.bench.exchange.tell(99, closing=False)
    heard.bench.exchange.place_errors = [ExchangeDown("overloaded")]
    await _hear(heard, _at(heard, 100))
    robot = await heard.bench.robot()
    assert (robot.status, robot.reason) == (RobotStatus.STARTED, "overloaded")

    await heard.bench.step(3)

    assert _sales(heard) == [Decimal(105)]
    assert (await heard.bench.robot()).reason == ""
