"""A robot buys so much; where an exchange takes only a cost, a limit order says the same."""

from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal

import pytest

from drawbridge.catalogue.card import MarketBuys
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card, get_exchange
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side, TimeInForce
from drawbridge.trading.market_buys import as_limit, buys_by_quantity
from drawbridge.wire.codec import encode_at

NOW_MS = 1_700_000_000_000
CARRIED = [it for it in exchange_ids() if get_card(it).level >= Level.TRADED]


def _buy(exchange_id: str) -> PlaceOrder:
    market = next(iter(get_card(exchange_id).markets()))
    return PlaceOrder(
        symbol=market.symbol,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=market.quantity_step * 1_000,
        client_id="dbabcdefghij23456",
    )


@pytest.mark.parametrize("exchange_id", CARRIED)
def test_the_card_says_whether_a_quantity_can_be_bought_at_market(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    by_quantity = exchange.card.market_buys is MarketBuys.BY_QUANTITY
    refused: AbstractContextManager[object] = nullcontext()
    if not by_quantity:
        refused = pytest.raises(BadInput, match="unsupported_order")
    with refused:
        encode_at(exchange.codec, _buy(exchange_id), exchange.card.markets(), NOW_MS)


@pytest.mark.parametrize("exchange_id", CARRIED)
def test_the_limit_order_in_its_place_can_be_said_everywhere(exchange_id: str) -> None:
    exchange, order = get_exchange(exchange_id), _buy(exchange_id)
    market = exchange.card.markets().get(order.symbol)
    ask = market.price_tick * 100_003
    ticker = Ticker(order.symbol, 0, ask, ask, ZERO, ask, ZERO, ask, ask, ask, ZERO, ZERO, 0)
    limit = as_limit(order, market, ticker)
    assert (limit.type, limit.time_in_force) == (OrderType.LIMIT, TimeInForce.IOC)
    assert limit.quantity == order.quantity
    assert limit.price is not None
    assert ask * Decimal("1.02") <= limit.price <= ask * Decimal("1.02") + market.price_tick
    assert limit.price % market.price_tick == 0
    encode_at(exchange.codec, limit, exchange.card.markets(), NOW_MS)


def test_only_buying_a_quantity_at_market_is_said_in_another_way() -> None:
    buy = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, Decimal(1))
    assert buys_by_quantity(buy)
    assert not buys_by_quantity(PlaceOrder("BTC/USD", Side.SELL, OrderType.MARKET, Decimal(1)))
    limit = PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(1), Decimal(1))
    assert not buys_by_quantity(limit)
    by_cost = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, quote_quantity=Decimal(1))
    assert not buys_by_quantity(by_cost)
