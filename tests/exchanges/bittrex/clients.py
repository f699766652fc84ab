"""Bittrex as its last real client met it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.1.86.
"""

from dataclasses import replace
from decimal import Decimal

from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTickers,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import NOW_MS
from tests.real_clients.table import Kind, Mistake, Sent, Table, Wire, Wish

SYMBOL = "BTC/USDT"
CLIENT_ID = "9f0cc0de-4f5c-4e5b-8a21-0db0f5d5c0de"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20000),
    client_id=CLIENT_ID,
)
_NAMED = {"clientOrderId": CLIENT_ID}
_PRICED = frozenset({"open", "high", "low", "baseVolume", "quoteVolume", "bidVolume", "askVolume"})


def _without_signature(sent: Sent) -> Sent:
    """Leave out the signature: it covers the address, and ours is for the exchange's own."""
    method, url, body, headers = sent
    return method, url, body, {it: text for it, text in headers.items() if it != "api-signature"}


def _cancel_twice(bench: Bench) -> None:
    """Cancel an order that was cancelled."""
    desk = bench.desk()
    placed = desk.place()
    desk.client.cancel_order(placed["id"], SYMBOL)
    desk.client.cancel_order(placed["id"], SYMBOL)


def _name_twice(bench: Bench) -> None:
    """Give two open orders the same name."""
    desk = bench.desk()
    for _ in range(2):
        desk.place(**_NAMED)


def _mistake(name: str, ask: object, raises: str, status: int, says: str) -> Mistake:
    assert callable(ask)
    return Mistake(name=name, ask=ask, raises=raises, status=status, says=says)


TABLE = Table(
    symbol=SYMBOL,
    ccxt_version="4.1.86",
    unknown_key="0" * 32,
    unknown_order="00000000-0000-0000-0000-000000000000",
    client_id="0f0cc0de-4f5c-4e5b-8a21-0db0f5d5c0de",
    rate_limit_raises="RateLimitExceeded",
    lacks={
        Kind.CANCEL_BY_CLIENT_ID: "orders were named by the exchange's id alone",
        Kind.STOP: "conditional orders are not carried out",
        Kind.POST_ONLY: "ccxt's postOnly went out as a field that the exchange did not know",
    },
    mistakes=(
        _mistake(
            "wrong secret", mistakes.wrong_secret, "AuthenticationError", 401, "INVALID_SIGNATURE"
        ),
        _mistake("unknown key", mistakes.unknown_key, "AuthenticationError", 401, "APIKEY_INVALID"),
        _mistake(
            "no trading right",
            mistakes.no_trading_right,
            "AuthenticationError",
            403,
            "INVALID_PERMISSION",
        ),
        _mistake(
            "stale stamp", mistakes.stale_stamp, "AuthenticationError", 401, "INVALID_TIMESTAMP"
        ),
        _mistake(
            "other address",
            mistakes.other_address,
            "PermissionDenied",
            403,
            "WHITELIST_VIOLATION_IP",
        ),
        _mistake(
            "too little money", mistakes.too_little_money, "InsufficientFunds", 409, "INSUFFICIENT"
        ),
        _mistake(
            "below the smallest size",
            mistakes.below_smallest,
            "InvalidOrder",
            409,
            "MIN_TRADE_REQUIREMENT_NOT_MET",
        ),
        _mistake("unknown order", mistakes.unknown_order, "OrderNotFound", 404, "NOT_FOUND"),
        _mistake(
            "unknown symbol",
            mistakes.unknown_symbol("AAA-BBB"),
            "ExchangeNotAvailable",
            404,
            "MARKET_DOES_NOT_EXIST",
        ),
        _mistake("a cancel too many", _cancel_twice, "OrderNotFound", 404, "NOT_FOUND"),
        _mistake(
            "a name twice",
            _name_twice,
            "ExchangeNotAvailable",
            409,
            "CLIENTORDERID_ALREADY_EXISTS",
        ),
    ),
    wire=Wire(
        wishes={
            "limit order": Wish(
                operation=ORDER,
                call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000", _NAMED),
            ),
            "limit order to sell": Wish(
                operation=replace(ORDER, side=Side.SELL),
                call=lambda c: c.create_order(SYMBOL, "limit", "sell", "0.001", "20000", _NAMED),
            ),
            "market order": Wish(
                operation=replace(ORDER, type=OrderType.MARKET, price=None),
                call=lambda c: c.create_order(SYMBOL, "market", "buy", "0.001", None, _NAMED),
            ),
            "market order to sell": Wish(
                operation=replace(ORDER, type=OrderType.MARKET, price=None, side=Side.SELL),
                call=lambda c: c.create_order(SYMBOL, "market", "sell", "0.001", None, _NAMED),
            ),
            "candles of hours": Wish(
                operation=GetCandles(SYMBOL, 3_600_000),
                call=lambda c: c.fetch_ohlcv(SYMBOL, "1h"),
            ),
            "book of a depth": Wish(
                operation=GetOrderBook(SYMBOL, 500),
                call=lambda c: c.fetch_order_book(SYMBOL, 500),
            ),
            "cancel all": Wish(
                operation=CancelAllOrders(SYMBOL), call=lambda c: c.cancel_all_orders(SYMBOL)
            ),
            "closed orders since": Wish(
                operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000, limit=7),
                call=lambda c: c.fetch_closed_orders(SYMBOL, since=NOW_MS - 9_000, limit=7),
            ),
            "own trades since": Wish(
                operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, limit=7),
                call=lambda c: c.fetch_my_trades(SYMBOL, since=NOW_MS - 9_000, limit=7),
            ),
        },
        key={
            "api_key": "0123456789abcdef0123456789abcdef",
            "api_secret": "fedcba9876543210fedcba9876543210",
        },
        unread={
            GetTicker: _PRICED,
            GetTickers: _PRICED,
            GetMarkets: frozenset({"maker", "taker"}),
            # A client gives a UUID, and reads a UUID where we gave ours.
            **dict.fromkeys(
                (GetOrder, GetOpenOrders, GetClosedOrders, CancelAllOrders),
                frozenset({"clientOrderId"}),
            ),
            CancelOrder: frozenset({"clientOrderId", "status"}),
        },
        # An order there is open or closed; what a person ended is closed as well.
        states=dict.fromkeys(
            (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED), "closed"
        ),
        as_compared=_without_signature,
    ),
)
