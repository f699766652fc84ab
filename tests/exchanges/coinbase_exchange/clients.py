"""Coinbase Exchange as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce, Trigger, TriggerKind
from drawbridge.exchanges.coinbase_exchange.codec.values import encode_client_id, order_id
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Mistake, Table, Wire, Wish

SYMBOL = "BTC/USD"
UNKNOWN = "00000000-0000-4000-8000-0000000000ff"
MINE = "5f9c1e2a-7b3d-4c8e-9a1f-2b6d8e0c4a75"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
MARKET = replace(ORDER, type=OrderType.MARKET, price=None)
# The exchange names orders of clients by UUIDs; ours stands within one.
NAMED = {"clientOrderId": encode_client_id(CLIENT_ID)}
NUMBER = order_id(28)
_AUTHENTICATION = "AuthenticationError"


def _order(changed: PlaceOrder, **params: object) -> Wish:
    side = changed.side.value
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", side, "0.001", "20000", {**NAMED, **params}),
    )


def _stop(kind: TriggerKind, side: Side, stop: str) -> Wish:
    changed = replace(ORDER, side=side, trigger=Trigger(kind, Decimal(21_000)))
    return _order(changed, stopPrice="21000", stop=stop)


def _read_ids(ours: Any, theirs: Any) -> None:  # noqa: ANN401  whatever ccxt made of it
    told = theirs[0]["info"] if isinstance(theirs, list) else json.loads(theirs["info"])
    known = [row.order_id for row in ours] if isinstance(ours, tuple) else ours.order_id
    assert told == known


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(clientOrderId="11111111-2222-4333-8444-555555555555")


def _raw_order(**changes: object) -> Callable[[Bench], None]:
    """Place an order past ccxt's own checks."""

    def ask(bench: Bench) -> None:
        order = {
            "type": "limit",
            "side": "buy",
            "product_id": "BTC-USD",
            "price": "20000",
            "size": "0.001",
        }
        bench.desk().client.privatePostOrders({**order, **changes})

    return ask


def _mistake(name: str, ask: Callable[[Bench], object], raises: str, *said: object) -> Mistake:
    status, says = said
    return Mistake(name=name, ask=ask, raises=raises, status=int(str(status)), says=str(says))


WISHES: dict[str, Wish | None] = {
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=5),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000, limit=5),
    ),
    "candles of a span": Wish(
        operation=GetCandles(SYMBOL, 60_000, since_ms=NOW_MS - 600_000, until_ms=NOW_MS),
        call=lambda c: c.fetch_ohlcv(
            SYMBOL, "1m", since=NOW_MS - 600_000, params={"until": NOW_MS}
        ),
    ),
    "some trades": Wish(
        operation=GetTrades(SYMBOL, limit=7), call=lambda c: c.fetch_trades(SYMBOL, limit=7)
    ),
    "limit order": _order(ORDER),
    "limit order to sell": _order(replace(ORDER, side=Side.SELL)),
    "post-only order": _order(replace(ORDER, post_only=True), postOnly=True),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "market order": Wish(
        operation=MARKET,
        call=lambda c: c.create_order(SYMBOL, "market", "buy", "0.001", None, dict(NAMED)),
    ),
    "market order to sell": Wish(
        operation=replace(MARKET, side=Side.SELL),
        call=lambda c: c.create_order(SYMBOL, "market", "sell", "0.001", None, dict(NAMED)),
    ),
    "market order by cost": Wish(
        operation=replace(MARKET, quantity=None, quote_quantity=Decimal(25)),
        call=lambda c: c.create_order(
            SYMBOL, "market", "buy", "0.001", None, {**NAMED, "cost": "25"}
        ),
    ),
    "stop to buy": _stop(TriggerKind.STOP, Side.BUY, "entry"),
    "stop to sell": _stop(TriggerKind.STOP, Side.SELL, "loss"),
    "take profit to buy": _stop(TriggerKind.TAKE_PROFIT, Side.BUY, "loss"),
    "take profit to sell": _stop(TriggerKind.TAKE_PROFIT, Side.SELL, "entry"),
    # With a symbol ccxt writes it, by its own name, into a body that a cancel has not.
    "cancel": Wish(
        operation=CancelOrder(order_id=NUMBER),
        call=lambda c: c.cancel_order(NUMBER),
        reads=_read_ids,
    ),
    "cancel by our id": Wish(
        operation=CancelOrder(client_id=CLIENT_ID),
        call=lambda c: c.cancel_order("", None, NAMED),
        reads=_read_ids,
    ),
    "cancel all": Wish(
        operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders(), reads=_read_ids
    ),
    "order by our id": Wish(
        operation=GetOrder(client_id=CLIENT_ID),
        call=lambda c: c.fetch_order("", None, NAMED),
    ),
    "open orders": Wish(
        operation=GetOpenOrders(SYMBOL), call=lambda c: c.fetch_open_orders(SYMBOL, None, 1_000)
    ),
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL),
        call=lambda c: c.fetch_closed_orders(SYMBOL, None, 1_000),
    ),
    "all orders of a span": Wish(
        operation=GetClosedOrders(
            SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=7, include_open=True
        ),
        call=lambda c: c.fetch_orders(SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}),
    ),
    "own trades": Wish(
        operation=GetOwnTrades(SYMBOL), call=lambda c: c.fetch_my_trades(SYMBOL, None, 1_000)
    ),
    "own trades of a span": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=7),
        call=lambda c: c.fetch_my_trades(SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}),
    ),
}

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="f" * 32,
    unknown_order=UNKNOWN,
    client_id=MINE,
    too_little="0.000001",
    mistakes=(
        _mistake("wrong secret", mistakes.wrong_secret, _AUTHENTICATION, 401, "invalid signature"),
        _mistake(
            "wrong passphrase",
            mistakes.wrong_passphrase,
            _AUTHENTICATION,
            401,
            "Invalid Passphrase",
        ),
        _mistake("unknown key", mistakes.unknown_key, _AUTHENTICATION, 401, "Invalid API Key"),
        # As if the exchange were not there: ccxt reads no sentence of this status.
        _mistake(
            "no trading right", mistakes.no_trading_right, "ExchangeNotAvailable", 403, "Forbidden"
        ),
        _mistake(
            "stale stamp", mistakes.stale_stamp, _AUTHENTICATION, 401, "request timestamp expired"
        ),
        _mistake("other address", mistakes.other_address, _AUTHENTICATION, 401, "IP"),
        _mistake(
            "too little money",
            mistakes.too_little_money,
            "InsufficientFunds",
            400,
            "Insufficient funds",
        ),
        _mistake(
            "below the smallest size",
            mistakes.below_smallest,
            "ExchangeError",
            400,
            "funds is too small. Minimum size is 1",
        ),
        _mistake(
            "below the smallest quantity",
            _raw_order(size="0.000000001"),
            "InvalidOrder",
            400,
            "size is too small. Minimum size is 0.00000001",
        ),
        _mistake(
            "price off the tick",
            _raw_order(price="20000.001"),
            "ExchangeError",
            400,
            "price is too precise",
        ),
        _mistake(
            "quantity off the step",
            _raw_order(size="0.0010000001"),
            "ExchangeError",
            400,
            "size is too precise",
        ),
        _mistake("a price in words", _raw_order(price="cheap"), "ExchangeError", 400, "price"),
        _mistake(
            "an order with an end",
            _raw_order(time_in_force="GTT", cancel_after="min"),
            "ExchangeError",
            400,
            "cancel_after",
        ),
        _mistake("an id that is none", _raw_order(client_oid="x"), "ExchangeError", 400, "client"),
        _mistake("the same id twice", _same_id_twice, "ExchangeError", 400, "already used"),
        _mistake("unknown order", mistakes.unknown_order, "OrderNotFound", 404, "order not found"),
        _mistake(
            "unknown order, asked for",
            mistakes.unknown_order_asked,
            "OrderNotFound",
            404,
            "order not found",
        ),
        _mistake(
            "unknown symbol",
            mistakes.unknown_symbol("AAA-BBB"),
            "InvalidOrder",
            404,
            "Product not found",
        ),
        _mistake(
            "order of an unknown symbol",
            mistakes.order_of_unknown_symbol("AAA-BBB"),
            "InvalidOrder",
            404,
            "Product not found",
        ),
        _mistake(
            "money on its way out",
            lambda bench: bench.desk().client.withdraw("BTC", 0.01, "an-address"),
            "ExchangeNotAvailable",
            403,
            "Forbidden",
        ),
        _mistake(
            "no such path",
            lambda bench: bench.desk().client.privateGetLoansAssets(),
            "ExchangeError",
            404,
            "Route not found",
        ),
    ),
    post_only_raises="ExchangeError",
    rate_limit_raises="RateLimitExceeded",
    stop_by="stopPrice",
    wire=Wire(
        key={
            "api_key": "0123456789abcdef0123456789abcdef",
            "api_secret": (
                "9b23oNaLrABjF2iBAQRS/5MqWnMF/RfFtsFxqZyU49JXvG4vRbYO370cVvVMEOmTQ1r2eQjLl7SL"
                "RueRYxsTFg=="
            ),
            "passphrase": "dbpassphrase",
        },
        unread={
            # The exchange tells what an order may cost at least, not how small it may be.
            GetMarkets: frozenset({"min_quantity"}),
            # An id of ours is read out of the UUID that it travels in.
            **dict.fromkeys(
                (PlaceOrder, GetOrder, GetOpenOrders, GetClosedOrders), frozenset({"clientOrderId"})
            ),
            GetTicker: frozenset({"bidVolume", "askVolume", "open", "high", "low", "quoteVolume"}),
            GetTickers: frozenset(
                {
                    *("bid", "ask", "bidVolume", "askVolume", "open", "high", "low"),
                    *("baseVolume", "quoteVolume"),
                }
            ),
        },
        states={OrderStatus.EXPIRED: "canceled"},
        refusals={
            "bad_key": _AUTHENTICATION,
            "bad_signature": _AUTHENTICATION,
            "bad_passphrase": _AUTHENTICATION,
            "stale_stamp": _AUTHENTICATION,
            "right_missing": "ExchangeNotAvailable",
            "insufficient_funds": "InsufficientFunds",
            "too_small": "InvalidOrder",
            "notional_too_small": "ExchangeError",
            "price_off_tick": "ExchangeError",
            "quantity_off_step": "ExchangeError",
            "market_closed": "PermissionDenied",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "unknown_symbol": "InvalidOrder",
            "rate_limited": "RateLimitExceeded",
            "private_rate_limited": "RateLimitExceeded",
            "overloaded": "ExchangeNotAvailable",
            "maintenance": "ExchangeNotAvailable",
            "timed_out": "ExchangeNotAvailable",
        },
        wishes=WISHES,
    ),
)
