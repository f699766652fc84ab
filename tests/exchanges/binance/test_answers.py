"""Binance's answers: what the exchange tells beyond what ccxt reads.

What ccxt reads is compared in `tests/real_clients/test_binance_values.py`.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.markets import PublicTrade
from drawbridge.core.operations import (
    Balance,
    GetKeyRights,
    GetMarkets,
    GetOrder,
    KeyRights,
    Placed,
)
from drawbridge.core.orders import OrderStatus, OrderType
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


def test_how_much_is_told_of_a_new_order_is_the_senders_choice() -> None:
    placed = Placed(ORDER, (FILL,))

    def told(**changes: str) -> dict[str, Any]:
        answer = told_to("POST", "/api/v3/order", placed, body=order_body(**changes))
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
    told = told_to("POST", "/api/v3/order", Placed(ORDER), body=order_body())
    assert told["selfTradePreventionMode"] == "EXPIRE_MAKER"
    assert told["workingTime"] == told["transactTime"] == NOW_MS
    assert told["orderId"] == 28
    assert not {"positionSide", "cumQuote"} & set(told)


def test_a_dry_run_is_answered_with_nothing() -> None:
    assert told_to("POST", "/api/v3/order/test", Placed(ORDER), body=order_body()) == {}
    tried = replace(PLACE, dry_run=True)
    placed = read(tried, {})
    assert (placed.order.order_id, placed.order.quantity, placed.fills) == (
        "",
        Decimal("0.001"),
        (),
    )


def test_a_cancellation_tells_its_own_id_beside_the_orders() -> None:
    cancelled = replace(ORDER, status=OrderStatus.CANCELLED)
    query = "symbol=BTCUSDT&orderId=28"
    told = told_to("DELETE", "/api/v3/order", cancelled, f"{query}&newClientOrderId=end")
    assert (told["origClientOrderId"], told["clientOrderId"]) == ("mine", "end")
    assert told["status"] == "CANCELED"
    told = told_to("DELETE", "/api/v3/order", cancelled, query)
    assert told["clientOrderId"] != told["origClientOrderId"] == "mine"


def test_market_orders_have_no_price_and_maybe_a_cost() -> None:
    order = replace(
        ORDER, type=OrderType.MARKET, price=None, quote_quantity=Decimal(50), quantity=Decimal(0)
    )
    told = told_to("GET", "/api/v3/order", order, "symbol=BTCUSDT&orderId=28")
    assert (told["price"], told["origQuoteOrderQty"]) == ("0.00000000", "50.00000000")
    assert read(GetOrder(SYMBOL, "28"), told) == order


def test_amounts_are_cut_and_never_rounded_up() -> None:
    balance = Balance("BTC", Decimal("0.999999999999"), Decimal("0.000000009"))
    (told,) = told_to("GET", "/api/v3/account", (balance,))["balances"]
    assert (told["free"], told["locked"]) == ("0.99999999", "0.00000000")


def test_empty_balances_are_left_out_when_asked() -> None:
    balances = (
        Balance("BTC", Decimal(0), Decimal(0)),
        Balance("USDT", Decimal(0), Decimal(1)),
    )
    everything = told_to("GET", "/api/v3/account", balances)
    held = told_to("GET", "/api/v3/account", balances, "omitZeroBalances=true")
    assert [row["asset"] for row in everything["balances"]] == ["BTC", "USDT"]
    assert [row["asset"] for row in held["balances"]] == ["USDT"]
    assert everything["commissionRates"]["taker"] == "0.00100000"


def test_lists_of_orders_are_told_by_id_and_cut_to_what_was_asked() -> None:
    orders = tuple(replace(ORDER, order_id=str(number)) for number in (30, 9, 28))

    def ids(query: str) -> list[int]:
        told = told_to("GET", "/api/v3/allOrders", orders, f"symbol=BTCUSDT{query}")
        return [row["orderId"] for row in told]

    assert ids("") == [9, 28, 30]
    assert ids("&limit=2") == [28, 30]
    assert ids("&limit=2&startTime=1") == [9, 28]
    assert ids("&orderId=10") == [28, 30]
    assert ids("&orderId=10&limit=1") == [28]


def test_own_trades_are_told_by_id_and_cut_to_what_was_asked() -> None:
    fills = tuple(replace(FILL, trade_id=str(number)) for number in (30, 9, 28))

    def ids(query: str) -> list[int]:
        told = told_to("GET", "/api/v3/myTrades", fills, f"symbol=BTCUSDT{query}")
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
    told = told_to("GET", "/api/v3/trades", trades, "symbol=BTCUSDT")
    assert [(row["id"], row["quoteQty"]) for row in told] == [
        (1, "10.00000000"),
        (2, "10.00000000"),
    ]
    assert told[0]["isBuyerMaker"] is False
    told = told_to("GET", "/api/v3/aggTrades", trades, "symbol=BTCUSDT")
    assert [(row["a"], row["m"]) for row in told] == [(1, False), (2, False)]


def test_one_ticker_has_a_form_for_each_endpoint() -> None:
    query = "symbol=BTCUSDT"
    day = told_to("GET", "/api/v3/ticker/24hr", TICKER, query)
    assert (day["priceChange"], day["priceChangePercent"]) == ("10.00000000", "10.000")
    assert (day["weightedAvgPrice"], day["bidQty"]) == ("105.00000000", "1.00000000")
    mini = told_to("GET", "/api/v3/ticker/24hr", TICKER, f"{query}&type=MINI")
    assert "bidQty" not in mini
    assert mini["lastPrice"] == "110.00000000"
    assert told_to("GET", "/api/v3/ticker/price", TICKER, query) == {
        "symbol": "BTCUSDT",
        "price": "110.00000000",
    }
    assert told_to("GET", "/api/v3/ticker/bookTicker", (TICKER,))[0]["askPrice"] == "111.00000000"
    average = told_to("GET", "/api/v3/avgPrice", TICKER, query)
    assert (average["mins"], average["price"]) == (5, "105.00000000")


def test_a_market_without_trades_has_a_ticker_all_the_same() -> None:
    still = replace(TICKER, open=Decimal(0), volume=Decimal(0), volume_quote=Decimal(0), trades=0)
    told = told_to("GET", "/api/v3/ticker/24hr", still, "symbol=BTCUSDT")
    assert (told["priceChangePercent"], told["weightedAvgPrice"]) == ("0.000", "110.00000000")


def test_pairs_are_told_with_every_rule_that_clients_look_for() -> None:
    told = told_to("GET", "/api/v3/exchangeInfo", tuple(MARKETS))
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
        plain, waiting = {"LIMIT", "LIMIT_MAKER", "MARKET"}, {"STOP_LOSS", "TAKE_PROFIT"}
        assert set(pair["orderTypes"]) == plain | waiting | {f"{it}_LIMIT" for it in waiting}
    limits = {limit.name: limit for limit in EXCHANGE.endpoints.limits.values()}
    assert {(row["rateLimitType"], row["limit"]) for row in told["rateLimits"]} == {
        ("REQUEST_WEIGHT", limits["weight"].amount),
        ("ORDERS", limits["orders_10s"].amount),
        ("ORDERS", limits["orders_1d"].amount),
        ("RAW_REQUESTS", limits["raw"].amount),
    }


def test_a_pair_that_is_stopped_is_told_and_read_as_inactive() -> None:
    (stopped, *_) = (replace(market, active=False) for market in MARKETS)
    told = told_to("GET", "/api/v3/exchangeInfo", (stopped,))
    assert told["symbols"][0]["status"] == "BREAK"
    assert read(GetMarkets(), told) == (stopped,)


def test_rights_name_every_switch_of_the_card_and_an_end_only_where_there_is_one() -> None:
    rights = KeyRights(frozenset({"enableReading"}), ip_bound=False, created_ms=5, expires_ms=9)
    told = told_to("GET", "/sapi/v1/account/apiRestrictions", rights)
    switches = {name for name, value in told.items() if isinstance(value, bool)} - {"ipRestrict"}
    assert switches == {switch.api for switch in EXCHANGE.card.permissions}
    assert told["tradingAuthorityExpirationTime"] == 9
    assert read(GetKeyRights(), told) == rights
    endless = told_to("GET", "/sapi/v1/account/apiRestrictions", replace(rights, expires_ms=None))
    assert "tradingAuthorityExpirationTime" not in endless


def test_how_much_of_the_limits_is_used_is_told_in_headers() -> None:
    assert EXCHANGE.codec.limit_headers({"weight": 5, "orders_10s": 1, "raw": 7}) == (
        (b"x-mbx-used-weight", b"5"),
        (b"x-mbx-used-weight-1m", b"5"),
        (b"x-mbx-order-count-10s", b"1"),
    )
