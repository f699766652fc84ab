"""ccxt as referee for Binance: from the same answer bytes, our values and its values are equal.

The answers are written by the paper exchange's own encoder, so this also proves that ccxt
understands every one of them.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
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
    PlaceOrder,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side
from drawbridge.wire.codec import ServerView
from tests.real_clients.ccxt_binance import (
    EXCHANGE,
    FILL,
    KEY,
    MARKETS,
    NOW_MS,
    ORDER,
    SYMBOL,
    TICKER,
    answer_to,
    referee,
    signed,
)

LIMIT = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.003"),
    price=Decimal("20000.01"),
    client_id=ORDER.client_id,
)
STATUSES = {
    OrderStatus.OPEN: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.REJECTED: "rejected",
}


def _both(operation: Operation[Any], call: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Have both read the same bytes: ours first, then ccxt's."""
    answer = answer_to(operation)
    client, recorder = referee()
    recorder.answer = answer.body
    return EXCHANGE.codec.decode_answer(operation, answer, MARKETS), call(client)


def _same(told: object, ours: Decimal | None) -> bool:
    # A few of ccxt's numbers are floats whatever it is asked for; their text is what it read.
    return (told is None and ours is None) or Decimal(str(told)) == ours


def _assert_same_order(ours: Order, theirs: dict[str, Any]) -> None:
    assert theirs["id"] == ours.order_id
    assert theirs["symbol"] == ours.symbol
    assert theirs["side"] == ours.side.value
    assert theirs["type"] == ours.type.value
    assert theirs["postOnly"] is ours.post_only
    assert theirs["timeInForce"].lower() == ours.time_in_force.value
    assert theirs["status"] == STATUSES[ours.status]
    assert _same(theirs["amount"], ours.quantity)
    assert _same(theirs["filled"], ours.filled)
    assert _same(theirs["cost"], ours.filled_quote)
    assert _same(theirs["remaining"], ours.remaining)
    assert _same(theirs["average"], ours.average_price)
    assert theirs["timestamp"] == ours.created_ms
    if ours.price is not None:
        assert _same(theirs["price"], ours.price)


def _assert_same_fill(ours: Fill, theirs: dict[str, Any]) -> None:
    assert theirs["id"] == ours.trade_id
    assert theirs["side"] in {None, ours.side.value}
    assert _same(theirs["price"], ours.price)
    assert _same(theirs["amount"], ours.quantity)
    assert _same(theirs["fee"]["cost"], ours.fee)
    assert theirs["fee"]["currency"] == ours.fee_currency


def test_the_time() -> None:
    ours, theirs = _both(GetServerTime(), lambda c: c.fetch_time())
    assert ours.time_ms == theirs == NOW_MS


def test_markets() -> None:
    ours, theirs = _both(GetMarkets(), lambda c: c.fetch_markets())
    assert ours == tuple(MARKETS)
    for market, told in zip(ours, theirs, strict=True):
        assert told["symbol"] == market.symbol
        assert told["id"] == market.id
        assert told["spot"]
        assert told["active"]
        assert _same(told["precision"]["price"], market.price_tick)
        assert _same(told["precision"]["amount"], market.quantity_step)
        assert _same(told["limits"]["amount"]["min"], market.min_quantity)
        assert _same(told["limits"]["cost"]["min"], market.min_notional)
        assert _same(told["taker"], market.fee_taker)


def test_currencies() -> None:
    ours, theirs = _both(GetCurrencies(), lambda c: c.fetch_currencies())
    for currency in ours:
        assert theirs[currency.code]["name"] == currency.name
        assert _same(theirs[currency.code]["precision"], Decimal(1).scaleb(-currency.places))


@pytest.mark.parametrize("many", [False, True])
def test_tickers(many: bool) -> None:  # noqa: FBT001  a parameter of the test
    if many:
        (ours,), all_of_theirs = _both(GetTickers(), lambda c: c.fetch_tickers())
        theirs = all_of_theirs[SYMBOL]
    else:
        ours, theirs = _both(GetTicker(SYMBOL), lambda c: c.fetch_ticker(SYMBOL))
    assert ours == TICKER
    assert theirs["timestamp"] == ours.time_ms
    for name, value in {
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
        "change": ours.last - ours.open,
    }.items():
        assert _same(theirs[name], value), name


def test_candles() -> None:
    ours, theirs = _both(GetCandles(SYMBOL, 60_000), lambda c: c.fetch_ohlcv(SYMBOL, "1m"))
    assert len(ours) == 3
    for candle, told in zip(ours, theirs, strict=True):
        values = (candle.open, candle.high, candle.low, candle.close, candle.volume)
        assert told[0] == candle.open_time_ms
        assert all(_same(text, value) for text, value in zip(told[1:], values, strict=True))


def test_the_order_book() -> None:
    ours, theirs = _both(GetOrderBook(SYMBOL), lambda c: c.fetch_order_book(SYMBOL))
    assert theirs["nonce"] == ours.sequence
    for name, levels in (("bids", ours.bids), ("asks", ours.asks)):
        for level, (price, quantity) in zip(levels, theirs[name], strict=True):
            assert _same(price, level.price)
            assert _same(quantity, level.quantity)


def test_public_trades() -> None:
    (ours,), (theirs,) = _both(GetTrades(SYMBOL), lambda c: c.fetch_trades(SYMBOL))
    assert theirs["id"] == str(ours.trade_id)
    assert theirs["timestamp"] == ours.time_ms
    assert theirs["side"] == ("buy" if ours.taker_buys else "sell")
    assert _same(theirs["price"], ours.price)
    assert _same(theirs["amount"], ours.quantity)


def test_balances() -> None:
    (ours,), theirs = _both(GetBalances(), lambda c: c.fetch_balance())
    told = theirs[ours.currency]
    assert _same(told["free"], ours.free)
    assert _same(told["used"], ours.held)
    assert _same(told["total"], ours.total)


def test_a_new_order_and_what_it_filled_at_once() -> None:
    ours, theirs = _both(
        LIMIT, lambda c: c.create_order(SYMBOL, "limit", "buy", "0.003", "20000.01")
    )
    _assert_same_order(ours.order, theirs)
    assert theirs["clientOrderId"] == ours.order.client_id
    assert ours.order.fee == FILL.fee
    assert ours.order.trade_ids == (FILL.trade_id,)
    assert ours.fills == (replace(FILL, time_ms=ORDER.updated_ms),)
    (trade,) = theirs["trades"]
    _assert_same_fill(ours.fills[0], trade)


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_in_every_state(status: OrderStatus) -> None:
    request = signed(LIMIT)
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    order = replace(ORDER, status=status)
    answer = EXCHANGE.codec.encode_answer(LIMIT, Placed(order), view)
    client, recorder = referee()
    recorder.answer = answer.body
    theirs = client.create_order(SYMBOL, "limit", "buy", "0.003", "20000.01")
    ours = EXCHANGE.codec.decode_answer(LIMIT, answer, MARKETS)
    assert ours == Placed(order)
    _assert_same_order(ours.order, theirs)


def test_a_cancelled_order() -> None:
    ours, theirs = _both(CancelOrder(SYMBOL, order_id="28"), lambda c: c.cancel_order("28", SYMBOL))
    _assert_same_order(ours, theirs)
    assert ours.client_id == ORDER.client_id


def test_one_order() -> None:
    ours, theirs = _both(GetOrder(SYMBOL, order_id="28"), lambda c: c.fetch_order("28", SYMBOL))
    assert ours == ORDER
    _assert_same_order(ours, theirs)


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        (GetOpenOrders(SYMBOL), lambda c: c.fetch_open_orders(SYMBOL)),
        (GetClosedOrders(SYMBOL, include_open=True), lambda c: c.fetch_orders(SYMBOL)),
    ],
)
def test_lists_of_orders(operation: Operation[Any], call: Callable[[Any], Any]) -> None:
    (ours,), (theirs,) = _both(operation, call)
    assert ours == ORDER
    _assert_same_order(ours, theirs)


def test_own_trades() -> None:
    (ours,), (theirs,) = _both(GetOwnTrades(SYMBOL), lambda c: c.fetch_my_trades(SYMBOL))
    _assert_same_fill(ours, theirs)
    assert theirs["order"] == ours.order_id
    assert theirs["timestamp"] == ours.time_ms
    assert theirs["takerOrMaker"] == ("maker" if ours.is_maker else "taker")
    assert _same(theirs["cost"], ours.quote_quantity)


def test_the_rights_of_a_key() -> None:
    ours, theirs = _both(GetKeyRights(), lambda c: c.sapi_get_account_apirestrictions())
    on = {name for name, value in theirs.items() if value is True}
    assert on == ours.switches | {"ipRestrict"}
    assert ours.ip_bound is True
    assert theirs["createTime"] == ours.created_ms


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("bad_key", ccxt.AuthenticationError),
        ("bad_key_format", ccxt.AuthenticationError),
        ("bad_signature", ccxt.AuthenticationError),
        ("ip_not_allowed", ccxt.AuthenticationError),
        ("key_expired", ccxt.AuthenticationError),
        ("right_missing", ccxt.AuthenticationError),
        ("stale_stamp", ccxt.InvalidNonce),
        ("stamp_ahead", ccxt.InvalidNonce),
        ("missing_parameter", ccxt.BadRequest),
        ("malformed", ccxt.BadRequest),
        ("unknown_endpoint", ccxt.BadRequest),
        ("unknown_symbol", ccxt.BadSymbol),
        ("unknown_order", ccxt.OrderNotFound),
        ("unknown_order_cancel", ccxt.OrderNotFound),
        ("insufficient_funds", ccxt.InsufficientFunds),
        ("too_small", ccxt.InvalidOrder),
        ("too_large", ccxt.InvalidOrder),
        ("quantity_off_step", ccxt.InvalidOrder),
        ("price_off_tick", ccxt.InvalidOrder),
        # ccxt knows the filter by no name of its own.
        ("notional_too_small", ccxt.BadRequest),
        ("price_out_of_range", ccxt.InvalidOrder),
        ("post_only_would_take", ccxt.OrderImmediatelyFillable),
        ("duplicate_client_id", ccxt.InvalidOrder),
        ("rate_limited", ccxt.DDoSProtection),
        ("banned", ccxt.DDoSProtection),
        ("timed_out", ccxt.RequestTimeout),
        ("maintenance", ccxt.OnMaintenance),
        ("market_closed", ccxt.MarketClosed),
    ],
)
def test_every_error_raises_ccxts_own_class(reason: str, wanted: type[Exception]) -> None:
    client, _ = referee()
    answer = EXCHANGE.codec.write_error(EXCHANGE.errors.speak(reason, {"field": "x", "limit": 1}))
    body = answer.body.decode()
    url = client.urls["api"]["private"] + "/order"
    with pytest.raises(wanted) as raised:
        client.handle_errors(
            answer.status, "", url, "POST", {}, body, client.parse_json(body), {}, None
        )
    assert type(raised.value) is wanted
    assert KEY not in str(raised.value)
