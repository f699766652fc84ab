"""Reading Binance's requests: what is refused and how, what is understood, and no surprises.

Requests as ccxt writes them are read by the contract suite and by `tests/real_clients`; here
stand the other clients' ways and the mistakes.
"""

from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetFixed,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side, TimeInForce
from drawbridge.wire.codec import ServerView
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireRequest

EXCHANGE = get_exchange("binance")
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000
ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000"
MARKET = "symbol=BTCUSDT&side=BUY&type=MARKET"
STOP = "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.001"
KLINES = "symbol=BTCUSDT&interval=1m"


def _read(method: str, path: str, query: str = "", body: str | bytes = "") -> Operation[object]:
    raw = body if isinstance(body, bytes) else body.encode()
    request = WireRequest(method, path.encode(), query.encode(), (), raw)
    endpoint = EXCHANGE.endpoints.classify(request)
    return EXCHANGE.codec.decode_request(ServerView(endpoint, request, MARKETS, NOW_MS))


def _order(body: str) -> Operation[object]:
    return _read("POST", "/api/v3/order", "", body)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("side=BUY&type=LIMIT", "missing_parameter", "symbol"),
        ("symbol=&side=BUY&type=LIMIT", "missing_parameter", "symbol"),
        ("symbol=BTCUSDT&type=LIMIT", "missing_parameter", "side"),
        ("symbol=BTCUSDT&side=BUY", "missing_parameter", "type"),
        (ORDER.replace("BUY", "buy"), "bad_side", "side"),
        (ORDER.replace("LIMIT", "TRAILING_STOP") + "&stopPrice=1", "bad_order_type", "type"),
        (ORDER + "&stopPrice=1", "unwanted_parameter", "stopPrice"),
        (ORDER.replace("LIMIT", "STOP_LOSS_LIMIT"), "missing_parameter", "stopPrice"),
        (STOP + "&stopPrice=x", "malformed", "stopPrice"),
        (STOP + "&stopPrice=1&price=1", "unwanted_parameter", "price"),
        (STOP + "&stopPrice=1&quoteOrderQty=9", "unwanted_parameter", "quoteOrderQty"),
        (STOP + "&trailingDelta=100", "unwanted_parameter", "trailingDelta"),
        (
            STOP.replace("quantity", "quoteOrderQty") + "&stopPrice=1",
            "unwanted_parameter",
            "quoteOrderQty",
        ),
        (ORDER.replace("GTC", "GTX"), "bad_time_in_force", "timeInForce"),
        (ORDER.replace("&timeInForce=GTC", ""), "missing_parameter", "timeInForce"),
        (ORDER.replace("&price=20000", ""), "missing_parameter", "price"),
        (ORDER.replace("&quantity=0.001", ""), "missing_parameter", "quantity"),
        (ORDER + "&quoteOrderQty=5", "unwanted_parameter", "quoteOrderQty"),
        (ORDER + "&icebergQty=0.0001", "unwanted_parameter", "icebergQty"),
        (ORDER + "&of_another_version=1", "unwanted_parameter", "of_another_version"),
        (ORDER + "&trailingDelta=100", "unwanted_parameter", "trailingDelta"),
        (ORDER + "&pegPriceType=PRIMARY_PEG", "unwanted_parameter", "pegPriceType"),
        (ORDER + "&selfTradePreventionMode=NONE", "malformed", "selfTradePreventionMode"),
        (ORDER + "&newClientOrderId=" + "a" * 37, "malformed", "newClientOrderId"),
        (ORDER + "&newClientOrderId=a%26side=SELL", "malformed", "newClientOrderId"),
        (ORDER + "&side=SELL", "duplicate_parameter", "side"),
        (ORDER.replace("0.001", "-0.001"), "malformed", "quantity"),
        (ORDER.replace("0.001", "1e3"), "malformed", "quantity"),
        (ORDER.replace("0.001", "NaN"), "malformed", "quantity"),
        (ORDER.replace("0.001", "%C2%B2"), "malformed", "parameters"),
        (ORDER.replace("0.001", ""), "malformed", "quantity"),
        (ORDER.replace("0.001", "0.001 "), "malformed", "quantity"),
        (ORDER.replace("0.001", "0.123456789"), "too_precise", "quantity"),
        (ORDER.replace("20000", "1" * 11), "too_precise", "price"),
        (ORDER.replace("20000", "1" * 21), "malformed", "price"),
        (ORDER.replace("LIMIT", "LIMIT_MAKER"), "unwanted_parameter", "timeInForce"),
        (MARKET, "missing_parameter", "quantity"),
        (MARKET + "&quantity=1&quoteOrderQty=5", "unwanted_parameter", "quoteOrderQty"),
        (MARKET + "&quantity=1&price=5", "unwanted_parameter", "price"),
        (MARKET + "&quantity=1&timeInForce=IOC", "unwanted_parameter", "timeInForce"),
    ],
)
def test_an_order_that_is_wrong_is_refused_by_the_name_of_its_fault(
    body: str, code: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        _order(body)
    assert refused.value.code == code
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize("symbol", ["BTCUSD", "btcusdt", "BTC/USDT", "BTC-USDT"])
def test_a_pair_that_is_not_traded_is_not_found(symbol: str) -> None:
    with pytest.raises(NotFound) as refused:
        _order(ORDER.replace("BTCUSDT", symbol))
    assert refused.value.code == "unknown_symbol"


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("klines", "symbol=BTCUSDT", "missing_parameter"),
        ("klines", "symbol=BTCUSDT&interval=7m", "bad_interval"),
        ("klines", "symbol=BTCUSDT&interval=1M", "bad_interval"),
        ("klines", KLINES + "&timeZone=8", "malformed"),
        ("klines", KLINES + "&limit=0", "malformed"),
        ("klines", KLINES + "&limit=-1", "malformed"),
        ("klines", KLINES + "&limit=ten", "malformed"),
        ("klines", KLINES + "&startTime=1e9", "malformed"),
        ("klines", KLINES + "&startTime=" + "9" * 16, "malformed"),
        ("depth", "symbol=BTCUSDT&limit=%D9%A3", "malformed"),
        ("aggTrades", "symbol=BTCUSDT&fromId=5", "unwanted_parameter"),
        ("ticker/24hr", "type=SMALL", "malformed"),
        ("ticker/24hr", "symbols=BTCUSDT", "malformed"),
        ("ticker/24hr", "symbols=[]", "malformed"),
        ("ticker/24hr", "symbols=[5]", "malformed"),
        ("ticker/24hr", "symbols={}", "malformed"),
        ("order", "symbol=BTCUSDT", "missing_parameter"),
        ("order", "symbol=BTCUSDT&orderId=x", "malformed"),
        ("order", "symbol=BTCUSDT&orderId=" + "1" * 19, "malformed"),
        ("order", "symbol=BTCUSDT&origClientOrderId=a%20b", "malformed"),
        ("myTrades", "symbol=BTCUSDT&fromId=-1", "malformed"),
        ("allOrders", "orderId=5", "missing_parameter"),
        ("account", "&".join(f"p{number}=1" for number in range(300)), "too_many_parameters"),
    ],
)
def test_a_question_that_is_wrong_is_refused(path: str, query: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        _read("GET", f"/api/v3/{path}", query)
    assert refused.value.code == code


def test_a_cancellation_under_a_condition_is_refused() -> None:
    with pytest.raises(BadInput, match="unwanted_parameter"):
        _read("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=5&cancelRestrictions=ONLY_NEW")


def test_an_order_in_the_body_or_in_the_query_is_the_same_order() -> None:
    wanted = PlaceOrder(
        symbol="BTC/USDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        price=Decimal(20_000),
    )
    assert _order(ORDER) == wanted
    assert _read("POST", "/api/v3/order", ORDER) == wanted
    head, _, tail = ORDER.partition("&type=")
    assert _read("POST", "/api/v3/order", head, "type=" + tail) == wanted


def test_what_stands_in_query_and_body_counts_as_in_the_query() -> None:
    order = _read("POST", "/api/v3/order", "side=SELL", ORDER)
    assert isinstance(order, PlaceOrder)
    assert order.side is Side.SELL


def test_the_body_of_a_get_is_not_read() -> None:
    assert _read("GET", "/api/v3/openOrders", "", b"symbol=\xff&&&") == GetOpenOrders()


def test_zeros_behind_the_eighth_decimal_are_no_precision() -> None:
    order = _order(ORDER.replace("0.001", "0.00100000000000"))
    assert isinstance(order, PlaceOrder)
    assert order.quantity == Decimal("0.001")


def test_kinds_of_orders() -> None:
    maker = _order(ORDER.replace("LIMIT&timeInForce=GTC", "LIMIT_MAKER"))
    by_cost = _order(MARKET + "&quoteOrderQty=50.5")
    tested = _read("POST", "/api/v3/order/test", "", ORDER.replace("GTC", "FOK"))
    assert isinstance(maker, PlaceOrder)
    assert isinstance(by_cost, PlaceOrder)
    assert isinstance(tested, PlaceOrder)
    assert (maker.post_only, maker.dry_run) == (True, False)
    assert (by_cost.quantity, by_cost.quote_quantity) == (None, Decimal("50.5"))
    assert (tested.dry_run, tested.time_in_force) == (True, TimeInForce.FOK)


@pytest.mark.parametrize(
    "client_id", ["x-TKT5PX2F0000000000000001", "x-HNA2TXFJ0001", "x-MG43PCSN_a.b", "a" * 36]
)
def test_the_ids_of_known_clients_are_kept(client_id: str) -> None:
    order = _order(f"{ORDER}&newClientOrderId={client_id}")
    assert isinstance(order, PlaceOrder)
    assert order.client_id == client_id


def test_parameters_that_change_nothing_are_let_be() -> None:
    extra = "&strategyId=1&computeCommissionRates=true&selfTradePreventionMode=EXPIRE_MAKER"
    assert _order(ORDER + extra) == _order(ORDER)


@pytest.mark.parametrize(
    ("method", "path", "query", "wanted"),
    [
        ("GET", "ping", "", GetFixed(b"{}")),
        ("GET", "exchangeInfo", "", GetMarkets()),
        ("GET", "exchangeInfo", "symbol=ETHBTC", GetMarkets(("ETH/BTC",))),
        (
            "GET",
            "exchangeInfo",
            "symbols=" + quote('["BTCUSDT","ETHBTC"]'),
            GetMarkets(("BTC/USDT", "ETH/BTC")),
        ),
        ("GET", "ticker/24hr", "symbol=BTCUSDT", GetTicker("BTC/USDT")),
        ("GET", "ticker/price", "", GetTickers()),
        ("GET", "ticker/bookTicker", 'symbols=["BTCUSDT"]', GetTickers(("BTC/USDT",))),
        ("GET", "avgPrice", "symbol=BTCUSDT", GetTicker("BTC/USDT")),
        ("GET", "uiKlines", KLINES, GetCandles("BTC/USDT", 60_000, limit=500)),
        ("GET", "klines", KLINES + "&limit=9999", GetCandles("BTC/USDT", 60_000, limit=1_000)),
        ("GET", "depth", "symbol=BTCUSDT&limit=99999", GetOrderBook("BTC/USDT", 5_000)),
        ("GET", "trades", "symbol=BTCUSDT&limit=3", GetTrades("BTC/USDT", limit=3)),
        (
            "GET",
            "aggTrades",
            "symbol=BTCUSDT&startTime=1&endTime=2",
            GetTrades("BTC/USDT", since_ms=1, until_ms=2),
        ),
        ("GET", "account", "timestamp=1&omitZeroBalances=true", GetBalances()),
        ("GET", "order", "symbol=BTCUSDT&orderId=007", GetOrder("BTC/USDT", order_id="7")),
        (
            "GET",
            "order",
            "symbol=BTCUSDT&origClientOrderId=my",
            GetOrder("BTC/USDT", client_id="my"),
        ),
        ("DELETE", "order", "symbol=BTCUSDT&orderId=7", CancelOrder("BTC/USDT", order_id="7")),
        (
            "GET",
            "allOrders",
            "symbol=BTCUSDT&orderId=7&limit=3",
            GetClosedOrders("BTC/USDT", include_open=True),
        ),
        (
            "GET",
            "myTrades",
            "symbol=BTCUSDT&orderId=7&startTime=1&endTime=2&fromId=3&limit=4",
            GetOwnTrades("BTC/USDT", "7", since_ms=1, until_ms=2, from_id="3", limit=4),
        ),
    ],
)
def test_requests_are_understood(
    method: str, path: str, query: str, wanted: Operation[object]
) -> None:
    assert _read(method, f"/api/v3/{path}", query) == wanted


def test_a_cancellation_with_its_parameters_in_the_body_is_understood() -> None:
    body = "orderId=7&recvWindow=10000&symbol=BTCUSDT&timestamp=1"
    wanted = CancelOrder("BTC/USDT", order_id="7")
    assert _read("DELETE", "/api/v3/order", "", body) == wanted


_CARRIED_OUT = tuple(row for row in EXCHANGE.endpoints.rows() if row.operation)
_NAMES = (
    "symbol",
    "symbols",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "price",
    "quoteOrderQty",
    "newClientOrderId",
    "orderId",
    "origClientOrderId",
    "interval",
    "limit",
    "startTime",
    "endTime",
    "fromId",
    "recvWindow",
)
_LIKELY = (
    "BTCUSDT",
    '["BTCUSDT"]',
    "BUY",
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "GTC",
    "0.001",
    "20000",
    "1m",
    "5",
    "[[[[",
    "1e999",
    "٣",
)
_PIECES = st.tuples(
    st.sampled_from(_NAMES) | st.text(max_size=5),
    st.sampled_from(_LIKELY) | st.text(max_size=12),
)


@given(row=st.sampled_from(_CARRIED_OUT), pieces=st.lists(_PIECES, max_size=12))
def test_any_parameters_are_understood_or_refused(
    row: Endpoint, pieces: list[tuple[str, str]]
) -> None:
    text = "&".join(f"{quote(name)}={quote(value)}" for name, value in pieces).encode()
    _assert_answered(row, text, b"")
    _assert_answered(row, b"", text)


@given(row=st.sampled_from(_CARRIED_OUT), query=st.binary(max_size=80), body=st.binary())
def test_any_bytes_are_understood_or_refused(row: Endpoint, query: bytes, body: bytes) -> None:
    _assert_answered(row, query, body)


def _assert_answered(row: Endpoint, query: bytes, body: bytes) -> None:
    request = WireRequest(row.method, row.path, query, (), body)
    try:
        EXCHANGE.codec.decode_request(ServerView(row, request, MARKETS, NOW_MS))
    except (BadInput, NotFound) as error:
        spoken = EXCHANGE.errors.speak(error.code, error.facts)
        assert EXCHANGE.codec.write_error(spoken).status == 400
        assert "{field}" not in spoken.message
    except DrawbridgeError as error:
        pytest.fail(f"{error!r} for {request}")
