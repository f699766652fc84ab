"""What only OKX's requests and answers do: orders in lists, codes inside answers, averages."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Candle
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    Balance,
    GetCandles,
    GetCurrencies,
    GetOrder,
    KeyRights,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce, Trigger
from drawbridge.core.orders import TriggerKind as Kind
from drawbridge.exchanges.okx import codec
from drawbridge.wire.codec import ServerView
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer, WireRequest

EXCHANGE = get_exchange("okx")
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
    status=OrderStatus.FILLED,
    quantity=Decimal("0.03"),
    price=Decimal(65_000),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
    filled=Decimal("0.03"),
    filled_quote=Decimal("1949.99999999"),
)
WANTED = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.02"),
    price=Decimal(65_000),
    client_id="mine",
)
BODY = {
    "instId": "BTC-USDT",
    "tdMode": "cash",
    "side": "buy",
    "ordType": "limit",
    "sz": "0.02",
    "px": "65000",
    "clOrdId": "mine",
}


def _view(target: str, method: str = "GET", body: object = None) -> ServerView:
    path, _, query = target.partition("?")
    raw = b"" if body is None else orjson.dumps(body)
    request = WireRequest(method, f"/api/v5/{path}".encode(), query.encode(), (), raw)
    return ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)


def _asked(target: str, method: str = "GET", body: object = None) -> Operation[Any]:
    return codec.decode_request(_view(target, method, body))


def _told(view: ServerView, result: Any) -> Any:  # noqa: ANN401  JSON has no type
    operation = codec.decode_request(view)
    return orjson.loads(codec.encode_answer(operation, result, view).body)["data"]


# ------------------------------------------------------------------------------------- orders
def test_an_order_comes_alone_or_in_a_list_of_one() -> None:
    assert _asked("trade/order", "POST", BODY) == WANTED
    assert _asked("trade/batch-orders", "POST", [BODY]) == WANTED


@pytest.mark.parametrize("body", [[BODY, BODY], [], "x", [1], None, [None]])
def test_several_orders_or_none_at_once_are_refused(body: object) -> None:
    with pytest.raises(BadInput):
        _asked("trade/batch-orders", "POST", body)


def test_empty_fields_that_clients_send_along_mean_nothing() -> None:
    empty = dict.fromkeys(("ccy", "tag", "posSide", "reduceOnly", "tgtCcy", "stpMode", "pxUsd"), "")
    assert _asked("trade/order", "POST", {**BODY, **empty, "attachAlgoOrds": None}) == WANTED


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"tdMode": "cross"}, "tdMode"),
        ({"ccy": "USDT"}, "ccy"),
        ({"reduceOnly": True}, "reduceOnly"),
        ({"posSide": "long"}, "posSide"),
        ({"stpMode": "cancel_both"}, "stpMode"),
        ({"attachAlgoOrds": [{"slTriggerPx": "1"}]}, "attachAlgoOrds"),
        ({"ordType": "optimal_limit_ioc"}, "ordType"),
        ({"clOrdId": "my-order"}, "clOrdId"),
        ({"px": ""}, "px"),
        ({"sz": "-1"}, "sz"),
    ],
)
def test_an_order_that_would_mean_something_else_is_refused_by_name(
    changed: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        _asked("trade/order", "POST", {**BODY, **changed})
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    ("side", "told", "by_cost"),
    [
        ("buy", "", True),
        ("buy", "quote_ccy", True),
        ("buy", "base_ccy", False),
        ("sell", "", False),
        ("sell", "quote_ccy", True),
    ],
)
def test_a_market_order_to_buy_names_its_cost_unless_told_otherwise(
    side: str, told: str, *, by_cost: bool
) -> None:
    body = {**BODY, "ordType": "market", "side": side, "tgtCcy": told, "px": ""}
    asked = _asked("trade/order", "POST", body)
    assert isinstance(asked, PlaceOrder)
    assert (asked.quote_quantity is not None, asked.quantity is None) == (by_cost, by_cost)


@pytest.mark.parametrize(
    "wanted",
    [
        replace(WANTED, dry_run=True),
        replace(WANTED, leverage=Decimal(2)),
        replace(WANTED, trigger=Trigger(Kind.STOP, Decimal(1))),
        replace(WANTED, reduce_only=True),
        replace(WANTED, quantity=None),
        replace(WANTED, price=None),
        replace(WANTED, post_only=True, time_in_force=TimeInForce.IOC),
        replace(WANTED, client_id="my-order"),
    ],
)
def test_what_there_are_no_words_for_is_not_written(wanted: PlaceOrder) -> None:
    with pytest.raises(BadInput):
        codec.encode_request(wanted, MARKETS)


def test_what_was_paid_is_read_back_from_an_average_without_end() -> None:
    view = _view(f"trade/order?instId=BTC-USDT&ordId={ORDER.order_id}")
    (row,) = _told(view, ORDER)
    assert len(row["avgPx"]) > 20
    answer = codec.encode_answer(GetOrder(), ORDER, view)
    read = codec.decode_answer(GetOrder(), answer, MARKETS)
    assert read.filled_quote == ORDER.filled_quote


def test_a_fee_stands_below_zero_in_the_currency_that_was_received() -> None:
    view = _view(f"trade/order?instId=BTC-USDT&ordId={ORDER.order_id}")
    (row,) = _told(view, replace(ORDER, fee=Decimal("0.00003"), fee_currency="BTC"))
    assert (row["fee"], row["feeCcy"]) == ("-0.00003", "BTC")
    (row,) = _told(view, replace(ORDER, side=Side.SELL))
    assert (row["fee"], row["feeCcy"]) == ("0", "USDT")


def test_who_ended_an_order_is_told_beside_its_state() -> None:
    view = _view(f"trade/order?instId=BTC-USDT&ordId={ORDER.order_id}")
    for status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        answer = codec.encode_answer(GetOrder(), replace(ORDER, status=status), view)
        assert codec.decode_answer(GetOrder(), answer, MARKETS).status is status


def test_the_exchanges_own_id_goes_before_the_clients() -> None:
    both = f"trade/order?instId=BTC-USDT&clOrdId=mine&ordId={ORDER.order_id}"
    assert _asked(both) == GetOrder(SYMBOL, ORDER.order_id)
    with pytest.raises(BadInput):
        _asked("trade/order?instId=BTC-USDT")
    with pytest.raises(NotFound):
        _asked("trade/order?instId=BTC-USDT-SWAP&ordId=1")


# -------------------------------------------------------------------------------------- lists
def _many(count: int) -> tuple[Order, ...]:
    return tuple(replace(ORDER, order_id=codec.order_id(number)) for number in range(count))


def test_lists_go_on_after_an_id_and_begin_before_one() -> None:
    page = _told(_view("trade/orders-history?instType=SPOT"), _many(130))
    assert len(page) == 100
    last = page[-1]["ordId"]
    rest = _told(_view(f"trade/orders-history?instType=SPOT&after={last}"), _many(130))
    assert [row["ordId"] for row in rest] == [codec.order_id(n) for n in range(29, -1, -1)]
    first = page[0]["ordId"]
    assert _told(_view(f"trade/orders-history?instType=SPOT&before={first}"), _many(130)) == []
    assert len(_told(_view("trade/orders-history?instType=SPOT&limit=7"), _many(130))) == 7


def test_a_list_holds_only_what_was_asked_for() -> None:
    ended = (ORDER, replace(ORDER, status=OrderStatus.CANCELLED))
    target = "trade/orders-history?instType=SPOT"
    assert len(_told(_view(f"{target}&state=filled"), ended)) == 1
    assert len(_told(_view(f"{target}&state=canceled"), ended)) == 1
    assert _told(_view(f"{target}&ordType=post_only"), ended) == []
    with pytest.raises(BadInput):
        _asked("trade/orders-history")


@pytest.mark.parametrize(
    ("target", "result"),
    [
        ("public/instruments?instType=SWAP", tuple(MARKETS)),
        ("trade/orders-history?instType=SWAP", (ORDER,)),
        ("trade/orders-pending?instType=FUTURES", (ORDER,)),
        ("account/trade-fee?instType=OPTION", tuple(MARKETS)),
    ],
)
def test_there_is_nothing_but_spot(target: str, result: object) -> None:
    assert _told(_view(target), result) == []


# ------------------------------------------------------------------------------------ account
def test_balances_are_told_of_the_currencies_that_were_asked_for() -> None:
    balances = (Balance("BTC", Decimal(1), ZERO), Balance("USDT", Decimal(5), Decimal(1)))
    (row,) = _told(_view("account/balance?ccy=USDT"), balances)
    assert [(it["ccy"], it["eq"], it["frozenBal"]) for it in row["details"]] == [("USDT", "6", "1")]


def test_what_a_key_may_do_is_told_in_the_exchanges_order() -> None:
    rights = KeyRights(
        switches=frozenset({"trade", "read_only"}), ip_list=("203.0.113.7/32",), label="mine"
    )
    (row,) = _told(_view("account/config"), rights)
    assert (row["perm"], row["ip"], row["label"]) == ("read_only,trade", "203.0.113.7", "mine")


def test_a_currency_with_several_chains_is_one() -> None:
    rows = [{"ccy": "USDT", "name": "Tether", "wdTickSz": size} for size in ("6", "8", "2")]
    answer = WireAnswer(200, orjson.dumps({"code": "0", "msg": "", "data": rows}))
    (told,) = codec.decode_answer(GetCurrencies(), answer, MARKETS)
    assert (told.code, told.places) == ("USDT", 8)


# ------------------------------------------------------------------------------------- prices
def test_the_ends_of_a_span_of_candles_do_not_belong_to_it() -> None:
    asked = _asked("market/candles?instId=BTC-USDT&bar=1m&before=1699999979999&after=1700000000000")
    assert isinstance(asked, GetCandles)
    assert (asked.since_ms, asked.until_ms) == (1_699_999_980_000, 1_699_999_999_999)


def test_without_an_end_the_newest_candles_are_told() -> None:
    asked = _asked("market/candles?instId=BTC-USDT&bar=1H&before=0&limit=3")
    assert isinstance(asked, GetCandles)
    assert asked.since_ms == 1_699_999_200_000 - 2 * 3_600_000


@pytest.mark.parametrize("bar", ["1D", "6H", "1W", "1M", "1s", "7m"])
def test_candles_that_begin_in_hong_kong_are_not_carried(bar: str) -> None:
    with pytest.raises(BadInput, match="bad_interval"):
        _asked(f"market/candles?instId=BTC-USDT&bar={bar}")


def test_a_candle_tells_whether_it_is_over() -> None:
    one = Candle(NOW_MS - 60_000, *(Decimal(number) for number in (1, 4, 0, 2, 7)))
    rows = _told(
        _view("market/candles?instId=BTC-USDT&bar=1m"), (one, replace(one, open_time_ms=NOW_MS))
    )
    assert [row[-1] for row in rows] == ["0", "1"]


# ------------------------------------------------------------------------------------- errors
def test_what_an_order_is_refused_by_stands_beside_it() -> None:
    answer = codec.write_error(EXCHANGE.errors.speak("insufficient_funds", {"currency": "USDT"}))
    document = orjson.loads(answer.body)
    assert (document["code"], document["data"][0]["sCode"]) == ("1", "51008")
    raw = codec.read_error(answer)
    assert raw is not None
    assert EXCHANGE.errors.read(raw).code == "insufficient_funds"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code":"1","msg":"","data":[{"sCode":"0"},{"sCode":"51016","sMsg":"x"}]}', "51016"),
        (b'{"code":"2","msg":"","data":[{"sCode":"51400","sMsg":"x"}]}', "51400"),
        (b'{"code":"1","msg":"","data":[]}', "1"),
        (b'{"code":"1","msg":"","data":[{"sCode":7}]}', "1"),
        (b'{"code":"1","data":{}}', "1"),
        (b'{"code":50011,"msg":"x"}', "50011"),
    ],
)
def test_a_code_is_found_wherever_it_stands(body: bytes, code: str) -> None:
    raw = codec.read_error(WireAnswer(200, body))
    assert raw is not None
    assert raw.code == code


def test_a_page_that_is_not_the_exchanges_says_nothing() -> None:
    assert codec.read_error(WireAnswer(502, b"<html>")) == RawError(502, "", "")
    assert codec.read_error(WireAnswer(200, b"<html>")) is None
