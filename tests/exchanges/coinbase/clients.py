"""Coinbase Advanced Trade as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

import base64
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTickers,
    GetTrades,
    KeyRights,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce, Trigger, TriggerKind
from tests.exchanges.coinbase.client_mistakes import MISTAKES
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Client, Kind, Sent, Table, Wire, Wish

SYMBOL = "BTC/USD"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
MARKET = replace(ORDER, type=OrderType.MARKET, price=None)
UNKNOWN = "00000000-0000-4000-8000-0000000000ff"
# ccxt drops `clientOrderId` and passes on this.
NAMED = {"client_order_id": CLIENT_ID}
ED_KEY = {
    "api_key": "00000000-0000-4000-8000-000000000003",
    "api_secret": (
        "2nFYuCZV2p7sfL5NjoaPIqOWGk0pvtVmvvGpNd1clnG43CFEZ55Sn0AajLrYcawl6n060MtF8KmGWNozi7keMw=="
    ),
}


def _order(changed: PlaceOrder, **params: object) -> Wish:
    side = changed.side.value
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", side, "0.001", "20000", {**NAMED, **params}),
    )


def _stop(kind: TriggerKind, side: Side, price: int, **params: object) -> Wish:
    changed = replace(ORDER, side=side, trigger=Trigger(kind, Decimal(price)))
    return _order(changed, **params)


def _spot_markets(client: Client) -> list[Any]:
    fees = {"taker_fee_rate": "0.012", "maker_fee_rate": "0.006"}
    rows = client.v3PublicGetBrokerageMarketProducts()["products"]
    return [client.parse_spot_market(row, fees) for row in rows]


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert {name for name in theirs if theirs[name] is True} == ours.switches
    assert theirs["portfolio_uuid"] == ours.account_id


def _as_compared(sent: Sent) -> Sent:
    """Read the token: nonce and signature are drawn anew, and each names its own address."""
    method, url, body, headers = sent
    token = headers.get("authorization", "")
    if not token:
        return sent
    header, claims, _ = token.removeprefix("Bearer ").split(".")
    read = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)]
    assert len(read[0].pop("nonce")) == 32
    for name in ("uri", "uris"):
        if name in read[1]:
            read[1][name] = json.dumps(read[1][name]).replace("http://127.0.0.1:1", "HOST")
            read[1][name] = read[1][name].replace("api.coinbase.com", "HOST")
    return method, url, body, {**headers, "authorization": json.dumps(read)}


def _freeze(client: Client) -> None:
    client.random_bytes = lambda _length: "00112233445566778899aabbccddeeff"


def _prepare(client: Client) -> None:
    # By default ccxt asks the older interface, which tells no holds.
    client.options["fetchBalance"] = "v3PrivateGetBrokerageAccounts"


WISHES: dict[str, Wish | None] = {
    # ccxt asks at the same place for futures as well, and for fees.
    "markets": Wish(operation=GetMarkets(), call=_spot_markets),
    "two tickers": Wish(
        operation=GetTickers((SYMBOL, "ETH/USD")),
        call=lambda c: c.fetch_tickers([SYMBOL, "ETH/USD"]),
    ),
    # Without a beginning ccxt asks up to now, which our own request does not know.
    "candles": Wish(
        operation=GetCandles(SYMBOL, 60_000, since_ms=NOW_MS - 600_000),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1m", since=NOW_MS - 600_000),
    ),
    "some candles": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=5),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000, limit=5),
    ),
    "candles of a span": Wish(
        operation=GetCandles(SYMBOL, 60_000, since_ms=NOW_MS - 600_000, until_ms=NOW_MS),
        call=lambda c: c.fetch_ohlcv(
            SYMBOL, "1m", since=NOW_MS - 600_000, params={"until": NOW_MS}
        ),
    ),
    "book of a depth": Wish(
        operation=GetOrderBook(SYMBOL, 10), call=lambda c: c.fetch_order_book(SYMBOL, 10)
    ),
    "trades of a span": Wish(
        operation=GetTrades(SYMBOL, NOW_MS - 9_000, 7, NOW_MS),
        call=lambda c: c.fetch_trades(SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}),
    ),
    "balances": Wish(operation=GetBalances(), call=lambda c: c.fetch_balance()),
    "key rights": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.v3PrivateGetBrokerageKeyPermissions(),
        reads=_read_rights,
    ),
    "limit order": _order(ORDER),
    "limit order to sell": _order(replace(ORDER, side=Side.SELL)),
    "post-only order": _order(replace(ORDER, post_only=True), postOnly=True),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "dry run": Wish(
        operation=replace(ORDER, dry_run=True),
        call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000", {"preview": True}),
    ),
    "market order": Wish(
        operation=replace(MARKET, quantity=None, quote_quantity=Decimal(25)),
        call=lambda c: c.create_market_buy_order_with_cost(SYMBOL, 25, dict(NAMED)),
    ),
    "market order to sell": Wish(
        operation=replace(MARKET, side=Side.SELL),
        call=lambda c: c.create_order(SYMBOL, "market", "sell", "0.001", None, dict(NAMED)),
    ),
    "stop to buy": _stop(TriggerKind.STOP, Side.BUY, 21_000, stopLossPrice="21000"),
    "stop to sell": _stop(TriggerKind.STOP, Side.SELL, 19_000, stopLossPrice="19000"),
    "take profit to buy": _stop(TriggerKind.TAKE_PROFIT, Side.BUY, 19_000, takeProfitPrice="19000"),
    "take profit to sell": _stop(
        TriggerKind.TAKE_PROFIT, Side.SELL, 21_000, takeProfitPrice="21000"
    ),
    "open orders": Wish(
        operation=GetOpenOrders(SYMBOL),
        call=lambda c: c.fetch_open_orders(SYMBOL, None, 1_000),
    ),
    # ccxt's own call for closed orders leaves out those that were cancelled.
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL), call=lambda c: c.fetch_orders(SYMBOL, None, 1_000)
    ),
    "closed orders of a span": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=7),
        call=lambda c: c.fetch_orders(SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}),
    ),
    "own trades": Wish(
        operation=GetOwnTrades(SYMBOL), call=lambda c: c.fetch_my_trades(SYMBOL, None, 250)
    ),
    "own trades of a span": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=7),
        call=lambda c: c.fetch_my_trades(SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}),
    ),
}

TABLE = Table(
    symbol=SYMBOL,
    unknown_key=f"organizations/{UNKNOWN}/apiKeys/{UNKNOWN}",
    unknown_order=UNKNOWN,
    amount="0.001",
    too_much="50",
    too_little="0.000001",
    prepare=_prepare,
    mistakes=MISTAKES,
    lacks={
        Kind.CLIENT_ID: "ccxt drops clientOrderId; it passes on client_order_id only",
        Kind.CANCEL_BY_CLIENT_ID: "orders are cancelled by the exchange's own id only",
        Kind.CANCEL_ALL: "there is no such call",
    },
    buys_by_cost=True,
    post_only_raises="ExchangeError",
    cancel_raises="BadRequest",
    rate_limit_raises="RateLimitExceeded",
    stop_by="stopLossPrice",
    wire=Wire(
        freeze=_freeze,
        as_compared=_as_compared,
        other_keys={"Ed25519": (ED_KEY, ("balances", "limit order", "cancel", "open orders"))},
        unread={
            GetTicker: frozenset(
                {"bidVolume", "askVolume", "open", "high", "low", "baseVolume", "quoteVolume"}
            ),
            GetTickers: frozenset({"bid", "ask", "bidVolume", "askVolume", "open", "high", "low"}),
            # ccxt writes the fill's own quotient.
            CancelOrder: frozenset({"status"}),
        },
        states={OrderStatus.EXPIRED: "canceled", OrderStatus.REJECTED: "canceled"},
        refusals={
            "bad_key": "AuthenticationError",
            "bad_signature": "AuthenticationError",
            "stale_stamp": "AuthenticationError",
            "ip_not_allowed": "AuthenticationError",
            "right_missing": "PermissionDenied",
            "insufficient_funds": "InsufficientFunds",
            "too_small": "ExchangeError",
            "notional_too_small": "ExchangeError",
            "too_large": "ExchangeError",
            "price_off_tick": "ExchangeError",
            "quantity_off_step": "ExchangeError",
            "price_out_of_range": "ExchangeError",
            "post_only_would_take": "ExchangeError",
            "trigger_would_fire": "InvalidOrder",
            "unsupported_order": "BadRequest",
            "malformed": "BadRequest",
            "missing_parameter": "BadRequest",
            "unknown_symbol": "BadRequest",
            "unknown_order": "ExchangeError",
            "unknown_order_cancel": "BadRequest",
            "unknown_endpoint": "ExchangeError",
            "rate_limited": "RateLimitExceeded",
            "overloaded": "ExchangeNotAvailable",
            "maintenance": "ExchangeNotAvailable",
            "timed_out": "ExchangeError",
        },
        unasked={GetCurrencies: "asked in three parts, none of which lists all; we never need it"},
        wishes={**WISHES, "currencies": None},
    ),
)
