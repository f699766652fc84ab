"""Examples of results of Binance, and how tests have them told and read."""

from decimal import Decimal
from typing import Any

import orjson

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.markets import Ticker
from drawbridge.core.operations import (
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

EXCHANGE = get_exchange("binance")
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000
SYMBOL = "BTC/USDT"
PLACE = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id="mine",
)
ORDER = Order(
    order_id="28",
    client_id="mine",
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
)
FILL = Fill(
    trade_id="56",
    order_id="28",
    client_id="",
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    price=Decimal(20_000),
    quantity=Decimal("0.001"),
    fee=Decimal("0.000001"),
    fee_currency="BTC",
    is_maker=True,
    time_ms=NOW_MS,
)
TICKER = Ticker(
    symbol=SYMBOL,
    time_ms=NOW_MS,
    last=Decimal(110),
    bid=Decimal(109),
    bid_quantity=Decimal(1),
    ask=Decimal(111),
    ask_quantity=Decimal(2),
    open=Decimal(100),
    high=Decimal(120),
    low=Decimal(90),
    volume=Decimal(10),
    volume_quote=Decimal(1_050),
    trades=7,
)


def told_to(method: str, path: str, result: object, query: str = "", body: str = "") -> Any:  # noqa: ANN401  a JSON document
    """Answer a request with a result, and give the answer's document."""
    request = WireRequest(method, path.encode(), query.encode(), (), body.encode())
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    operation = EXCHANGE.codec.decode_request(view)
    answer = EXCHANGE.codec.encode_answer(operation, result, view)
    assert answer.status == 200
    assert (answer.header(b"content-type") or b"").startswith(b"application/json")
    return orjson.loads(answer.body)


def order_body(**changes: str) -> str:
    """Write a good order with these changes; an empty value leaves a parameter out."""
    wanted = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.001",
        "price": "20000",
    } | changes
    return "&".join(f"{name}={value}" for name, value in wanted.items() if value)


def read(operation: Operation[Any], document: object) -> Any:  # noqa: ANN401  see Operation
    """Read a document as the answer to an operation."""
    answer = WireAnswer(200, orjson.dumps(document))
    return EXCHANGE.codec.decode_answer(operation, answer, MARKETS)
