"""Binance's answers: what the exchange tells beyond what ccxt reads, and how answers are read.

Answers as ccxt reads them are compared in `tests/real_clients/test_binance_values.py`.
"""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import OutcomeUnknown
from drawbridge.core.markets import Market, PublicTrade, Ticker
from drawbridge.core.operations import (
    OPERATIONS,
    Balance,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    KeyRights,
    Operation,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.wire.codec import ServerView
from drawbridge.wire.errors import RawError
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


def _told(method: str, path: str, result: object, query: str = "", body: str = "") -> Any:  # noqa: ANN401  a JSON document
    """Answer a request with a result, and give the answer's document."""
    request = WireRequest(method, path.encode(), query.encode(), (), body.encode())
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    operation = EXCHANGE.codec.decode_request(view)
    answer = EXCHANGE.codec.encode_answer(operation, result, view)
    assert answer.status == 200
    assert (answer.header(b"content-type") or b"").startswith(b"application/json")
    return orjson.loads(answer.body)


def _order_body(**changes: str) -> str:
    wanted = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.001",
        "price": "20000",
    } | changes
    return "&".join(f"{name}={value}" for name, value in wanted.items() if value)


def _read(operation: Operation[Any], document: object) -> Any:  # noqa: ANN401  see Operation
    answer = WireAnswer(200, orjson.dumps(document))
    return EXCHANGE.codec.decode_answer(operation, answer, MARKETS)


def test_how_much_is_told_of_a_new_order_is_the_senders_choice() -> None:
    placed = Placed(ORDER, (FILL,))

    def told(**changes: str) -> dict[str, Any]:
        answer = _told("POST", "/api/v3/order", placed, body=_order_body(**changes))
        assert isinstance(answer, dict)
        return answer

    short = {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    assert set(told(newOrderRespType="ACK")) == short
    assert "fills" not in told(newOrderRespType="RESULT")
    assert told(newOrderRespType="FULL")["fills"] == [
        {
            "price": "20000.00000000",
            "qty": "0.00100000",
            "commission": "0.00000100",
            "commissionAsset": "BTC",
            "tradeId": 56,
        }
    ]
    assert "fills" in told()
    assert set(told(type="LIMIT_MAKER", timeInForce="")) == short


def test_an_order_is_told_with_the_fields_of_spot_and_none_of_contracts() -> None:
    told = _told("POST", "/api/v3/order", Placed(ORDER), body=_order_body())
    assert told["selfTradePreventionMode"] == "EXPIRE_MAKER"
    assert told["workingTime"] == told["transactTime"] == NOW_MS
    assert told["orderId"] == 28
    assert not {"positionSide", "cumQuote"} & set(told)


def test_a_dry_run_is_answered_with_nothing() -> None:
    assert _told("POST", "/api/v3/order/test", Placed(ORDER), body=_order_body()) == {}
    tried = replace(PLACE, dry_run=True)
    placed = _read(tried, {})
    assert (placed.order.order_id, placed.order.quantity, placed.fills) == (
        "",
        Decimal("0.001"),
        (),
    )


def test_a_cancellation_tells_its_own_id_beside_the_orders() -> None:
    cancelled = replace(ORDER, status=OrderStatus.CANCELLED)
    query = "symbol=BTCUSDT&orderId=28"
    told = _told("DELETE", "/api/v3/order", cancelled, f"{query}&newClientOrderId=end")
    assert (told["origClientOrderId"], told["clientOrderId"]) == ("mine", "end")
    assert told["status"] == "CANCELED"
    told = _told("DELETE", "/api/v3/order", cancelled, query)
    assert told["clientOrderId"] != told["origClientOrderId"] == "mine"


def test_market_orders_have_no_price_and_maybe_a_cost() -> None:
    order = replace(
        ORDER, type=OrderType.MARKET, price=None, quote_quantity=Decimal(50), quantity=Decimal(0)
    )
    told = _told("GET", "/api/v3/order", order, "symbol=BTCUSDT&orderId=28")
    assert (told["price"], told["origQuoteOrderQty"]) == ("0.00000000", "50.00000000")
    assert _read(GetOrder(SYMBOL, "28"), told) == order


def test_amounts_are_cut_and_never_rounded_up() -> None:
    balance = Balance("BTC", Decimal("0.999999999999"), Decimal("0.000000009"))
    (told,) = _told("GET", "/api/v3/account", (balance,))["balances"]
    assert (told["free"], told["locked"]) == ("0.99999999", "0.00000000")


def test_empty_balances_are_left_out_when_asked() -> None:
    balances = (
        Balance("BTC", Decimal(0), Decimal(0)),
        Balance("USDT", Decimal(0), Decimal(1)),
    )
    everything = _told("GET", "/api/v3/account", balances)
    held = _told("GET", "/api/v3/account", balances, "omitZeroBalances=true")
    assert [row["asset"] for row in everything["balances"]] == ["BTC", "USDT"]
    assert [row["asset"] for row in held["balances"]] == ["USDT"]
    assert everything["commissionRates"]["taker"] == "0.00100000"


def test_lists_of_orders_are_told_by_id_and_cut_to_what_was_asked() -> None:
    orders = tuple(replace(ORDER, order_id=str(number)) for number in (30, 9, 28))

    def ids(query: str) -> list[int]:
        told = _told("GET", "/api/v3/allOrders", orders, f"symbol=BTCUSDT{query}")
        return [row["orderId"] for row in told]

    assert ids("") == [9, 28, 30]
    assert ids("&limit=2") == [28, 30]
    assert ids("&limit=2&startTime=1") == [9, 28]
    assert ids("&orderId=10") == [28, 30]
    assert ids("&orderId=10&limit=1") == [28]


def test_own_trades_are_told_by_id_and_cut_to_what_was_asked() -> None:
    fills = tuple(replace(FILL, trade_id=str(number)) for number in (30, 9, 28))

    def ids(query: str) -> list[int]:
        told = _told("GET", "/api/v3/myTrades", fills, f"symbol=BTCUSDT{query}")
        return [row["id"] for row in told]

    assert ids("") == [9, 28, 30]
    assert ids("&limit=2") == [28, 30]
    assert ids("&limit=2&fromId=1") == [9, 28]


def test_public_trades_come_in_two_forms() -> None:
    trades = tuple(
        PublicTrade(
            trade_id=number,
            symbol=SYMBOL,
            time_ms=NOW_MS - 100 + number,
            price=Decimal(5),
            quantity=Decimal(2),
            taker_buys=True,
        )
        for number in (1, 2)
    )
    told = _told("GET", "/api/v3/trades", trades, "symbol=BTCUSDT")
    assert [(row["id"], row["quoteQty"]) for row in told] == [
        (1, "10.00000000"),
        (2, "10.00000000"),
    ]
    assert told[0]["isBuyerMaker"] is False
    told = _told("GET", "/api/v3/aggTrades", trades, "symbol=BTCUSDT")
    assert [(row["a"], row["m"]) for row in told] == [(1, False), (2, False)]


def test_one_ticker_has_a_form_for_each_endpoint() -> None:
    query = "symbol=BTCUSDT"
    day = _told("GET", "/api/v3/ticker/24hr", TICKER, query)
    assert (day["priceChange"], day["priceChangePercent"]) == ("10.00000000", "10.000")
    assert (day["weightedAvgPrice"], day["bidQty"]) == ("105.00000000", "1.00000000")
    mini = _told("GET", "/api/v3/ticker/24hr", TICKER, f"{query}&type=MINI")
    assert "bidQty" not in mini
    assert mini["lastPrice"] == "110.00000000"
    assert _told("GET", "/api/v3/ticker/price", TICKER, query) == {
        "symbol": "BTCUSDT",
        "price": "110.00000000",
    }
    assert _told("GET", "/api/v3/ticker/bookTicker", (TICKER,))[0]["askPrice"] == "111.00000000"
    average = _told("GET", "/api/v3/avgPrice", TICKER, query)
    assert (average["mins"], average["price"]) == (5, "105.00000000")


def test_a_market_without_trades_has_a_ticker_all_the_same() -> None:
    still = replace(TICKER, open=Decimal(0), volume=Decimal(0), volume_quote=Decimal(0), trades=0)
    told = _told("GET", "/api/v3/ticker/24hr", still, "symbol=BTCUSDT")
    assert (told["priceChangePercent"], told["weightedAvgPrice"]) == ("0.000", "110.00000000")


def test_pairs_are_told_with_every_rule_that_clients_look_for() -> None:
    told = _told("GET", "/api/v3/exchangeInfo", tuple(MARKETS))
    for pair in told["symbols"]:
        names = {rule["filterType"] for rule in pair["filters"]}
        assert names >= {
            "PRICE_FILTER",
            "LOT_SIZE",
            "MARKET_LOT_SIZE",
            "PERCENT_PRICE_BY_SIDE",
            "NOTIONAL",
        }
        assert pair["permissionSets"] == [["SPOT"]]
        assert set(pair["orderTypes"]) == {"LIMIT", "LIMIT_MAKER", "MARKET"}
    limits = {limit.name: limit for limit in EXCHANGE.endpoints.limits.values()}
    assert {(row["rateLimitType"], row["limit"]) for row in told["rateLimits"]} == {
        ("REQUEST_WEIGHT", limits["weight"].amount),
        ("ORDERS", limits["orders_10s"].amount),
        ("ORDERS", limits["orders_1d"].amount),
        ("RAW_REQUESTS", limits["raw"].amount),
    }


def test_a_pair_that_is_stopped_is_told_and_read_as_inactive() -> None:
    (stopped, *_) = (replace(market, active=False) for market in MARKETS)
    told = _told("GET", "/api/v3/exchangeInfo", (stopped,))
    assert told["symbols"][0]["status"] == "BREAK"
    assert _read(GetMarkets(), told) == (stopped,)


def test_rights_name_every_switch_of_the_card_and_an_end_only_where_there_is_one() -> None:
    rights = KeyRights(frozenset({"enableReading"}), ip_bound=False, created_ms=5, expires_ms=9)
    told = _told("GET", "/sapi/v1/account/apiRestrictions", rights)
    switches = {name for name, value in told.items() if isinstance(value, bool)} - {"ipRestrict"}
    assert switches == {switch.api for switch in EXCHANGE.card.permissions}
    assert told["tradingAuthorityExpirationTime"] == 9
    assert _read(GetKeyRights(), told) == rights
    endless = _told("GET", "/sapi/v1/account/apiRestrictions", replace(rights, expires_ms=None))
    assert "tradingAuthorityExpirationTime" not in endless


def test_a_switch_that_nobody_here_knows_is_among_the_rights() -> None:
    told = {
        "ipRestrict": True,
        "createTime": 5,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableSomethingNew": True,
    }
    rights = _read(GetKeyRights(), told)
    assert rights.switches == {"enableReading", "enableSomethingNew"}
    assert rights.ip_bound is True


def test_how_much_of_the_limits_is_used_is_told_in_headers() -> None:
    assert EXCHANGE.codec.limit_headers({"weight": 5, "orders_10s": 1, "raw": 7}) == (
        (b"x-mbx-used-weight", b"5"),
        (b"x-mbx-used-weight-1m", b"5"),
        (b"x-mbx-order-count-10s", b"1"),
    )


def test_past_orders_are_read_without_the_open_ones_unless_wanted() -> None:
    rows = _told("GET", "/api/v3/allOrders", (ORDER,), "symbol=BTCUSDT")
    assert _read(GetClosedOrders(SYMBOL), rows) == ()
    assert _read(GetClosedOrders(SYMBOL, include_open=True), rows) == (ORDER,)


def test_tickers_of_unknown_pairs_are_passed_over() -> None:
    rows = _told("GET", "/api/v3/ticker/24hr", (TICKER,))
    rows.append(rows[0] | {"symbol": "NEWUSDT"})
    assert _read(GetTickers(), rows) == (TICKER,)


@pytest.mark.parametrize(
    ("word", "status"),
    [("EXPIRED_IN_MATCH", OrderStatus.EXPIRED), ("PENDING_NEW", OrderStatus.OPEN)],
)
def test_states_that_only_the_real_exchange_tells_are_read(word: str, status: OrderStatus) -> None:
    row = _told("GET", "/api/v3/order", ORDER, "symbol=BTCUSDT&orderId=28")
    assert _read(GetOrder(SYMBOL, "28"), row | {"status": word}).status is status


def test_fees_in_two_currencies_stay_with_the_fills() -> None:
    filled = (FILL, replace(FILL, trade_id="57", fee_currency="BNB"))
    told = _told("POST", "/api/v3/order", Placed(ORDER, filled), body=_order_body())
    placed = _read(PLACE, told)
    assert (placed.order.fee, placed.order.fee_currency) == (0, "")
    assert [fill.fee_currency for fill in placed.fills] == ["BTC", "BNB"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (WireAnswer(200, b"{}"), None),
        (WireAnswer(200, b"[]"), None),
        (WireAnswer(200, b'{"code":200,"msg":"success"}'), None),
        (WireAnswer(200, b'{"code":-1003,"msg":"no"}'), RawError(200, "-1003", "no")),
        (WireAnswer(400, b'{"code":-1121,"msg":"Invalid symbol."}'), None),
        (WireAnswer(451, b'{"code":0,"msg":"place"}'), RawError(451, "0", "place")),
        (WireAnswer(403, b"<html>no"), RawError(403, "", "<html>no")),
        (WireAnswer(502, b"\xff"), RawError(502, "", "�")),
        (WireAnswer(500, b"[1]"), RawError(500, "", "[1]")),
        (WireAnswer(400, b'{"msg":"x"}'), RawError(400, "", '{"msg":"x"}')),
    ],
)
def test_errors_are_found_in_answers(answer: WireAnswer, wanted: RawError | None) -> None:
    if answer.status == 400 and wanted is None:
        wanted = RawError(400, "-1121", "Invalid symbol.")
    assert EXCHANGE.codec.read_error(answer) == wanted


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (RawError(400, "-2015", "x"), "key_address_or_right"),
        (RawError(401, "-2015", "x"), "key_address_or_right"),
        (RawError(400, "-2008", "x"), "bad_key"),
        (RawError(401, "-1002", "x"), "right_missing"),
        (RawError(400, "-2010", "Account has insufficient balance for …"), "insufficient_funds"),
        (RawError(400, "-2010", "Something new."), "refused"),
        (RawError(400, "-1013", "Filter failure: MIN_NOTIONAL"), "notional_too_small"),
        (RawError(400, "-1013", "Filter failure: ICEBERG_PARTS"), "refused"),
        (RawError(418, "-1003", "x"), "banned"),
        (RawError(429, "-1003", "x"), "rate_limited"),
        (RawError(429, "-1015", "x"), "rate_limited"),
        (RawError(429, "", "<html>"), "rate_limited"),
        (RawError(403, "", "<html>"), "rate_limited"),
        (RawError(451, "0", "x"), "place_restricted"),
        (RawError(400, "-1007", "x"), "timed_out"),
        (RawError(503, "-1008", "x"), "overloaded"),
        (RawError(503, "", "Unknown error, please check …"), "exchange_fault"),
        (RawError(400, "-1001", "x"), "exchange_fault"),
        (RawError(400, "-9999", "x"), "refused"),
    ],
)
def test_errors_are_read_as_reasons(raw: RawError, code: str) -> None:
    assert EXCHANGE.errors.read(raw).code == code


def _operation(name: str) -> Operation[Any]:
    examples: dict[str, Operation[Any]] = {
        "get_ticker": GetTicker(SYMBOL),
        "get_candles": GetCandles(SYMBOL, 60_000),
        "get_order_book": GetOrderBook(SYMBOL),
        "get_trades": GetTrades(SYMBOL),
        "place_order": PLACE,
        "cancel_order": CancelOrder(SYMBOL, "28"),
        "get_order": GetOrder(SYMBOL, "28"),
        "get_open_orders": GetOpenOrders(SYMBOL),
        "get_closed_orders": GetClosedOrders(SYMBOL),
        "get_own_trades": GetOwnTrades(SYMBOL),
    }
    return examples.get(name) or OPERATIONS[name]()


_READABLE = tuple(_operation(name) for name in OPERATIONS if name != "get_fixed")
_SAMPLES: tuple[tuple[Operation[Any], Any], ...] = (
    (PLACE, _told("POST", "/api/v3/order", Placed(ORDER, (FILL,)), body=_order_body())),
    (GetOrder(SYMBOL, "28"), _told("GET", "/api/v3/order", ORDER, "symbol=BTCUSDT&orderId=28")),
    (
        CancelOrder(SYMBOL, "28"),
        _told("DELETE", "/api/v3/order", ORDER, "symbol=BTCUSDT&orderId=28"),
    ),
    (GetTicker(SYMBOL), _told("GET", "/api/v3/ticker/24hr", TICKER, "symbol=BTCUSDT")),
    (GetServerTime(), {"serverTime": NOW_MS}),
)
_NOT_READ = {
    "lastQty",
    "firstId",
    "lastId",
    "openTime",
    "priceChange",
    "priceChangePercent",
    "weightedAvgPrice",
    "prevClosePrice",
    "orderListId",
    "selfTradePreventionMode",
    "stopPrice",
    "icebergQty",
    "isWorking",
    "origQuoteOrderQty",
    "workingTime",
    "time",
    "clientOrderId",
}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("operation", _READABLE, ids=lambda operation: type(operation).__name__)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[null]", b'{"symbols":[{}]}', b"\xff", b"7"]
)
def test_an_answer_that_cannot_be_understood_is_an_unknown_outcome(
    operation: Operation[Any], body: bytes
) -> None:
    with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
        EXCHANGE.codec.decode_answer(operation, WireAnswer(200, body), MARKETS)


@given(operation=st.sampled_from(_READABLE), document=_JSON)
def test_any_answer_is_understood_or_an_unknown_outcome(
    operation: Operation[Any], document: object
) -> None:
    with suppress(OutcomeUnknown):
        _read(operation, document)


@given(sample=st.sampled_from(_SAMPLES), data=st.data())
def test_one_missing_or_false_field_is_never_guessed(
    sample: tuple[Operation[Any], dict[str, Any]], data: st.DataObject
) -> None:
    operation, document = sample
    name = data.draw(st.sampled_from(sorted(set(document) - _NOT_READ)))
    false: object = data.draw(st.sampled_from([None, True, 1.5, {}, [1], "not a number"]))
    for broken in (
        {key: value for key, value in document.items() if key != name},
        document | {name: false},
    ):
        if name == "origClientOrderId" and isinstance(broken.get(name), str):
            continue
        with pytest.raises(OutcomeUnknown):
            _read(operation, broken)


def test_a_fixed_answer_is_passed_on() -> None:
    answer = WireAnswer(200, b'{"symbols":[]}')
    assert EXCHANGE.codec.decode_answer(GetFixed(), answer, MARKETS) == b'{"symbols":[]}'
    request = WireRequest("GET", b"/fapi/v1/exchangeInfo")
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    operation = EXCHANGE.codec.decode_request(view)
    assert EXCHANGE.codec.encode_answer(operation, b'{"symbols":[]}', view).body == answer.body


def test_the_fee_of_a_market_is_the_cards() -> None:
    read: tuple[Market, ...] = _read(
        GetMarkets(), _told("GET", "/api/v3/exchangeInfo", tuple(MARKETS))
    )
    assert {(market.fee_maker, market.fee_taker) for market in read} == {
        (EXCHANGE.card.fees.maker, EXCHANGE.card.fees.taker)
    }


@given(
    order=st.builds(
        Order,
        order_id=st.integers(1, 10**17).map(str),
        client_id=st.from_regex(r"[a-zA-Z0-9\-_.]{0,36}", fullmatch=True),
        symbol=st.sampled_from([market.symbol for market in MARKETS]),
        side=st.sampled_from(Side),
        type=st.just(OrderType.LIMIT),
        time_in_force=st.sampled_from(TimeInForce),
        status=st.sampled_from(OrderStatus),
        quantity=st.decimals(0, 10**9, places=8),
        price=st.decimals(0, 10**9, places=8),
        created_ms=st.integers(0, 10**14),
        updated_ms=st.integers(0, 10**14),
        filled=st.decimals(0, 10**9, places=8),
        filled_quote=st.decimals(0, 10**9, places=8),
        post_only=st.booleans(),
    )
)
def test_an_order_comes_back_as_it_was_told(order: Order) -> None:
    told = _told("GET", "/api/v3/order", order, "symbol=BTCUSDT&orderId=28")
    assert _read(GetOrder(SYMBOL, "28"), told) == order
