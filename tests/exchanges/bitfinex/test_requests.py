"""What clients send to Bitfinex, read; and what our side does not send."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, Forbidden, NotFound
from drawbridge.core.ids import client_order_id
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetTickers,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side, TimeInForce, Trigger, TriggerKind
from drawbridge.exchanges.bitfinex.codec import ids
from tests.exchanges.bitfinex.asking import CODEC, MARKETS, NOW_MS, asked

ORDER: dict[str, Any] = {
    "symbol": "tBTCUSD",
    "type": "EXCHANGE LIMIT",
    "amount": "0.01",
    "price": "20000",
}
PLAIN = PlaceOrder(
    symbol="BTC/USD",
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.01"),
    price=Decimal(20_000),
)


# ---------------------------------------------------------------------------------- client ids
@given(parts=st.lists(st.text(max_size=9), max_size=3))
def test_our_ids_travel_as_two_numbers_and_come_back(parts: list[str]) -> None:
    name = client_order_id(*parts)
    numbers = ids.encode_client_id(name)
    assert 0 <= numbers["cid"] < 2**45
    assert 0 < numbers["gid"] < 2**31
    assert ids.client_id_of(numbers["cid"], numbers["gid"]) == name


@given(cid=st.integers(0, 2**53 - 1), gid=st.none() | st.integers(1, 2**31 - 1))
def test_numbers_of_others_come_back_as_they_were(cid: int, gid: int | None) -> None:
    named = {"cid": cid} if gid is None else {"cid": cid, "gid": gid}
    assert ids.encode_client_id(ids.client_id_of(cid, gid)) == named


@pytest.mark.parametrize("text", ["my-order", "-1", "007", "9007199254740992", "1:2:3", "db"])
def test_a_text_that_no_number_stands_for_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="malformed"):
        ids.encode_client_id(text)


# ------------------------------------------------------------------------------------- orders
@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, PLAIN),
        ({"amount": 0.01, "price": 20000}, PLAIN),
        ({"amount": "-0.01"}, replace(PLAIN, side=Side.SELL)),
        ({"type": "exchange limit"}, PLAIN),
        ({"type": "EXCHANGE IOC"}, replace(PLAIN, time_in_force=TimeInForce.IOC)),
        ({"type": "EXCHANGE FOK"}, replace(PLAIN, time_in_force=TimeInForce.FOK)),
        ({"type": "EXCHANGE MARKET"}, replace(PLAIN, type=OrderType.MARKET, price=None)),
        ({"flags": 4096 | 524_288}, replace(PLAIN, post_only=True)),
        ({"type": "LIMIT", "lev": 3}, replace(PLAIN, leverage=Decimal(1))),
        ({"cid": 77, "meta": {"aff_code": "x"}}, replace(PLAIN, client_id="77")),
        (
            {"type": "EXCHANGE STOP"},
            replace(
                PLAIN,
                type=OrderType.MARKET,
                price=None,
                trigger=Trigger(TriggerKind.STOP, Decimal(20_000)),
            ),
        ),
        (
            {"type": "EXCHANGE STOP LIMIT", "price_aux_limit": "19000"},
            replace(
                PLAIN,
                price=Decimal(19_000),
                trigger=Trigger(TriggerKind.STOP, Decimal(20_000)),
            ),
        ),
    ],
)
def test_an_order_is_read(change: dict[str, Any], wanted: PlaceOrder) -> None:
    assert asked("auth/w/order/submit", ORDER | change) == wanted


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": None}, "amount"),
        ({"type": "EXCHANGE TRAILING STOP"}, "type"),
        ({"price": "-1"}, "price"),
        ({"price": None}, "price"),
        ({"flags": 64}, "flags"),
        ({"flags": 16_384}, "flags"),
        ({"tif": "2030-01-01 00:00:00"}, "tif"),
        ({"price_oco_stop": "1"}, "price_oco_stop"),
        ({"cid": 2**53}, "cid"),
        ({"cid": "mine"}, "cid"),
    ],
)
def test_what_would_change_an_orders_meaning_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        asked("auth/w/order/submit", ORDER | change)
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": None, "quote_quantity": Decimal(5)},
        {"dry_run": True},
        {"leverage": Decimal(3)},
        {"price": None},
        {"type": OrderType.MARKET, "price": None, "post_only": True},
        {"trigger": Trigger(TriggerKind.TAKE_PROFIT, Decimal(1))},
    ],
)
def test_what_there_are_no_words_for_is_not_sent(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="unsupported_order"):
        CODEC.encode_request(replace(PLAIN, **change), MARKETS)


def test_a_cancel_is_read_by_id_or_by_number_and_day() -> None:
    assert asked("auth/w/order/cancel", {"id": 5}) == CancelOrder(order_id="5")
    by_number = {"cid": 77, "cid_date": "2023-11-14"}
    assert asked("auth/w/order/cancel", by_number) == CancelOrder(client_id="77")
    for wrong in ({}, {"cid": 77}):
        with pytest.raises(BadInput, match="missing_parameter"):
            asked("auth/w/order/cancel", wrong)


def test_all_orders_are_cancelled_or_none() -> None:
    assert asked("auth/w/order/cancel/multi", {"all": 1}) == CancelAllOrders()
    for wrong in ({}, {"all": 0}, {"id": [1, 2]}, {"all": 1, "gid": 3}):
        with pytest.raises(BadInput):
            asked("auth/w/order/cancel/multi", wrong)


# -------------------------------------------------------------------------------------- lists
def test_orders_are_asked_for_all_by_market_and_by_id() -> None:
    assert asked("auth/r/orders") == GetOpenOrders()
    assert asked("auth/r/orders/tBTCUSD", b"{}") == GetOpenOrders("BTC/USD")
    assert asked("auth/r/orders", b'{"id": [7]}') == GetOrder(order_id="7")
    several = asked("auth/r/orders/tDOGE:USD", {"id": [7, 8]})
    assert several == GetClosedOrders("DOGE/USD", include_open=True)
    for wrong in ({"id": 7}, {"id": ["x"]}, {"id": [True]}):
        with pytest.raises(BadInput):
            asked("auth/r/orders", wrong)


def test_configuration_is_of_pairs_or_of_currencies() -> None:
    assert asked("conf/pub:list:pair:exchange") == GetMarkets()
    assert asked("conf/pub:list:currency,pub:map:currency:label") == GetCurrencies()


def test_candles_are_named_by_one_key() -> None:
    key = "trade:5m:tDOGE:USD"
    assert asked(f"candles/{key}/hist", None, "limit=9&start=1&sort=1") == GetCandles(
        "DOGE/USD", 300_000, since_ms=1, limit=9
    )
    assert asked(f"candles/{key}/last") == GetCandles("DOGE/USD", 300_000, limit=1)
    newest = asked(f"candles/{key}/hist", None, "limit=2&start=1")
    assert isinstance(newest, GetCandles)
    assert newest.since_ms == NOW_MS // 300_000 * 300_000 - 300_000
    for wrong, code in (("trade:2m:tBTCUSD", "bad_interval"), ("funding:1m:fUSD", "malformed")):
        with pytest.raises(BadInput, match=code):
            asked(f"candles/{wrong}/hist")


def test_books_come_in_three_lengths_and_six_precisions() -> None:
    assert asked("book/tBTCUSD/R0", None, "len=25") == GetOrderBook("BTC/USD", 25)
    assert asked("book/tBTCUSD/P2") == GetOrderBook("BTC/USD", 1_000)
    for path, query in (("book/tBTCUSD/P5", ""), ("book/tBTCUSD/R0", "len=26")):
        with pytest.raises(BadInput, match="malformed"):
            asked(path, None, query)


def test_names_of_no_market_are_passed_over_unless_there_is_no_other() -> None:
    assert asked("tickers", None, "symbols=ALL") == GetTickers()
    assert asked("tickers", None, "symbols=fUSD,tBTCUSD,tBTCUSD") == GetTickers(("BTC/USD",))
    with pytest.raises(NotFound, match="unknown_symbol"):
        asked("tickers", None, "symbols=fUSD")


def test_a_path_that_nobody_listed_is_refused() -> None:
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        asked("auth/w/order/everything")
