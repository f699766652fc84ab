"""ccxt as referee for Kraken: for the same wish the same bytes, from them the same values.

And for each refusal of the paper exchange the class of exception that ccxt has for it.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from drawbridge.core.operations import (
    OPERATIONS,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
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
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side, TimeInForce
from tests.real_clients.ccxt_kraken import (
    CANDLES,
    CLIENT_ID,
    CLOSED,
    EXCHANGE,
    FILL,
    MARKETS,
    NOW_MS,
    ORDER,
    ORDER_ID,
    SYMBOL,
    TICKER,
    answer_to,
    as_sent,
    referee,
    refusal,
    signed,
)

Call = Callable[[Any], Any]

NAMED = {"clientOrderId": CLIENT_ID}
LIMIT = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.00100"),
    price=Decimal("20000.0"),
    client_id=CLIENT_ID,
)
MARKET = replace(LIMIT, type=OrderType.MARKET, price=None)


def _create(kind: str, side: str, price: str | None = "20000", **params: object) -> Call:
    return lambda c: c.create_order(SYMBOL, kind, side, "0.001", price, {**NAMED, **params})


WISHES: dict[str, tuple[Operation[Any], Call]] = {
    "server time": (GetServerTime(), lambda c: c.fetch_time()),
    "markets": (GetMarkets(), lambda c: c.fetch_markets()),
    "currencies": (GetCurrencies(), lambda c: c.fetch_currencies()),
    "ticker": (GetTicker(SYMBOL), lambda c: c.fetch_ticker(SYMBOL)),
    "all tickers": (GetTickers(), lambda c: c.fetch_tickers()),
    "two tickers": (
        GetTickers((SYMBOL, "ETH/BTC")),
        lambda c: c.fetch_tickers([SYMBOL, "ETH/BTC"]),
    ),
    "candles": (GetCandles(SYMBOL, 60_000), lambda c: c.fetch_ohlcv(SYMBOL, "1m")),
    "candles since": (
        GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000),
        lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000),
    ),
    "book": (GetOrderBook(SYMBOL), lambda c: c.fetch_order_book(SYMBOL)),
    "book of a depth": (GetOrderBook(SYMBOL, 10), lambda c: c.fetch_order_book(SYMBOL, 10)),
    "trades": (GetTrades(SYMBOL), lambda c: c.fetch_trades(SYMBOL)),
    "trades since": (
        GetTrades(SYMBOL, NOW_MS - 9_000, 7),
        lambda c: c.fetch_trades(SYMBOL, since=NOW_MS - 9_000, limit=7),
    ),
    "balances": (GetBalances(), lambda c: c.fetch_balance()),
    "key rights": (GetKeyRights(), lambda c: c.privatePostGetApiKeyInfo()),
    "limit order": (LIMIT, _create("limit", "buy")),
    "limit order without our id": (
        replace(LIMIT, client_id=""),
        lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000"),
    ),
    "sell": (replace(LIMIT, side=Side.SELL), _create("limit", "sell")),
    "post only": (replace(LIMIT, post_only=True), _create("limit", "buy", postOnly=True)),
    "immediate or cancel": (
        replace(LIMIT, time_in_force=TimeInForce.IOC),
        _create("limit", "buy", timeInForce="IOC"),
    ),
    "fill or kill": (
        replace(LIMIT, time_in_force=TimeInForce.FOK),
        _create("limit", "buy", timeInForce="FOK"),
    ),
    "margin": (replace(LIMIT, leverage=Decimal(2)), _create("limit", "buy", leverage=2)),
    "dry run": (replace(LIMIT, dry_run=True), _create("limit", "buy", validate=True)),
    "post only dry run": (
        replace(LIMIT, post_only=True, dry_run=True),
        _create("limit", "buy", postOnly=True, validate=True),
    ),
    "market order": (MARKET, _create("market", "buy", None)),
    "market order by cost": (
        replace(MARKET, quantity=None, quote_quantity=Decimal(25)),
        lambda c: c.create_market_buy_order_with_cost(SYMBOL, 25, NAMED),
    ),
    "cancel": (CancelOrder(SYMBOL, ORDER_ID), lambda c: c.cancel_order(ORDER_ID, SYMBOL)),
    "cancel by our id": (
        CancelOrder(SYMBOL, client_id=CLIENT_ID),
        lambda c: c.cancel_order("", SYMBOL, NAMED),
    ),
    "order": (GetOrder(SYMBOL, ORDER_ID), lambda c: c.fetch_order(ORDER_ID, SYMBOL)),
    "open orders": (GetOpenOrders(SYMBOL), lambda c: c.fetch_open_orders(SYMBOL)),
    "closed orders": (GetClosedOrders(SYMBOL), lambda c: c.fetch_closed_orders(SYMBOL)),
    "closed orders since": (
        GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000),
        lambda c: c.fetch_closed_orders(SYMBOL, since=NOW_MS - 9_000),
    ),
    "own trades": (GetOwnTrades(SYMBOL), lambda c: c.fetch_my_trades(SYMBOL)),
    "own trades of a span": (
        GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS),
        lambda c: c.fetch_my_trades(SYMBOL, since=NOW_MS - 9_000, params={"until": NOW_MS}),
    ),
    "a later page of own trades": (
        GetOwnTrades(SYMBOL, offset=50),
        lambda c: c.fetch_my_trades(SYMBOL, params={"ofs": 50}),
    ),
}


@pytest.mark.parametrize("wish", WISHES)
def test_our_request_is_byte_for_byte_that_of_ccxt(wish: str) -> None:
    operation, call = WISHES[wish]
    client, recorder = referee()
    recorder.answer = answer_to(operation).body
    call(client)
    assert recorder.seen == [as_sent(signed(operation))]


def test_every_operation_is_among_the_wishes() -> None:
    assert {type(operation) for operation, _ in WISHES.values()} == set(OPERATIONS.values()) - {
        GetFixed
    }


def _ask(operation: Operation[Any], call: Call) -> tuple[Any, Any]:
    """Let ccxt and our own client read the same bytes."""
    client, recorder = referee()
    answer = answer_to(operation)
    recorder.answer = answer.body
    return call(client), EXCHANGE.codec.decode_answer(operation, answer, MARKETS)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def test_ccxt_reads_the_rules_of_every_pair() -> None:
    theirs, ours = _ask(GetMarkets(), lambda c: c.fetch_markets())
    assert [row["symbol"] for row in theirs] == [row.symbol for row in ours]
    for row, market in zip(theirs, ours, strict=True):
        assert market == replace(MARKETS.get(market.symbol), aliases=market.aliases)
        assert (row["id"], row["base"], row["quote"]) == (market.id, market.base, market.quote)
        assert _number(row["precision"]["price"]) == market.price_tick
        assert _number(row["precision"]["amount"]) == market.quantity_step
        assert _number(row["limits"]["amount"]["min"]) == market.min_quantity
        assert _number(row["limits"]["cost"]["min"]) == market.min_notional
        assert (_number(row["maker"]), _number(row["taker"])) == (
            market.fee_maker,
            market.fee_taker,
        )


def test_ccxt_reads_the_same_currencies() -> None:
    theirs, ours = _ask(GetCurrencies(), lambda c: c.fetch_currencies())
    assert sorted(theirs) == sorted(row.code for row in ours)


def test_ccxt_reads_the_same_time() -> None:
    theirs, ours = _ask(GetServerTime(), lambda c: c.fetch_time())
    assert theirs == ours.time_ms == NOW_MS


def test_ccxt_reads_the_same_ticker() -> None:
    theirs, ours = _ask(GetTicker(SYMBOL), lambda c: c.fetch_ticker(SYMBOL))
    assert ours == TICKER
    told = {
        "last": ours.last,
        "bid": ours.bid,
        "bidVolume": ours.bid_quantity,
        "ask": ours.ask,
        "askVolume": ours.ask_quantity,
        "open": ours.open,
        "high": ours.high,
        "low": ours.low,
        "baseVolume": ours.volume,
        "quoteVolume": ours.volume_quote,
    }
    assert {name: _number(theirs[name]) for name in told} == told


def test_ccxt_reads_the_same_candles() -> None:
    theirs, ours = _ask(GetCandles(SYMBOL, 60_000), lambda c: c.fetch_ohlcv(SYMBOL, "1m"))
    assert ours == CANDLES
    assert [(row[0], *map(_number, row[1:])) for row in theirs] == [
        (c.open_time_ms, c.open, c.high, c.low, c.close, c.volume) for c in ours
    ]


def test_ccxt_reads_the_same_book() -> None:
    theirs, ours = _ask(GetOrderBook(SYMBOL), lambda c: c.fetch_order_book(SYMBOL))
    for side, levels in (("bids", ours.bids), ("asks", ours.asks)):
        assert [(_number(row[0]), _number(row[1])) for row in theirs[side]] == [
            (level.price, level.quantity) for level in levels
        ]


def test_ccxt_reads_the_same_public_trades() -> None:
    theirs, ours = _ask(GetTrades(SYMBOL), lambda c: c.fetch_trades(SYMBOL))
    (their,), (our,) = theirs, ours
    assert (int(their["id"]), their["side"]) == (our.trade_id, "sell")
    assert their["timestamp"] == our.time_ms == NOW_MS - 1_001
    assert (_number(their["price"]), _number(their["amount"])) == (our.price, our.quantity)


def test_ccxt_reads_the_same_balances() -> None:
    theirs, ours = _ask(GetBalances(), lambda c: c.fetch_balance())
    for row in ours:
        their = theirs[row.currency]
        told = (their["free"], their["used"], their["total"])
        assert tuple(map(_number, told)) == (row.free, row.held, row.total)


def test_ccxt_reads_the_order_out_of_its_line_of_english() -> None:
    theirs, ours = _ask(LIMIT, _create("limit", "buy"))
    assert theirs["id"] == ours.order.order_id == ORDER_ID
    assert (theirs["symbol"], theirs["side"], theirs["type"]) == (SYMBOL, "buy", "limit")
    assert _number(theirs["amount"]) == LIMIT.quantity
    assert _number(theirs["price"]) == LIMIT.price
    assert theirs["info"]["descr"]["order"] == "buy 0.00100000 XBTUSD @ limit 20000.0"


def test_a_dry_run_has_no_order_id() -> None:
    dry = replace(LIMIT, dry_run=True)
    theirs, ours = _ask(dry, _create("limit", "buy", validate=True))
    assert theirs["id"] is None
    assert ours.order.order_id == ""


def test_ccxt_reads_the_same_open_order() -> None:
    theirs, ours = _ask(GetOrder(SYMBOL, ORDER_ID), lambda c: c.fetch_order(ORDER_ID, SYMBOL))
    assert ours == ORDER
    assert (theirs["id"], theirs["clientOrderId"]) == (ORDER_ID, CLIENT_ID)
    assert (theirs["status"], theirs["postOnly"]) == ("open", True)
    assert theirs["timestamp"] == ORDER.created_ms
    assert _number(theirs["filled"]) == ORDER.filled
    assert _number(theirs["remaining"]) == ORDER.remaining
    assert _number(theirs["cost"]) == ORDER.filled_quote
    assert _number(theirs["average"]) == ORDER.average_price
    assert theirs["fee"]["currency"] == "USD"
    assert _number(theirs["fee"]["cost"]) == ORDER.fee
    assert [trade["id"] for trade in theirs["trades"]] == list(ORDER.trade_ids)


def test_ccxt_reads_the_same_open_orders() -> None:
    theirs, ours = _ask(GetOpenOrders(SYMBOL), lambda c: c.fetch_open_orders(SYMBOL))
    assert [row["id"] for row in theirs] == [row.order_id for row in ours] == [ORDER_ID]


def test_ccxt_reads_the_same_closed_orders() -> None:
    theirs, ours = _ask(GetClosedOrders(), lambda c: c.fetch_closed_orders())
    assert ours == (CLOSED,)
    assert (theirs[0]["symbol"], theirs[0]["status"]) == ("DOGE/USD", "closed")
    assert _number(theirs[0]["cost"]) == CLOSED.filled_quote
    assert theirs[0]["lastUpdateTimestamp"] == CLOSED.updated_ms


def test_ccxt_reads_the_same_own_trades() -> None:
    theirs, ours = _ask(GetOwnTrades(SYMBOL), lambda c: c.fetch_my_trades(SYMBOL))
    assert ours == (FILL,)
    (their,) = theirs
    assert (their["id"], their["order"]) == (FILL.trade_id, FILL.order_id)
    assert (their["takerOrMaker"], their["timestamp"]) == ("maker", FILL.time_ms)
    assert _number(their["price"]) == FILL.price
    assert _number(their["amount"]) == FILL.quantity
    assert _number(their["cost"]) == FILL.quote_quantity
    assert (_number(their["fee"]["cost"]), their["fee"]["currency"]) == (FILL.fee, "USD")


REFUSALS: dict[str, type[Exception]] = {
    "bad_key": ccxt.AuthenticationError,
    "bad_signature": ccxt.ExchangeError,
    "used_nonce": ccxt.InvalidNonce,
    "right_missing": ccxt.PermissionDenied,
    "ip_not_allowed": ccxt.PermissionDenied,
    "too_small": ccxt.InvalidOrder,
    "insufficient_funds": ccxt.InsufficientFunds,
    "unknown_symbol": ccxt.ExchangeError,
    "malformed": ccxt.BadRequest,
    "rate_limited": ccxt.DDoSProtection,
    "banned": ccxt.DDoSProtection,
    "maintenance": ccxt.ExchangeNotAvailable,
    "overloaded": ccxt.ExchangeNotAvailable,
    "timed_out": ccxt.ExchangeNotAvailable,
    "market_closed": ccxt.OnMaintenance,
    "quantity_off_step": ccxt.InvalidOrder,
    "price_out_of_range": ccxt.InvalidOrder,
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_ccxt_raises_its_own_exception_for_a_refusal(reason: str) -> None:
    client, recorder = referee()
    recorder.answer = refusal(reason)
    with pytest.raises(REFUSALS[reason]) as raised:
        client.create_order(SYMBOL, "limit", "buy", "0.001", "20000")
    assert raised.type is REFUSALS[reason]


def test_ccxt_knows_an_order_that_is_not_there_when_it_cancels() -> None:
    client, recorder = referee()
    recorder.answer = refusal("unknown_order_cancel")
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(ORDER_ID, SYMBOL)
