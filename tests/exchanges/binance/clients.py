"""Binance as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetKeyRights,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetStreamToken,
    GetTickers,
    GetTrades,
    KeyRights,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side, TimeInForce, Trigger, TriggerKind
from tests.exchanges.binance.wrongs import MISTAKES
from tests.real_clients.examples import CLIENT_ID, NOW_MS, Examples
from tests.real_clients.table import Table, Wire, Wish

SYMBOL = "BTC/USDT"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
MARKET = replace(ORDER, type=OrderType.MARKET, price=None)


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    on = {name for name, value in theirs.items() if value is True}
    assert on - {"ipRestrict"} == ours.switches
    assert ours.ip_bound is theirs["ipRestrict"]
    assert theirs["createTime"] == ours.created_ms


def _order(changed: PlaceOrder, kind: str = "limit", **params: Any) -> Wish:  # noqa: ANN401  as ccxt has it
    named = {"clientOrderId": CLIENT_ID, **params}
    price = "20000" if kind == "limit" else None
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, kind, "buy", "0.001", price, named),
    )


def _waits(kind: TriggerKind, form: str = "limit", **params: Any) -> Wish:  # noqa: ANN401  as ccxt has it
    plainly = MARKET if form == "market" else ORDER
    tif = TimeInForce[params.get("timeInForce", "GTC")]
    conditional = replace(plainly, trigger=Trigger(kind, Decimal(18_000)), time_in_force=tif)
    return _order(conditional, form, **params)


def _placed(operation: PlaceOrder) -> Placed:
    """Answer an order as filled in part at once."""
    it = Examples(get_exchange("binance"), SYMBOL)
    placed = it.placed(operation)
    if operation.trigger is not None:
        return Placed(
            replace(operation.as_order(it.order_id), created_ms=NOW_MS, updated_ms=NOW_MS)
        )
    if operation.dry_run or operation.type is OrderType.MARKET:
        return placed
    price, lots = operation.price or Decimal(1), Decimal("0.00033")
    fill = replace(it.fill, price=price, quantity=lots, side=operation.side, time_ms=NOW_MS)
    order = replace(
        placed.order,
        status=it.order.status,
        filled=lots,
        filled_quote=lots * price,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        trade_ids=(fill.trade_id,),
    )
    return Placed(order, (fill,))


WISHES: dict[str, Wish | None] = {
    # One endpoint tells open and past orders together.
    "closed orders": None,
    "past orders": Wish(operation=GetClosedOrders(SYMBOL), call=lambda c: c.fetch_orders(SYMBOL)),
    "past orders of a span": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=10),
        call=lambda c: c.fetch_orders(SYMBOL, NOW_MS - 9_000, 10, {"until": NOW_MS}),
    ),
    "two tickers": Wish(
        operation=GetTickers((SYMBOL, "ETH/BTC")),
        call=lambda c: c.fetch_tickers([SYMBOL, "ETH/BTC"]),
    ),
    "candles of a span": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS, until_ms=NOW_MS + 1, limit=7),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", NOW_MS, 7, {"until": NOW_MS + 1}),
    ),
    "more candles than are given": Wish(
        operation=GetCandles(SYMBOL, 60_000, limit=5_000),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1m", None, 5_000),
    ),
    "five levels": Wish(
        operation=GetOrderBook(SYMBOL, 5), call=lambda c: c.fetch_order_book(SYMBOL, 5)
    ),
    "public trades since": Wish(
        operation=GetTrades(SYMBOL, since_ms=NOW_MS - 5_000, limit=10),
        call=lambda c: c.fetch_trades(SYMBOL, NOW_MS - 5_000, 10),
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "market order by cost": _order(
        replace(MARKET, quantity=None, quote_quantity=Decimal(50)), "market", cost="50"
    ),
    "stop": _waits(TriggerKind.STOP, stopLossPrice="18000"),
    "stop by its other name": _waits(TriggerKind.STOP, triggerPrice="18000"),
    "take profit": _waits(TriggerKind.TAKE_PROFIT, takeProfitPrice="18000"),
    "stop at the market": _waits(TriggerKind.STOP, "market", stopLossPrice="18000"),
    "take profit at the market": _waits(TriggerKind.TAKE_PROFIT, "market", takeProfitPrice="18000"),
    "stop that does not rest": _waits(TriggerKind.STOP, stopLossPrice="18000", timeInForce="IOC"),
    "cancel all": Wish(
        operation=CancelAllOrders(SYMBOL), call=lambda c: c.cancel_all_orders(SYMBOL)
    ),
    "dry run": _order(replace(ORDER, dry_run=True), test=True),
    "order by our id": Wish(
        operation=GetOrder(SYMBOL, client_id=CLIENT_ID),
        call=lambda c: c.fetch_order(None, SYMBOL, {"clientOrderId": CLIENT_ID}),
    ),
    "all open orders": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    "own trades of an order": Wish(
        operation=GetOwnTrades(SYMBOL, order_id="28"),
        call=lambda c: c.fetch_order_trades("28", SYMBOL),
    ),
    "own trades of a span": Wish(
        operation=GetOwnTrades(
            SYMBOL, since_ms=NOW_MS - 5_000, until_ms=NOW_MS, from_id="7", limit=10
        ),
        call=lambda c: c.fetch_my_trades(
            SYMBOL, NOW_MS - 5_000, 10, {"until": NOW_MS, "fromId": "7"}
        ),
    ),
    "rights of the key": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.sapi_get_account_apirestrictions(),
        reads=_read_rights,
    ),
}


def _pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # ccxt tells the two kinds apart by the length of the text, so no line end may hang on.
    return pem.decode().strip()


def _other_keys() -> dict[str, tuple[dict[str, str], tuple[str, ...]]]:
    drawn = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    fixed = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    name, some = "A" * 64, ("limit order", "cancel", "balances", "rights of the key")
    return {
        "RSA": ({"api_key": name, "api_secret": _pem(drawn)}, some),
        "Ed25519": ({"api_key": name, "api_secret": _pem(fixed)}, some),
    }


TABLE = Table(
    symbol=SYMBOL,
    unknown_key="A" * 64,
    unknown_order="999999999",
    settings={
        "options": {
            "fetchMarkets": {"types": ["spot"]},
            "fetchMargins": False,
            "fetchOpenOrders": {"warnWithoutSymbol": False},
        }
    },
    # The suite holds a client that is called binance to the real addresses.
    conformance={"id": "binance-on-paper"},
    mistakes=MISTAKES,
    wire=Wire(
        wishes=WISHES,
        key={
            "api_key": "drawbridgeTestKey".ljust(64, "0"),
            "api_secret": "drawbridgeTestSecret".ljust(64, "0"),
        },
        other_keys=_other_keys(),
        results={PlaceOrder: _placed},
        unasked={GetStreamToken: "its streams of user data are opened by a signature now"},
        # The id is that of the cancellation; what the order was named stands in another field.
        unread=dict.fromkeys((CancelOrder, CancelAllOrders), frozenset({"clientOrderId"})),
        refusals={
            "bad_key": "AuthenticationError",
            "bad_key_format": "AuthenticationError",
            "bad_signature": "AuthenticationError",
            "ip_not_allowed": "AuthenticationError",
            "key_expired": "AuthenticationError",
            "right_missing": "AuthenticationError",
            "stale_stamp": "InvalidNonce",
            "stamp_ahead": "InvalidNonce",
            "missing_parameter": "BadRequest",
            "malformed": "BadRequest",
            "unknown_endpoint": "BadRequest",
            "unknown_symbol": "BadSymbol",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "insufficient_funds": "InsufficientFunds",
            "too_small": "InvalidOrder",
            "too_large": "InvalidOrder",
            "quantity_off_step": "InvalidOrder",
            "price_off_tick": "InvalidOrder",
            # ccxt knows the filter by no name of its own.
            "notional_too_small": "BadRequest",
            "price_out_of_range": "InvalidOrder",
            "post_only_would_take": "OrderImmediatelyFillable",
            "duplicate_client_id": "InvalidOrder",
            "rate_limited": "DDoSProtection",
            "banned": "DDoSProtection",
            "timed_out": "RequestTimeout",
            "maintenance": "OnMaintenance",
            "market_closed": "MarketClosed",
        },
    ),
)
