"""Kraken's answers as they stand on the wire, and what we make of the real one's."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.core.errors import ExchangeDown, NotFound, OutcomeUnknown
from drawbridge.core.markets import Candle, Currency
from drawbridge.core.operations import (
    Balance,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    Operation,
    Placed,
    ServerTime,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.kraken import probe
from drawbridge.exchanges.kraken.codec import ids
from drawbridge.wire.http import WireAnswer
from tests.exchanges.kraken.asking import EXCHANGE, MARKETS, NOW_MS, told

ORDER = Order(
    order_id=EXCHANGE.codec.order_id(7),
    client_id="db-1",
    symbol="BTC/USD",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.001"),
    price=Decimal(20000),
    created_ms=NOW_MS - 1_877,
    updated_ms=NOW_MS - 1_877,
)
ADD = "pair=XBTUSD&type=buy&volume=0.001"


def _read(operation: Operation[Any], result: object) -> Any:  # noqa: ANN401  the operation knows
    body = orjson.dumps({"error": [], "result": result})
    return EXCHANGE.codec.decode_answer(operation, WireAnswer(200, body), MARKETS)


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        (ADD + "&ordertype=limit&price=20000", "buy 0.00100000 XBTUSD @ limit 20000.0"),
        (ADD + "&ordertype=market", "buy 0.00100000 XBTUSD @ market"),
        (
            "pair=XDGUSD&type=sell&ordertype=limit&volume=100&price=0.07",
            "sell 100.00000000 XDGUSD @ limit 0.0700000",
        ),
        (
            "pair=XETHXXBT&type=sell&ordertype=limit&volume=1.5&price=0.05",
            "sell 1.50000000 ETHXBT @ limit 0.05000",
        ),
        (
            "pair=XBTUSD&type=buy&ordertype=market&volume=25&oflags=viqc",
            "buy 25.00000000 XBTUSD @ market",
        ),
    ],
)
def test_an_order_is_told_in_one_line_of_english(parameters: str, line: str) -> None:
    assert told("AddOrder", parameters, Placed(ORDER)) == {
        "txid": [ORDER.order_id],
        "descr": {"order": line},
    }


def test_a_dry_run_is_described_and_has_no_id() -> None:
    result = told("AddOrder", ADD + "&ordertype=market&validate=True", Placed(ORDER))
    assert list(result) == ["descr"]


def test_an_order_stands_in_lists_as_kraken_writes_it() -> None:
    (row,) = told("QueryOrders", f"txid={ORDER.order_id}", ORDER).values()
    assert row["descr"] == {
        "pair": "XBTUSD",
        "aclass": "forex",
        "type": "buy",
        "ordertype": "limit",
        "price": "20000.0",
        "price2": "0",
        "leverage": "none",
        "order": "buy 0.00100000 XBTUSD @ limit 20000.0",
        "close": "",
    }
    assert (row["status"], row["cl_ord_id"], row["userref"]) == ("open", "db-1", None)
    assert (row["vol"], row["vol_exec"], row["oflags"]) == ("0.00100000", "0.00000000", "fciq")
    assert int(row["opentm"] * 1_000) == ORDER.created_ms
    assert "closetm" not in row


def test_a_price_that_is_an_average_keeps_its_digits() -> None:
    """What a client multiplies must be what was paid."""
    filled = replace(
        ORDER,
        status=OrderStatus.FILLED,
        filled=Decimal("0.001"),
        filled_quote=Decimal("19.99995"),
    )
    (row,) = told("QueryOrders", f"txid={ORDER.order_id}", filled).values()
    assert Decimal(row["price"]) * Decimal(row["vol_exec"]) == Decimal("19.99995")


def test_open_orders_are_narrowed_by_the_clients_own_id() -> None:
    orders = (ORDER, replace(ORDER, order_id="O2", client_id="userref:7"))
    assert list(told("OpenOrders", "", orders)["open"]) == [ORDER.order_id, "O2"]
    assert list(told("OpenOrders", "cl_ord_id=db-1", orders)["open"]) == [ORDER.order_id]
    (row,) = told("OpenOrders", "userref=7", orders)["open"].values()
    assert (row["userref"], row["cl_ord_id"]) == (7, None)


def test_histories_come_in_pages_of_fifty_the_latest_first() -> None:
    orders = tuple(
        replace(ORDER, order_id=f"O{n}", status=OrderStatus.CANCELLED, updated_ms=NOW_MS + n)
        for n in range(120)
    )
    result = told("ClosedOrders", "ofs=10", orders)
    assert list(result["closed"]) == [f"O{n}" for n in range(119, 69, -1)]
    assert result["count"] == 130


def test_trades_are_found_by_their_ids() -> None:
    fills = tuple(_fill(n) for n in range(3))
    wanted = f"{fills[0].trade_id},{fills[2].trade_id}"
    assert list(told("QueryTrades", f"txid={wanted}", fills)) == wanted.split(",")


def _fill(number: int) -> Fill:
    return Fill(
        trade_id=EXCHANGE.codec.trade_id(number),
        order_id=ORDER.order_id,
        client_id="",
        symbol="BTC/USD",
        side=Side.BUY,
        type=OrderType.LIMIT,
        price=Decimal(20000),
        quantity=Decimal("0.001"),
        fee=Decimal("0.05"),
        fee_currency="USD",
        is_maker=True,
        time_ms=NOW_MS + number,
    )


def test_balances_stand_under_krakens_names() -> None:
    held = (Balance("BTC", Decimal(1), Decimal("0.5")), Balance("USD", Decimal(10), Decimal(0)))
    assert told("BalanceEx", "", held) == {
        "XXBT": {"balance": "1.5000000000", "hold_trade": "0.5000000000"},
        "ZUSD": {"balance": "10.0000", "hold_trade": "0.0000"},
    }
    assert told("Balance", "", held) == {"XXBT": "1.5000000000", "ZUSD": "10.0000"}


def test_the_exchange_says_that_it_is_there_and_what_time_it_is() -> None:
    now = ServerTime(NOW_MS)
    assert told("Time", "", now) == {
        "unixtime": 1_700_000_000,
        "rfc1123": "Tue, 14 Nov 23 22:13:20 +0000",
    }
    assert told("SystemStatus", "", now) == {
        "status": "online",
        "timestamp": "2023-11-14T22:13:20Z",
    }


def test_fees_are_told_for_the_pairs_asked_for() -> None:
    result = told("TradeVolume", "pair=XBTUSD&fee-info=True", (MARKETS.get("BTC/USD"),))
    assert result["fees"] == {"XXBTZUSD": {"fee": "0.4000"}}
    assert result["fees_maker"] == {"XXBTZUSD": {"fee": "0.2500"}}


def test_assets_are_narrowed_by_any_of_their_names() -> None:
    rows = (Currency("BTC", "Bitcoin", 10), Currency("DOGE", "Dogecoin", 8))
    assert set(told("Assets", "", rows)) == {"XXBT", "XXDG"}
    assert set(told("Assets", "asset=XBT", rows)) == {"XXBT"}


def test_of_many_candles_the_latest_are_told() -> None:
    one = Decimal(1)
    rows = tuple(Candle(n * 60_000, one, one, one, one, one) for n in range(1, 901))
    result = told("OHLC", "pair=XBTUSD&since=0", rows)
    assert len(result["XXBTZUSD"]) == 720
    assert result["XXBTZUSD"][-1][0] == 54_000


# ------------------------------------------------------------------------ the real exchange's
def test_pairs_that_are_no_plain_pairs_are_left_out() -> None:
    row = {
        "altname": "ADAETH",
        "wsname": "ADA/ETH",
        "base": "ADA",
        "quote": "XETH",
        "pair_decimals": 7,
        "lot_decimals": 8,
        "fees": [[0, 0.26], [50_000, 0.24]],
        "ordermin": "1",
    }
    (market,) = _read(GetMarkets(), {"ADAETH": row, "XBTUSD:BTNL": row, "OLD.d": {}})
    assert (market.symbol, market.id) == ("ADA/ETH", "ADAETH")
    assert (market.price_tick, market.fee_taker) == (Decimal("1E-7"), Decimal("0.0026"))
    assert market.aliases == ("ADA/ETH",)


def test_an_order_that_is_left_out_of_the_answer_is_not_found() -> None:
    with pytest.raises(NotFound, match="unknown_order"):
        _read(GetOrder(order_id="OA"), {})


def test_a_cancel_of_nothing_found_nothing() -> None:
    with pytest.raises(NotFound, match="unknown_order_cancel"):
        _read(CancelOrder(order_id="OA"), {"count": 0})


def test_a_cancel_that_is_still_pending_is_not_taken_for_done() -> None:
    cancelled = _read(CancelOrder(order_id="OA"), {"count": 1, "pending": True})
    assert not cancelled.status.is_final


def test_an_order_in_a_pair_nobody_knows_leaves_the_answer_unreadable() -> None:
    rows = {"OA": {"descr": {"pair": "NOPE"}, "oflags": "", "vol_exec": "0", "vol": "1"}}
    with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
        _read(GetOpenOrders(), {"open": rows})


def test_lists_are_narrowed_to_the_pair_asked_for() -> None:
    rows = told("ClosedOrders", "", (replace(ORDER, status=OrderStatus.EXPIRED),))
    assert _read(GetClosedOrders("ETH/USD"), rows) == ()
    assert len(_read(GetClosedOrders("BTC/USD"), rows)) == 1
    trades = told("TradesHistory", "", (_fill(1), _fill(2)))
    assert _read(GetOwnTrades(order_id="OTHER"), trades) == ()
    assert _read(GetOwnTrades("BTC/USD", limit=1), trades) == (_fill(2),)


def test_candles_are_narrowed_to_the_span_asked_for() -> None:
    rows = {"XXBTZUSD": [[n * 60, "1", "1", "1", "1", "1", "1", 1] for n in range(1, 10)]}
    found = _read(GetCandles("BTC/USD", 60_000, since_ms=180_000, until_ms=420_000), rows)
    assert [row.open_time_ms // 60_000 for row in found] == [3, 4, 5, 6, 7]
    latest = _read(GetCandles("BTC/USD", 60_000, limit=2), rows)
    assert [row.open_time_ms // 60_000 for row in latest] == [8, 9]


def test_money_lent_by_the_exchange_is_not_counted() -> None:
    row = {"balance": "10", "credit": "100", "credit_used": "0", "hold_trade": "4"}
    assert _read(GetBalances(), {"ZUSD": row}) == (Balance("USD", Decimal(6), Decimal(4)),)


def test_rights_are_read_with_addresses_and_end() -> None:
    rights = _read(
        GetKeyRights(),
        {
            "apiKeyName": "one",
            "permissions": ["query-funds"],
            "validUntil": "1700000000",
            "createdTime": "1600000000",
            "ipAllowlist": ["203.0.113.7/32"],
        },
    )
    assert probe.read((rights,)) is rights
    assert rights.ip_bound
    assert (rights.created_ms, rights.expires_ms) == (1_600_000_000_000, 1_700_000_000_000)


def test_a_probe_that_failed_raises_what_it_was_told() -> None:
    with pytest.raises(ExchangeDown):
        probe.read((ExchangeDown("overloaded"),))
    with pytest.raises(OutcomeUnknown):
        probe.read(())


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b'{"error":["EService: Throttled: 1700000000"]}', "rate_limited"),
        (200, b'{"error":["EOrder:Insufficient funds","EGeneral:Other"]}', "insufficient_funds"),
        (200, b'{"error":["EAccount:Invalid permissions:XBT/USD restricted"]}', "right_missing"),
        (200, b'{"error":["EFunding:Unheard of"]}', "refused"),
        (429, b"<html>", "rate_limited"),
        (520, b"<html>", "exchange_fault"),
        (403, b"<html>", "refused"),
    ],
)
def test_errors_are_read_whoever_wrote_them(status: int, body: bytes, code: str) -> None:
    raw = EXCHANGE.codec.read_error(WireAnswer(status, body))
    assert raw is not None
    assert EXCHANGE.errors.read(raw).code == code


def test_ids_look_like_krakens_and_are_never_given_twice() -> None:
    made = {ids.order_id(number) for number in range(2_000)}
    assert len(made) == 2_000
    assert all(ids.is_order_id(text) for text in made)
    assert ids.is_trade_id(ids.trade_id(5))
    assert ids.number_of(ids.trade_id(123_456)) == 123_456
    assert ids.number_of("TCWJEG-FL4SZ") == 0
