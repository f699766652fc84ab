"""Reading Binance's answers: exactly what was told, or an unknown outcome."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import OutcomeUnknown
from drawbridge.core.markets import Market
from drawbridge.core.operations import (
    OPERATIONS,
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
    Operation,
    Placed,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from tests.exchanges.binance.answering import (
    EXCHANGE,
    FILL,
    MARKETS,
    NOW_MS,
    ORDER,
    PLACE,
    SYMBOL,
    TICKER,
    order_body,
    read,
    told_to,
)


def test_a_switch_that_nobody_here_knows_is_among_the_rights() -> None:
    told = {
        "ipRestrict": True,
        "createTime": 5,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableSomethingNew": True,
    }
    rights = read(GetKeyRights(), told)
    assert rights.switches == {"enableReading", "enableSomethingNew"}
    assert rights.ip_bound is True


def test_past_orders_are_read_without_the_open_ones_unless_wanted() -> None:
    rows = told_to("GET", "/api/v3/allOrders", (ORDER,), "symbol=BTCUSDT")
    assert read(GetClosedOrders(SYMBOL), rows) == ()
    assert read(GetClosedOrders(SYMBOL, include_open=True), rows) == (ORDER,)


def test_tickers_of_unknown_pairs_are_passed_over() -> None:
    rows = told_to("GET", "/api/v3/ticker/24hr", (TICKER,))
    rows.append(rows[0] | {"symbol": "NEWUSDT"})
    assert read(GetTickers(), rows) == (TICKER,)


@pytest.mark.parametrize(
    ("word", "status"),
    [("EXPIRED_IN_MATCH", OrderStatus.EXPIRED), ("PENDING_NEW", OrderStatus.OPEN)],
)
def test_states_that_only_the_real_exchange_tells_are_read(word: str, status: OrderStatus) -> None:
    row = told_to("GET", "/api/v3/order", ORDER, "symbol=BTCUSDT&orderId=28")
    assert read(GetOrder(SYMBOL, "28"), row | {"status": word}).status is status


def test_fees_in_two_currencies_stay_with_the_fills() -> None:
    filled = (FILL, replace(FILL, trade_id="57", fee_currency="BNB"))
    told = told_to("POST", "/api/v3/order", Placed(ORDER, filled), body=order_body())
    placed = read(PLACE, told)
    assert (placed.order.fee, placed.order.fee_currency) == (0, "")
    assert [fill.fee_currency for fill in placed.fills] == ["BTC", "BNB"]


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


_NOT_ASKED = frozenset({"get_fixed", "check_access", "get_stream_token", "cancel_all_orders"})
_READABLE = tuple(_operation(name) for name in OPERATIONS if name not in _NOT_ASKED)
_SAMPLES: tuple[tuple[Operation[Any], Any], ...] = (
    (PLACE, told_to("POST", "/api/v3/order", Placed(ORDER, (FILL,)), body=order_body())),
    (GetOrder(SYMBOL, "28"), told_to("GET", "/api/v3/order", ORDER, "symbol=BTCUSDT&orderId=28")),
    (
        CancelOrder(SYMBOL, "28"),
        told_to("DELETE", "/api/v3/order", ORDER, "symbol=BTCUSDT&orderId=28"),
    ),
    (GetTicker(SYMBOL), told_to("GET", "/api/v3/ticker/24hr", TICKER, "symbol=BTCUSDT")),
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
        read(operation, document)


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
            read(operation, broken)


def test_a_fixed_answer_is_passed_on() -> None:
    answer = WireAnswer(200, b'{"symbols":[]}')
    assert EXCHANGE.codec.decode_answer(GetFixed(), answer, MARKETS) == b'{"symbols":[]}'
    request = WireRequest("GET", b"/fapi/v1/exchangeInfo")
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    operation = EXCHANGE.codec.decode_request(view)
    assert EXCHANGE.codec.encode_answer(operation, b'{"symbols":[]}', view).body == answer.body


def test_the_fee_of_a_market_is_the_cards() -> None:
    told: tuple[Market, ...] = read(
        GetMarkets(), told_to("GET", "/api/v3/exchangeInfo", tuple(MARKETS))
    )
    assert {(market.fee_maker, market.fee_taker) for market in told} == {
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
    told = told_to("GET", "/api/v3/order", order, "symbol=BTCUSDT&orderId=28")
    assert read(GetOrder(SYMBOL, "28"), told) == order
