"""What only KuCoin's requests and answers do: two families of paths, pages, stops, tokens."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import BadInput
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    Balance,
    CancelOrder,
    GetClosedOrders,
    GetKeyRights,
    GetOpenOrders,
    GetOrder,
    Operation,
    Placed,
    PlaceOrder,
    StreamToken,
)
from drawbridge.core.orders import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.kucoin import codec
from drawbridge.exchanges.kucoin.codec.values import POOLS
from drawbridge.wire.codec import ServerView
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer, WireRequest

EXCHANGE = get_exchange("kucoin")
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000
SYMBOL = "BTC/USDT"
ORDER = Order(
    order_id=codec.order_id(1),
    client_id="mine",
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.02"),
    price=Decimal(65_000),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
)
WAITING = replace(ORDER, trigger=Trigger(TriggerKind.TAKE_PROFIT, Decimal(64_000)))


def _view(target: str, method: str = "GET", body: object = None, *, host: str = "") -> ServerView:
    path, _, query = target.partition("?")
    headers: Headers = ((b"host", host.encode()),) if host else ()
    raw = b"" if body is None else orjson.dumps(body)
    request = WireRequest(method, f"/api/{path}".encode(), query.encode(), headers, raw)
    return ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)


def _asked(target: str, method: str = "GET", body: object = None) -> Operation[Any]:
    return codec.decode_request(_view(target, method, body))


def _told(view: ServerView, result: Any) -> Any:  # noqa: ANN401  JSON has no type
    operation = codec.decode_request(view)
    return orjson.loads(codec.encode_answer(operation, result, view).body)["data"]


def _many(count: int) -> tuple[Order, ...]:
    ended = replace(ORDER, status=OrderStatus.FILLED, filled=ORDER.quantity)
    return tuple(
        replace(ended, order_id=codec.order_id(number), created_ms=NOW_MS + number)
        for number in range(1, count + 1)
    )


# ------------------------------------------------------------------------------------- orders
def test_both_families_of_paths_place_the_same_order() -> None:
    body = {
        "clientOid": "mine",
        "side": "buy",
        "symbol": "BTC-USDT",
        "type": "limit",
        "size": "0.02",
        "price": "65000",
        "timeInForce": "GTC",
        "postOnly": False,
        "hidden": False,
        "iceberg": False,
        "cancelAfter": -1,
        "trade_type": None,
        "remark": "x",
    }
    wanted = PlaceOrder(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.02"),
        price=Decimal(65_000),
        client_id="mine",
    )
    for path in ("v1/hf/orders", "v1/hf/orders/sync", "v1/orders"):
        assert _asked(path, "POST", body) == wanted
    for path in ("v1/hf/orders/test", "v1/orders/test"):
        assert _asked(path, "POST", body) == replace(wanted, dry_run=True)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"hidden": True}, "hidden"),
        ({"iceberg": True}, "iceberg"),
        ({"timeInForce": "GTT"}, "timeInForce"),
        ({"cancelAfter": 5}, "cancelAfter"),
        ({"stop": "loss", "stopPrice": "1"}, "stop"),
        ({"stp": "CO"}, "stp"),
        ({"tradeType": "MARGIN_TRADE"}, "tradeType"),
        ({"postOnly": True, "timeInForce": "IOC"}, "postOnly"),
        ({"size": None}, "size"),
        ({"price": None}, "price"),
        ({"side": "up"}, "side"),
        ({"clientOid": "x" * 41}, "clientOid"),
        ({"unheard": {"of": 1}}, "unheard"),
    ],
)
def test_an_order_that_would_mean_something_else_is_refused_by_name(
    changed: dict[str, object], field: str
) -> None:
    order = {"side": "buy", "symbol": "BTC-USDT", "type": "limit", "size": "1", "price": "1"}
    with pytest.raises(BadInput) as refused:
        _asked("v1/hf/orders", "POST", {**order, **changed})
    assert refused.value.facts["field"] == field


def test_a_market_order_names_a_size_or_funds_and_not_both() -> None:
    order = {"side": "buy", "symbol": "BTC-USDT", "type": "market"}
    asked = _asked("v1/hf/orders", "POST", {**order, "funds": "25"})
    assert isinstance(asked, PlaceOrder)
    assert (asked.quantity, asked.quote_quantity) == (None, Decimal(25))
    for amounts in ({}, {"funds": "25", "size": "1"}):
        with pytest.raises(BadInput):
            _asked("v1/hf/orders", "POST", {**order, **amounts})


def test_each_family_answers_in_its_own_way() -> None:
    done = replace(ORDER, status=OrderStatus.CANCELLED, filled=Decimal("0.005"))
    number = ORDER.order_id
    answers = {
        f"v1/hf/orders/{number}?symbol=BTC-USDT": {"orderId": number},
        "v1/hf/orders/client-order/mine?symbol=BTC-USDT": {"clientOid": "mine"},
        f"v1/orders/{number}": {"cancelledOrderIds": [number]},
        "v1/order/client-order/mine": {
            "cancelledOrderId": number,
            "clientOid": "mine",
            "cancelledOcoOrderIds": None,
        },
    }
    for target, answer in answers.items():
        assert _told(_view(target, "DELETE"), done) == answer
    told = _told(_view(f"v1/hf/orders/sync/{number}?symbol=BTC-USDT", "DELETE"), done)
    assert (told["dealSize"], told["canceledSize"]) == ("0.005", "0.015")


def test_placing_in_one_go_tells_what_became_of_the_order() -> None:
    view = _view(
        "v1/hf/orders/sync",
        "POST",
        {"side": "buy", "symbol": "BTC-USDT", "type": "market", "size": "0.02"},
    )
    filled = replace(ORDER, status=OrderStatus.FILLED, filled=ORDER.quantity)
    told = _told(view, Placed(filled))
    assert (told["dealSize"], told["remainSize"], told["status"]) == ("0.02", "0", "done")


def test_older_clients_ask_one_path_for_open_and_past_orders() -> None:
    assert _asked("v1/orders?status=active") == GetOpenOrders()
    assert _asked("v1/orders?status=active&symbol=BTC-USDT") == GetOpenOrders(SYMBOL)
    assert _asked("v1/orders?startAt=5") == GetClosedOrders(since_ms=5)
    with pytest.raises(BadInput):
        _asked("v1/orders?status=unheard")


def test_pages_are_cut_by_number_and_lists_go_on_after_the_last_row() -> None:
    page = _told(_view("v1/orders?pageSize=10&currentPage=3"), _many(25))
    assert (page["totalNum"], page["totalPage"], len(page["items"])) == (25, 3, 5)
    assert page["items"][-1]["id"] == codec.order_id(1)
    first = _told(_view("v1/hf/orders/done?symbol=BTC-USDT"), _many(25))
    assert len(first["items"]) == 20
    target = f"v1/hf/orders/done?symbol=BTC-USDT&lastId={first['lastId']}"
    rest = _told(_view(target), _many(25))
    assert [row["id"] for row in rest["items"]] == [codec.order_id(n) for n in range(5, 0, -1)]


def test_trades_go_on_after_the_last_one_as_well() -> None:
    fills = tuple(
        Fill(
            trade_id=codec.trade_id(number),
            order_id=ORDER.order_id,
            client_id="",
            symbol=SYMBOL,
            side=Side.BUY,
            type=OrderType.LIMIT,
            price=Decimal(65_000),
            quantity=Decimal("0.01"),
            fee=Decimal("0.65"),
            fee_currency="USDT",
            is_maker=False,
            time_ms=NOW_MS,
        )
        for number in range(1, 31)
    )
    first = _told(_view("v1/hf/fills?symbol=BTC-USDT"), fills)
    rest = _told(_view(f"v1/hf/fills?symbol=BTC-USDT&lastId={first['lastId']}"), fills)
    assert (len(first["items"]), len(rest["items"])) == (20, 10)
    assert _told(_view("v1/fills?side=sell"), fills)["totalNum"] == 30
    assert _told(_view("v1/hf/fills?symbol=BTC-USDT&side=sell"), fills)["items"] == []


def test_an_order_that_was_ended_early_is_told_as_cancelled_and_one_by_its_cost_by_its_funds() -> (
    None
):
    market = replace(
        ORDER, type=OrderType.MARKET, price=None, quantity=ZERO, quote_quantity=Decimal(25)
    )
    for status, cancelled in ((OrderStatus.EXPIRED, True), (OrderStatus.FILLED, False)):
        told = _told(
            _view(f"v1/hf/orders/{ORDER.order_id}?symbol=BTC-USDT"), replace(market, status=status)
        )
        assert (told["cancelExist"], told["active"], told["funds"]) == (cancelled, False, "25")


# -------------------------------------------------------------------------------------- stops
def test_orders_that_wait_are_listed_apart() -> None:
    both = (ORDER, replace(WAITING, order_id=codec.order_id(2)))
    waiting = _told(_view("v1/stop-order?symbol=BTC-USDT"), both)
    assert [row["id"] for row in waiting["items"]] == [codec.order_id(2)]
    assert (waiting["items"][0]["stop"], waiting["items"][0]["status"]) == ("loss", "NEW")
    active = _told(_view("v1/hf/orders/active?symbol=BTC-USDT"), both)
    assert [row["id"] for row in active] == [ORDER.order_id]
    assert _told(_view("v1/hf/orders/active/symbols"), both) == {"symbols": ["BTC-USDT"]}


@pytest.mark.parametrize(
    ("side", "word", "kind"),
    [
        ("sell", "loss", TriggerKind.STOP),
        ("sell", "entry", TriggerKind.TAKE_PROFIT),
        ("buy", "entry", TriggerKind.STOP),
        ("buy", "loss", TriggerKind.TAKE_PROFIT),
    ],
)
def test_which_way_the_price_must_come_hangs_on_the_side(
    side: str, word: str, kind: TriggerKind
) -> None:
    order = {"side": side, "symbol": "BTC-USDT", "type": "market", "size": "1"}
    asked = _asked("v1/stop-order", "POST", {**order, "stop": word, "stopPrice": "64000"})
    assert isinstance(asked, PlaceOrder)
    assert asked.trigger == Trigger(kind, Decimal(64_000))


def test_a_waiting_order_is_found_and_cancelled_by_either_id() -> None:
    number = ORDER.order_id
    assert _asked(f"v1/stop-order/{number}") == GetOrder("", number)
    named = _view("v1/stop-order/queryOrderByClientOid?clientOid=mine&symbol=BTC-USDT")
    assert codec.decode_request(named) == GetOrder(SYMBOL, "", "mine")
    assert len(_told(named, WAITING)) == 1
    own = "v1/stop-order/cancelOrderByClientOid?clientOid=mine"
    assert _asked(own, "DELETE") == CancelOrder("", "", "mine")
    assert _told(_view(own, "DELETE"), WAITING)["cancelledOrderId"] == number
    assert _told(_view(f"v1/stop-order/{number}", "DELETE"), WAITING)["cancelledOrderIds"]
    with pytest.raises(BadInput):
        _asked("v1/stop-order/cancelOrderByClientOid", "DELETE")


# ------------------------------------------------------------------------------------ account
@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("", ["trade_hf", "trade_hf"]),
        ("?type=trade", ["trade", "trade"]),
        ("?type=trade_hf&currency=BTC", ["trade_hf"]),
        ("?type=main", []),
    ],
)
def test_one_wallet_is_shown_as_the_trading_account_alone(query: str, types: list[str]) -> None:
    balances = (Balance("BTC", Decimal(1), ZERO), Balance("USDT", Decimal(5), Decimal(1)))
    assert [row["type"] for row in _told(_view(f"v1/accounts{query}"), balances)] == types


def test_switches_are_read_by_whatever_name_they_are_told() -> None:
    told = {"permission": "General, Trade,Withdrawal,FlexTransfers,Unheard", "ipWhitelist": "1.**"}
    answer = WireAnswer(200, orjson.dumps({"code": "200000", "data": told}))
    rights = codec.decode_answer(GetKeyRights(), answer, MARKETS)
    assert rights.switches == {
        *("General", "Spot", "Margin", "Futures", "Transfer", "InnerTransfer", "Unheard")
    }
    assert rights.ip_bound


# ------------------------------------------------------------------------------------- tokens
@pytest.mark.parametrize("name", ["public", "private"])
def test_a_token_leads_back_to_the_host_that_was_asked(name: str) -> None:
    view = _view(f"v1/bullet-{name}", "POST", host="127.0.0.1:8702")
    result = b"token" if name == "public" else StreamToken("token", 1)
    (server,) = _told(view, result)["instanceServers"]
    assert server["endpoint"] == "ws://127.0.0.1:8702/endpoint"
    assert server["pingInterval"] < 60_000


def test_a_token_names_the_prefix_below_which_it_was_asked_for() -> None:
    view = _view("v1/bullet-public", "POST", host="localhost:8700")
    headers = ((b"x-forwarded-prefix", b"/kucoin"), *view.request.headers)
    below = replace(view, request=replace(view.request, headers=headers))
    (server,) = _told(below, b"token")["instanceServers"]
    assert server["endpoint"] == "ws://localhost:8700/kucoin/endpoint"


def test_a_token_that_was_asked_for_over_tls_leads_to_a_socket_over_tls() -> None:
    view = _view("v1/bullet-private", "POST", host="localhost:8720")
    told = ((b"x-forwarded-prefix", b"/paper/kucoin"), (b"x-forwarded-proto", b"https"))
    headers = (*told, *view.request.headers)
    below = replace(view, request=replace(view.request, headers=headers))
    (server,) = _told(below, StreamToken("token", 1))["instanceServers"]
    assert server["endpoint"] == "wss://localhost:8720/paper/kucoin/endpoint"
    assert server["encrypt"] is True


@pytest.mark.parametrize("host", ["evil.example/x?", "a b", 'x"y', "x@y", "a\\b"])
def test_nothing_but_a_host_gets_into_the_address(host: str) -> None:
    with pytest.raises(BadInput):
        _told(_view("v1/bullet-public", "POST", host=host), b"token")


# ----------------------------------------------------------------------------- errors, limits
def test_the_firewall_speaks_in_its_own_words() -> None:
    answer = codec.write_error(EXCHANGE.errors.speak("banned", {}))
    assert (answer.status, answer.body) == (429, b"error code: 1015")
    assert codec.read_error(answer) == RawError(429, "1015", "")


def test_an_error_may_come_with_status_200() -> None:
    answer = WireAnswer(200, b'{"code":"400100","msg":"The order does not exist."}')
    raw = codec.read_error(answer)
    assert raw is not None
    assert EXCHANGE.errors.read(raw).code == "unknown_order"
    assert codec.read_error(WireAnswer(200, b'{"code":"200000","data":null}')) is None
    assert codec.read_error(WireAnswer(403, b"<html>")) == RawError(403, "", "")


def test_the_size_of_each_pool_is_that_of_the_table() -> None:
    assert {name: row.amount for name, row in EXCHANGE.endpoints.limits.items()} == dict(POOLS)
    left = dict(codec.limit_headers({"spot": 5}))
    assert left[b"gw-ratelimit-remaining"] == b"3995"
    assert codec.limit_headers({}) == ()
