"""Looking an order up where the exchange knows it by its own id alone: through its lists."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import GetClosedOrders, GetOpenOrders, GetOrder, Operation
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.lookup import Sought, look_up
from drawbridge.wire.codec import ServerView

NOW_MS = 1_700_000_000_000
EXCHANGE = get_exchange("kraken")
MARKETS = EXCHANGE.card.markets()
SOUGHT = Sought("key_1", "BTC/USD", "dbsought", NOW_MS)
OTHER = Order(
    order_id=EXCHANGE.codec.order_id(1),
    client_id="dbother",
    symbol="ETH/USD",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.CANCELLED,
    quantity=Decimal(1),
    price=Decimal(2_000),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
    fee_currency="USD",
)


class Lists:
    """A crossing that answers from a list of orders, through the exchange's own codec."""

    def __init__(self, *orders: Order, held_for_ms: int | None = None) -> None:
        self._orders = orders
        self._held_for_ms = held_for_ms
        self.permission = self
        self.exchange_id = "kraken"

    def held_for_ms(self, key_id: str) -> int | None:
        assert key_id == SOUGHT.key_id
        return self._held_for_ms

    async def place_of(self, key_id: str) -> tuple[str, str]:
        assert key_id == SOUGHT.key_id
        return self.exchange_id, "paper"

    async def call(self, key_id: str, operation: Operation[Any], *, purpose: object) -> object:
        del key_id, purpose
        codec = EXCHANGE.codec
        request = codec.encode_request(operation, MARKETS)
        view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
        asked = codec.decode_request(view)
        return codec.decode_answer(
            operation, codec.encode_answer(asked, self._result(asked), view), MARKETS
        )

    def _result(self, asked: Operation[Any]) -> object:
        match asked:
            case GetOrder(order_id=order_id):
                return next(order for order in self._orders if order.order_id == order_id)
            case GetOpenOrders():
                return tuple(order for order in self._orders if not order.status.is_final)
            case GetClosedOrders(offset=offset):
                final = [order for order in self._orders if order.status.is_final]
                return tuple(final[: len(final) - offset])
        raise AssertionError(asked)


def _numbered(order: Order, number: int) -> Order:
    at_ms = NOW_MS + number
    return replace(
        order, order_id=EXCHANGE.codec.order_id(number), created_ms=at_ms, updated_ms=at_ms
    )


async def _found(*orders: Order, after_ms: int = 60_000) -> Order | None:
    clock = SteppedClock(NOW_MS + after_ms)
    gateway = cast("Gateway", Lists(*orders))
    return await look_up(gateway, clock, EXCHANGE.card.stamp, SOUGHT)


async def test_an_order_that_is_nowhere_never_arrived_once_that_is_certain() -> None:
    with pytest.raises(ExchangeDown, match="not_certain_yet"):
        await _found(after_ms=1)
    assert await _found() is None


BY_TIME = get_exchange("binance").card.stamp


@pytest.mark.parametrize(
    ("held_for_ms", "age_ms", "is_certain"),
    [
        (None, 10_000, False),
        # Ours from the beginning, also where our clock has run ahead of the other's.
        (10_000, 10_000, False),
        (3_999, 10_000, False),
        (4_000, 10_000, True),
        (None, 62_000, True),
        (1_000, 62_000, True),
    ],
)
async def test_what_was_meant_before_an_account_came_to_us_is_refused_once_its_claim_has_ended(
    held_for_ms: int | None, age_ms: int, *, is_certain: bool
) -> None:
    lists = Lists(held_for_ms=held_for_ms)
    lists.exchange_id = "binance"
    gateway, clock = cast("Gateway", lists), SteppedClock(NOW_MS + age_ms)
    if is_certain:
        assert await look_up(gateway, clock, BY_TIME, SOUGHT) is None
    else:
        with pytest.raises(ExchangeDown, match="not_certain_yet"):
            await look_up(gateway, clock, BY_TIME, SOUGHT)


async def test_an_open_order_is_found() -> None:
    order = replace(OTHER, client_id="dbsought", symbol="BTC/USD", status=OrderStatus.OPEN)
    assert await _found(OTHER, _numbered(order, 2)) == _numbered(order, 2)


async def test_a_past_order_is_found_behind_pages_of_other_pairs() -> None:
    mine = _numbered(replace(OTHER, client_id="dbsought", symbol="BTC/USD"), 1)
    others = [_numbered(OTHER, number) for number in range(2, 123)]
    found = await _found(mine, *others)
    assert found is not None
    assert found.order_id == mine.order_id
