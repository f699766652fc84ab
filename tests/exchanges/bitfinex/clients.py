"""Bitfinex as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
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
    KeyRights,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce, Trigger, TriggerKind
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import NOW_MS
from tests.real_clients.table import Kind, Mistake, Table, Wire, Wish

SYMBOL = "BTC/USD"
# As ccxt's own users number their orders.
CID = 1_700_000_000_123
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=str(CID),
)
MARKET = replace(ORDER, type=OrderType.MARKET, price=None)
STOP = Trigger(TriggerKind.STOP, Decimal(21_000))
# An order's list has no place for its fee, and ccxt takes its last change for its beginning.
_ORDER = frozenset({"clientOrderId", "timestamp", "fee"})


def _create(
    changed: PlaceOrder, kind: str = "limit", price: str | None = "20000", **params: object
) -> Wish:
    named = {"clientOrderId": CID, **params}
    side = changed.side.value
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, kind, side, "0.001", price, named),
    )


def _read_status(_ours: ServerTime, theirs: dict[str, Any]) -> None:
    assert theirs["status"] == "ok"


def _read_rights(ours: KeyRights, theirs: list[list[Any]]) -> None:
    on = {f"{scope}.read" for scope, reads, _ in theirs if int(reads)}
    on |= {f"{scope}.write" for scope, _, writes in theirs if int(writes)}
    assert on == ours.switches


def _read_orders(ours: tuple[object, ...], theirs: list[dict[str, Any]]) -> None:
    assert len(ours) == len(theirs) == 1


WISHES: dict[str, Wish | None] = {
    # There is no clock to ask for; the time stands in the head of this answer.
    "server time": Wish(
        operation=GetServerTime(), call=lambda c: c.fetch_status(), reads=_read_status
    ),
    "two tickers": Wish(
        operation=GetTickers((SYMBOL, "DOGE/USD")),
        call=lambda c: c.fetch_tickers([SYMBOL, "DOGE/USD"]),
    ),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=10),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000, limit=10),
    ),
    "candles of a span": Wish(
        operation=GetCandles(SYMBOL, 60_000, NOW_MS - 600_000, NOW_MS, limit=10),
        call=lambda c: c.fetch_ohlcv(
            SYMBOL, "1m", since=NOW_MS - 600_000, limit=10, params={"until": NOW_MS}
        ),
    ),
    "book of a depth": Wish(
        operation=GetOrderBook(SYMBOL, 100), call=lambda c: c.fetch_order_book(SYMBOL, 100)
    ),
    "trades since": Wish(
        operation=GetTrades(SYMBOL, NOW_MS - 9_000, 7),
        call=lambda c: c.fetch_trades(SYMBOL, since=NOW_MS - 9_000, limit=7),
    ),
    "key rights": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.privatePostAuthRPermissions(),
        reads=_read_rights,
    ),
    "limit order": _create(ORDER),
    "limit order without a number": Wish(
        operation=replace(ORDER, client_id=""),
        call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000"),
    ),
    # Our own ids travel as two numbers.
    "limit order with our id": Wish(
        operation=replace(ORDER, client_id="dbabcdefghij23456"),
        call=lambda c: c.create_order(
            SYMBOL, "limit", "buy", "0.001", "20000", {"cid": 6_846_508_037_054, "gid": 1_117_318}
        ),
    ),
    "limit order to sell": _create(replace(ORDER, side=Side.SELL)),
    "post-only order": _create(replace(ORDER, post_only=True), postOnly=True),
    "immediate or cancel": _create(
        replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"
    ),
    "fill or kill": _create(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "market order": _create(MARKET, "market", None),
    "market order to sell": _create(replace(MARKET, side=Side.SELL), "market", None),
    "stop": _create(replace(MARKET, trigger=STOP), "market", None, triggerPrice="21000"),
    "stop with a limit": _create(replace(ORDER, trigger=STOP), triggerPrice="21000"),
    "cancel all": Wish(operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders()),
    "all open orders": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    # Our own requests always say how many; ccxt says so when it is told to.
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL),
        call=lambda c: c.fetch_closed_orders(SYMBOL, limit=2_500),
    ),
    "own trades": Wish(
        operation=GetOwnTrades(SYMBOL, until_ms=NOW_MS),
        call=lambda c: c.fetch_my_trades(SYMBOL, limit=2_500),
    ),
    "own trades since": Wish(
        operation=GetOwnTrades(since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=5),
        call=lambda c: c.fetch_my_trades(since=NOW_MS - 9_000, limit=5),
    ),
    "trades of an order": Wish(
        operation=GetOwnTrades(SYMBOL, order_id="139658000028"),
        call=lambda c: c.fetch_order_trades("139658000028", SYMBOL),
    ),
}


def _wrong_body(bench: Bench) -> None:
    bench.desk().client.private_post_auth_w_order_submit({"symbol": "tBTCUSD"})


def _used_number(bench: Bench) -> None:
    desk = bench.desk(bench.key(account="twice-at-bitfinex"))
    for _ in range(2):
        desk.place(clientOrderId=77)


def _wrong_precision(bench: Bench) -> None:
    bench.desk().client.fetch_order_book(SYMBOL, params={"precision": "P9"})


def _wrong_interval(bench: Bench) -> None:
    bench.desk().client.fetch_ohlcv(SYMBOL, "2m")


def _no_such_path(bench: Bench) -> None:
    bench.desk().client.private_post_auth_w_token({"scope": "api"})


def _transfer(bench: Bench) -> None:
    wish = {"from": "exchange", "to": "margin", "currency": "USD", "amount": "1"}
    bench.desk().client.private_post_auth_w_transfer(wish)


def _withdrawal(bench: Bench) -> None:
    bench.desk().client.withdraw("BTC", 1, "bc1-nowhere", {"network": "BTC"})


def _margin_order(bench: Bench) -> None:
    bench.desk().place(marginMode="cross")


def _mistake(name: str, ask: Any, raises: str, says: str, status: int = 500) -> Mistake:  # noqa: ANN401  a function of the bench
    return Mistake(name=name, ask=ask, raises=raises, status=status, says=says)


TABLE = Table(
    symbol=SYMBOL,
    unknown_key="A" * 43,
    unknown_order="139658999999",
    mistakes=(
        _mistake(
            "wrong secret", mistakes.wrong_secret, "AuthenticationError", "apikey: digest invalid"
        ),
        _mistake("unknown key", mistakes.unknown_key, "AuthenticationError", "apikey: invalid"),
        _mistake(
            "no trading right",
            mistakes.no_trading_right,
            "PermissionDenied",
            "apikey: permission invalid",
        ),
        _mistake("stale stamp", mistakes.stale_stamp, "InvalidNonce", "nonce: small"),
        _mistake("other address", mistakes.other_address, "AuthenticationError", "apikey: invalid"),
        _mistake(
            "too little money",
            mistakes.too_little_money,
            "InsufficientFunds",
            "not enough exchange balance",
        ),
        _mistake(
            "below the smallest size",
            mistakes.below_smallest,
            # 10001 stands for everything without a number of its own.
            "PermissionDenied",
            "Invalid order: minimum size",
        ),
        _mistake("unknown order", mistakes.unknown_order, "OrderNotFound", "Order not found."),
        _mistake(
            "unknown order asked for",
            mistakes.unknown_order_asked,
            "OrderNotFound",
            "Order not found.",
        ),
        _mistake("unknown symbol", mistakes.unknown_symbol("tAAABBB"), "BadSymbol", "symbol: inva"),
        _mistake(
            "order of an unknown symbol",
            mistakes.order_of_unknown_symbol("tAAABBB"),
            "BadSymbol",
            "symbol: invalid",
        ),
        _mistake("missing parameter", _wrong_body, "BadRequest", "type: invalid"),
        _mistake("wrong precision", _wrong_precision, "BadRequest", "precision: invalid"),
        _mistake("wrong interval", _wrong_interval, "BadRequest", "timeframe: invalid"),
        _mistake("number used twice", _used_number, "PermissionDenied", "cid is in use"),
        _mistake("margin order", _margin_order, "PermissionDenied", "apikey: permission invalid"),
        _mistake("token", _no_such_path, "PermissionDenied", "apikey: permission invalid"),
        _mistake("transfer", _transfer, "PermissionDenied", "apikey: permission invalid"),
        _mistake("withdrawal", _withdrawal, "PermissionDenied", "apikey: permission invalid"),
    ),
    client_id="1700000000123",
    post_only_raises="",
    rate_limit_raises="RateLimitExceeded",
    lacks={
        Kind.SERVER_TIME: "there is no clock to ask for",
        Kind.CANCEL_BY_CLIENT_ID: "ccxt wants the day on which the order was placed as well",
    },
    wire=Wire(
        unread={
            # Five significant digits and eight decimals, which ccxt counts and does not measure.
            GetMarkets: frozenset({"price_tick", "quantity_step", "maker", "taker"}),
            GetCurrencies: frozenset({"precision"}),
            # Sizes at the best prices and the turnover are not told over REST.
            GetTicker: frozenset({"bidVolume", "askVolume", "quoteVolume"}),
            GetTickers: frozenset({"bidVolume", "askVolume", "quoteVolume"}),
            PlaceOrder: _ORDER,
            CancelOrder: _ORDER,
            CancelAllOrders: _ORDER,
            GetOrder: _ORDER,
            GetOpenOrders: _ORDER,
            GetClosedOrders: _ORDER,
        },
        # ccxt hands on the first words of a state that it does not know.
        states={OrderStatus.EXPIRED: "POSTONLY CANCELED"},
        refusals={
            "bad_key": "AuthenticationError",
            "bad_signature": "AuthenticationError",
            "used_nonce": "InvalidNonce",
            "right_missing": "PermissionDenied",
            "ip_not_allowed": "AuthenticationError",
            "too_small": "PermissionDenied",
            "insufficient_funds": "InsufficientFunds",
            "unknown_symbol": "BadSymbol",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "malformed": "BadRequest",
            "rate_limited": "RateLimitExceeded",
            "maintenance": "OnMaintenance",
            "overloaded": "ExchangeNotAvailable",
            "timed_out": "ExchangeError",
        },
        # ccxt counts milliseconds, our own client microseconds.
        stamp=str(NOW_MS),
        wishes=WISHES,
        key={
            "api_key": "drawbridge-test-key-bfx-0001-with-43-letters-",
            "api_secret": "drawbridge-test-secret-bfx-0001-43-letters-or-more",
        },
    ),
)
