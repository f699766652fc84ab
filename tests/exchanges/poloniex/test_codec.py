"""What only Poloniex's requests and answers have: flat books, silent refusals, codes inside."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import (
    BadInput,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.markets import Candle, Level, OrderBook, PublicTrade
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    CheckAccess,
    GetClosedOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTrades,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.poloniex import probe
from drawbridge.exchanges.poloniex.codec import listing
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

EXCHANGE = get_exchange("poloniex")
CODEC = EXCHANGE.codec
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000
SELL = {"symbol": "BTC_USDT", "side": "SELL", "type": "LIMIT", "quantity": "0.01", "price": "5"}
ORDER = Order(
    order_id="24993088082500007",
    client_id="mine",
    symbol="BTC/USDT",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.01"),
    price=Decimal(20_000),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
)


def view_of(method: str, path: str, query: str = "", body: object = None) -> ServerView:
    raw = b"" if body is None else orjson.dumps(body)
    request = WireRequest(method, path.encode(), query.encode(), (), raw)
    return ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)


def asked(method: str, path: str, query: str = "", body: object = None) -> Operation[Any]:
    return CODEC.decode_request(view_of(method, path, query, body))


def told(view: ServerView, result: object) -> Any:  # noqa: ANN401  JSON has no type
    operation = CODEC.decode_request(view)
    return orjson.loads(CODEC.encode_answer(operation, result, view).body)


def answer(document: object, status: int = 200) -> WireAnswer:
    return WireAnswer(status, orjson.dumps(document))


# ----------------------------------------------------------------------------------- orders
@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"type": "LIMIT_MAKER"}, {"post_only": True}),
        ({"timeInForce": "IOC"}, {"time_in_force": TimeInForce.IOC}),
        ({"accountType": "SPOT", "stpMode": "NONE"}, {}),
        ({"allowBorrow": True}, {"leverage": Decimal(1)}),
        ({"clientOrderId": "my_own-1"}, {"client_id": "my_own-1"}),
        ({"type": "MARKET", "price": None}, {"type": OrderType.MARKET, "price": None}),
        (
            {"type": "MARKET", "side": "BUY", "amount": "25", "quantity": None, "price": None},
            {
                "type": OrderType.MARKET,
                "side": Side.BUY,
                "price": None,
                "quantity": None,
                "quote_quantity": Decimal(25),
            },
        ),
    ],
)
def test_an_order_is_read(change: dict[str, Any], wanted: dict[str, Any]) -> None:
    plain = PlaceOrder("BTC/USDT", Side.SELL, OrderType.LIMIT, Decimal("0.01"), Decimal(5))
    assert asked("POST", "/orders", "", SELL | change) == replace(plain, **wanted)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"side": "BOTH"}, "side"),
        ({"type": "STOP"}, "type"),
        ({"accountType": "FUTURES"}, "accountType"),
        ({"timeInForce": "GTD"}, "timeInForce"),
        ({"clientOrderId": "no blanks"}, "clientOrderId"),
        ({"clientOrderId": "x" * 65}, "clientOrderId"),
        ({"stopPrice": "7"}, "stopPrice"),
        ({"quantity": None}, "quantity"),
        ({"side": "BUY", "type": "MARKET"}, "amount"),
    ],
)
def test_what_would_change_an_orders_meaning_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        asked("POST", "/orders", "", SELL | change)
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    "change",
    [
        {"type": OrderType.MARKET, "price": None},
        {"quote_quantity": Decimal(5)},
        {"side": Side.SELL, "type": OrderType.MARKET, "price": None, "quantity": None},
        {"dry_run": True},
        {"leverage": Decimal(2)},
        {"post_only": True, "time_in_force": TimeInForce.IOC},
    ],
)
def test_what_there_are_no_words_for_is_not_sent(change: dict[str, Any]) -> None:
    plain = PlaceOrder("BTC/USDT", Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(5))
    with pytest.raises(BadInput, match="unsupported_order"):
        CODEC.encode_request(replace(plain, **change), MARKETS)


def test_an_order_is_named_by_its_id_or_by_the_clients_own() -> None:
    assert asked("GET", "/orders/7") == GetOrder(order_id="7")
    assert asked("GET", "/orders/cid:mine", "symbol=BTC_USDT") == GetOrder(
        "BTC/USDT", client_id="mine"
    )
    assert asked("DELETE", "/orders/cid:mine") == CancelOrder(client_id="mine")
    request = CODEC.encode_request(CancelOrder("BTC/USDT", client_id="mine"), MARKETS)
    assert (request.method, request.path) == ("DELETE", b"/orders/cid:mine")
    for wrong in ("/orders/mine", "/orders/cid:"):
        with pytest.raises(BadInput):
            asked("GET", wrong)
    with pytest.raises(BadInput, match="missing_parameter"):
        CODEC.encode_request(CancelOrder("BTC/USDT"), MARKETS)
    with pytest.raises(BadInput, match="malformed"):
        CODEC.encode_request(CancelOrder(order_id="../accounts"), MARKETS)


def test_all_orders_are_cancelled_of_one_market_or_of_all() -> None:
    assert asked("DELETE", "/orders", "", {"symbols": ["ETH_BTC"]}) == CancelAllOrders("ETH/BTC")
    assert asked("DELETE", "/orders", "", {"symbols": []}) == CancelAllOrders()
    with pytest.raises(BadInput, match="malformed"):
        asked("DELETE", "/orders", "", {"symbols": ["BTC_USDT", "ETH_USDT"]})
    with pytest.raises(NotFound, match="unknown_symbol"):
        asked("DELETE", "/orders", "", {"symbols": ["AAA_BBB"]})
    rows = told(view_of("DELETE", "/orders"), (ORDER,))
    assert rows == [
        {
            "orderId": ORDER.order_id,
            "clientOrderId": "mine",
            "state": "PENDING_CANCEL",
            "code": 200,
            "message": "",
        }
    ]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "NEW"),
        ({"status": OrderStatus.CANCELLED}, "CANCELED"),
        ({"status": OrderStatus.EXPIRED, "filled": Decimal("0.001")}, "PARTIALLY_CANCELED"),
        ({"status": OrderStatus.REJECTED}, "FAILED"),
        ({"status": OrderStatus.FILLED, "filled": Decimal("0.01")}, "FILLED"),
    ],
)
def test_an_orders_state_is_a_word(change: dict[str, Any], state: str) -> None:
    row = told(view_of("GET", "/orders/7"), replace(ORDER, **change))
    assert row["state"] == state


def test_an_order_by_its_cost_has_an_amount_and_no_quantity() -> None:
    bought = replace(
        ORDER,
        type=OrderType.MARKET,
        price=None,
        quantity=Decimal("0.00125"),
        quote_quantity=Decimal(25),
        filled=Decimal("0.00125"),
        filled_quote=Decimal("24.99"),
        status=OrderStatus.FILLED,
    )
    row = told(view_of("GET", "/orders/7"), bought)
    assert (row["quantity"], row["amount"], row["price"]) == ("0", "25", "0")
    assert (row["filledQuantity"], row["filledAmount"]) == ("0.00125", "24.99")
    read = CODEC.decode_answer(GetOrder(order_id="7"), answer(row), MARKETS)
    assert (read.quote_quantity, read.price) == (Decimal(25), None)


# ------------------------------------------------------------------------------------ lists
def test_pages_are_cut_out_of_the_longest_list() -> None:
    orders = tuple(replace(ORDER, order_id=str(number)) for number in (1, 2, 3))
    rows = told(view_of("GET", "/orders/history", "limit=2"), orders)
    assert [row["id"] for row in rows] == ["3", "2"]
    whole = told(view_of("GET", "/orders/history"), orders)
    read = CODEC.decode_answer(GetClosedOrders(offset=2), answer(whole), MARKETS)
    assert [order.order_id for order in read] == ["1"]
    with pytest.raises(BadInput, match="malformed"):
        told(view_of("GET", "/orders/history", "limit=0"), orders)


def test_own_trades_may_be_asked_for_by_several_markets() -> None:
    fill = Fill(
        trade_id="7",
        order_id="1",
        client_id="mine",
        symbol="ETH/USDT",
        side=Side.SELL,
        type=OrderType.LIMIT,
        price=Decimal(5),
        quantity=Decimal(2),
        fee=Decimal("0.01"),
        fee_currency="USDT",
        is_maker=True,
        time_ms=NOW_MS,
    )
    view = view_of("GET", "/trades", "symbols=ETH_USDT,SOL_USDT")
    assert CODEC.decode_request(view) == GetOwnTrades()
    other = replace(fill, symbol="BTC/USDT", trade_id="8")
    (row,) = told(view, (fill, other))
    assert (row["symbol"], row["matchRole"], row["amount"]) == ("ETH_USDT", "MAKER", "10")
    assert asked("GET", "/orders/9/trades") == GetOwnTrades(order_id="9")


# ---------------------------------------------------------------------------------- markets
def test_a_side_of_a_book_is_one_list_of_prices_and_quantities_in_turn() -> None:
    book = OrderBook(
        symbol="BTC/USDT",
        time_ms=NOW_MS,
        sequence=1,
        bids=(Level(Decimal(5), Decimal(1)), Level(Decimal(4), Decimal(2))),
        asks=(Level(Decimal(6), Decimal(3)),),
    )
    document = told(view_of("GET", "/markets/BTC_USDT/orderBook"), book)
    assert (document["bids"], document["asks"]) == (["5", "1", "4", "2"], ["6", "3"])
    odd = {**document, "bids": ["5"]}
    with pytest.raises(OutcomeUnknown):
        CODEC.decode_answer(GetOrderBook("BTC/USDT"), answer(odd), MARKETS)
    with pytest.raises(BadInput, match="malformed"):
        asked("GET", "/markets/BTC_USDT/orderBook", "limit=7")


def test_a_candle_begins_with_its_low() -> None:
    candle = Candle(NOW_MS, *(Decimal(number) for number in (2, 4, 1, 3, 10)))
    query = "interval=MINUTE_1"
    (row,) = told(view_of("GET", "/markets/BTC_USDT/candles", query), (candle,))
    assert row[:4] == ["1", "4", "2", "3"]
    assert (row[5], row[11], row[12]) == ("10", "MINUTE_1", NOW_MS)
    for wrong, code in (("", "missing_parameter"), ("interval=MINUTE_7", "bad_interval")):
        with pytest.raises(BadInput, match=code):
            asked("GET", "/markets/BTC_USDT/candles", wrong)


def test_public_trades_are_narrowed_by_time_on_our_side() -> None:
    trades = tuple(
        PublicTrade(number, "BTC/USDT", NOW_MS + number, Decimal(5), Decimal(1), taker_buys=True)
        for number in range(4)
    )
    rows = told(view_of("GET", "/markets/BTC_USDT/trades"), trades)
    wanted = GetTrades("BTC/USDT", since_ms=NOW_MS + 1, limit=2)
    read = CODEC.decode_answer(wanted, answer(rows), MARKETS)
    assert [trade.trade_id for trade in read] == [1, 2]


def test_fees_that_no_list_tells_are_those_of_the_card() -> None:
    fees = EXCHANGE.card.fees
    assert (fees.maker, fees.taker) == (listing.FEE_MAKER, listing.FEE_TAKER)


# ----------------------------------------------------------------------------------- errors
def test_who_is_not_known_is_told_nothing() -> None:
    spoken = CODEC.write_error(EXCHANGE.errors.speak("bad_signature", {}))
    assert (spoken.status, spoken.body) == (401, b"")
    assert spoken.header(b"web-filter") == b"unauthenticated"
    raw = CODEC.read_error(spoken)
    assert raw is not None
    assert (type(EXCHANGE.errors.read(raw)), EXCHANGE.errors.read(raw).code) == (
        NotProven,
        "key_or_secret",
    )


@pytest.mark.parametrize(
    ("document", "status", "kind", "code"),
    [
        ({"code": "FORBIDDEN", "message": "Invalid API key"}, 400, NotProven, "key_or_secret"),
        ({"code": 21301, "message": "Order not found"}, 200, NotFound, "unknown_order"),
        ({"code": 21359, "message": "Order was already"}, 400, NotFound, "unknown_order_cancel"),
        ({"code": 21601, "message": "Account locked"}, 400, ExchangeRefused, "account_locked"),
        ({"code": 25010, "message": "Unauthorized"}, 400, Forbidden, "right_missing"),
        ({"code": 603, "message": "Timeout"}, 200, OutcomeUnknown, "timed_out"),
        ({"code": 21340, "message": "No order"}, 400, ExchangeDown, "maintenance"),
        ({"code": 31337, "msg": "something new"}, 400, ExchangeRefused, "refused"),
    ],
)
def test_an_error_is_read_by_its_number_whatever_the_status(
    document: object, status: int, kind: type[Exception], code: str
) -> None:
    raw = CODEC.read_error(answer(document, status))
    assert raw is not None
    error = EXCHANGE.errors.read(raw)
    assert (type(error), error.code) == (kind, code)


def test_an_answer_with_the_number_for_done_is_no_error() -> None:
    row = {"orderId": "7", "clientOrderId": "", "state": "PENDING_CANCEL", "code": 200}
    assert CODEC.read_error(answer(row)) is None
    read = CODEC.decode_answer(CancelOrder("BTC/USDT", "7"), answer(row), MARKETS)
    assert read.status is OrderStatus.CANCELLED


# ------------------------------------------------------------------------------------ rights
def test_the_probe_asks_for_nothing_that_could_move_money() -> None:
    (question,) = probe.operations()
    assert question == CheckAccess("accounts")
    request = CODEC.encode_request(question, MARKETS)
    assert (request.method, request.path) == ("GET", b"/accounts")
    assert EXCHANGE.endpoints.classify(request).access == "read"
    rights = probe.read((True,))
    assert rights.switches == {"read"}
    assert rights.untold == {"trade", "futures_trade", "withdraw"}
    told_by_card = {switch.api for switch in EXCHANGE.card.permissions}
    assert rights.switches | rights.untold == told_by_card
    with pytest.raises(NotProven):
        probe.read((NotProven("key_or_secret"),))
    with pytest.raises(OutcomeUnknown):
        probe.read((False,))
