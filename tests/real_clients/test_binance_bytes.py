"""ccxt as referee for Binance: for the same wish, our bytes and its bytes are the same.

Every operation, with HMAC, Ed25519 and RSA keys. What is read from answers is compared in
`test_binance_values.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

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
from tests.real_clients.ccxt_binance import (
    CLIENT_ID,
    NOW_MS,
    SYMBOL,
    answer_to,
    as_sent,
    referee,
    signed,
)

Call = Callable[[Any], object]

NAMED = {"clientOrderId": CLIENT_ID}
LIMIT = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.00100"),
    price=Decimal("20000.00"),
    client_id=CLIENT_ID,
)
MARKET = replace(LIMIT, type=OrderType.MARKET, price=None)


def _create(kind: str, side: str, price: str | None = "20000", **params: object) -> Call:
    return lambda client: client.create_order(
        SYMBOL, kind, side, "0.001", price, {**NAMED, **params}
    )


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
    "candles of a span": (
        GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS, until_ms=NOW_MS + 1, limit=7),
        lambda c: c.fetch_ohlcv(SYMBOL, "1h", NOW_MS, 7, {"until": NOW_MS + 1}),
    ),
    "more candles than are given": (
        GetCandles(SYMBOL, 60_000, limit=5_000),
        lambda c: c.fetch_ohlcv(SYMBOL, "1m", None, 5_000),
    ),
    "order book": (GetOrderBook(SYMBOL), lambda c: c.fetch_order_book(SYMBOL)),
    "five levels": (GetOrderBook(SYMBOL, 5), lambda c: c.fetch_order_book(SYMBOL, 5)),
    "public trades": (GetTrades(SYMBOL), lambda c: c.fetch_trades(SYMBOL)),
    "public trades since": (
        GetTrades(SYMBOL, since_ms=NOW_MS, limit=10),
        lambda c: c.fetch_trades(SYMBOL, NOW_MS, 10),
    ),
    "balances": (GetBalances(), lambda c: c.fetch_balance()),
    "limit order": (LIMIT, _create("limit", "buy")),
    "limit order to sell": (replace(LIMIT, side=Side.SELL), _create("limit", "sell")),
    "immediate or cancel": (
        replace(LIMIT, time_in_force=TimeInForce.IOC),
        _create("limit", "buy", timeInForce="IOC"),
    ),
    "fill or kill": (
        replace(LIMIT, time_in_force=TimeInForce.FOK),
        _create("limit", "buy", timeInForce="FOK"),
    ),
    "post-only order": (replace(LIMIT, post_only=True), _create("limit", "buy", postOnly=True)),
    "market order": (MARKET, _create("market", "buy", None)),
    "market order by cost": (
        replace(MARKET, quantity=None, quote_quantity=Decimal(50)),
        _create("market", "buy", None, cost="50"),
    ),
    "dry run": (replace(LIMIT, dry_run=True), _create("limit", "buy", test=True)),
    "cancel": (CancelOrder(SYMBOL, order_id="28"), lambda c: c.cancel_order("28", SYMBOL)),
    "cancel by our id": (
        CancelOrder(SYMBOL, client_id=CLIENT_ID),
        lambda c: c.cancel_order(None, SYMBOL, NAMED),
    ),
    "order": (GetOrder(SYMBOL, order_id="28"), lambda c: c.fetch_order("28", SYMBOL)),
    "order by our id": (
        GetOrder(SYMBOL, client_id=CLIENT_ID),
        lambda c: c.fetch_order(None, SYMBOL, NAMED),
    ),
    "open orders": (GetOpenOrders(SYMBOL), lambda c: c.fetch_open_orders(SYMBOL)),
    "all open orders": (GetOpenOrders(), lambda c: c.fetch_open_orders()),
    "past orders": (GetClosedOrders(SYMBOL), lambda c: c.fetch_orders(SYMBOL)),
    "past orders of a span": (
        GetClosedOrders(SYMBOL, since_ms=NOW_MS, until_ms=NOW_MS + 1, limit=10),
        lambda c: c.fetch_orders(SYMBOL, NOW_MS, 10, {"until": NOW_MS + 1}),
    ),
    "own trades": (GetOwnTrades(SYMBOL), lambda c: c.fetch_my_trades(SYMBOL)),
    "own trades of an order": (
        GetOwnTrades(SYMBOL, order_id="28"),
        lambda c: c.fetch_order_trades("28", SYMBOL),
    ),
    "own trades of a span": (
        GetOwnTrades(SYMBOL, since_ms=NOW_MS, until_ms=NOW_MS + 5, from_id="7", limit=10),
        lambda c: c.fetch_my_trades(SYMBOL, NOW_MS, 10, {"until": NOW_MS + 5, "fromId": "7"}),
    ),
    "rights of the key": (GetKeyRights(), lambda c: c.sapi_get_account_apirestrictions()),
}


def _pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(scope="session")
def pems() -> dict[str, str]:
    drawn = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    fixed = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    # ccxt tells the two kinds apart by the length of the text, so no line end may hang on.
    return {"RSA": _pem(drawn).strip(), "Ed25519": _pem(fixed).strip()}


@pytest.mark.parametrize("wish", WISHES)
def test_our_signed_request_is_ccxts_byte_for_byte(wish: str) -> None:
    operation, call = WISHES[wish]
    client, recorder = referee()
    recorder.answer = answer_to(operation).body
    call(client)
    assert recorder.seen == [as_sent(signed(operation))]


@pytest.mark.parametrize("kind", ["Ed25519", "RSA"])
@pytest.mark.parametrize("wish", ["limit order", "cancel", "balances", "rights of the key"])
def test_a_key_of_ones_own_signs_as_ccxt_does(kind: str, wish: str, pems: dict[str, str]) -> None:
    operation, call = WISHES[wish]
    client, recorder = referee(pems[kind])
    recorder.answer = answer_to(operation).body
    call(client)
    assert recorder.seen == [as_sent(signed(operation, pems[kind]))]


def test_every_operation_of_ours_is_among_the_wishes() -> None:
    wished = {type(operation) for operation, _ in WISHES.values()}
    assert wished == set(OPERATIONS.values()) - {GetFixed}
