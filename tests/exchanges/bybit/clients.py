"""Bybit as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import (
    CancelAllOrders,
    GetCandles,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTickers,
    GetTrades,
    KeyRights,
    PlaceOrder,
)
from drawbridge.core.orders import Fill, OrderType, Side, TimeInForce, Trigger, TriggerKind
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import CLIENT_ID, NOW_MS, Examples
from tests.real_clients.table import Client, Kind, Mistake, Sent, Table, Wire, Wish

SYMBOL = "BTC/USDT"
UNKNOWN = "1523347543495541248"
NAMED = {"clientOrderId": CLIENT_ID}
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
MARKET = replace(ORDER, type=OrderType.MARKET, price=None)
_AUTHENTICATION = "AuthenticationError"
_DENIED = "PermissionDenied"
_INVALID = "InvalidOrder"
_ABSENT = "OrderNotFound"


def _order(changed: PlaceOrder, **params: object) -> Wish:
    side = changed.side.value
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", side, "0.001", "20000", {**NAMED, **params}),
    )


def _stop(kind: TriggerKind, side: Side, name: str) -> Wish:
    changed = replace(ORDER, side=side, trigger=Trigger(kind, Decimal(21_000)))
    return _order(changed, **{name: "21000"})


def _market(changed: PlaceOrder, amount: str, **params: object) -> Wish:
    side = changed.side.value
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "market", side, amount, None, {**NAMED, **params}),
    )


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    groups = theirs["result"]["permissions"]
    listed = {f"{group}.{name}" for group, names in groups.items() for name in names}
    assert ours.switches == {"read"} | (set() if theirs["result"]["readOnly"] else listed)


def _checked(client: Client) -> Any:  # noqa: ANN401  as the exchange tells it
    request = client.create_order_request(SYMBOL, "limit", "buy", "0.001", "20000", dict(NAMED))
    return client.privatePostV5OrderPreCheck(request)


def _bought(_operation: object) -> tuple[Fill, ...]:
    # What is bought is paid for in what was bought.
    return (replace(Examples(get_exchange("bybit"), SYMBOL).fill, fee_currency="BTC"),)


def _freeze(client: Client) -> None:
    # Asked once a session: which kind of account it is.
    client.options["enableUnifiedMargin"] = False
    client.options["enableUnifiedAccount"] = True


def _as_compared(sent: Sent) -> Sent:
    """Leave out what means nothing: a question mark before nothing, and the maker's name."""
    method, url, body, headers = sent
    kept = {name: text for name, text in headers.items() if name != "referer"}
    return method, url.removesuffix("?"), body, kept


def _raw_order(**changes: object) -> Callable[[Bench], None]:
    """Place an order past ccxt's own checks."""

    def ask(bench: Bench) -> None:
        order = {
            "category": "spot",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Limit",
            "qty": "0.01",
            "price": "20000",
        }
        bench.desk().client.privatePostV5OrderCreate({**order, **changes})

    return ask


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(clientOrderId="twice-used")


def _mistake(
    name: str, ask: Callable[[Bench], object], raises: str, says: str, status: int = 200
) -> Mistake:
    return Mistake(name=name, ask=ask, raises=raises, status=status, says=says)


WISHES: dict[str, Wish | None] = {
    # ccxt asks at the same place for contracts as well.
    "markets": Wish(operation=GetMarkets(), call=lambda c: c.fetch_spot_markets({})),
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
    "book of a depth": Wish(
        operation=GetOrderBook(SYMBOL, 10), call=lambda c: c.fetch_order_book(SYMBOL, 10)
    ),
    "some trades": Wish(
        operation=GetTrades(SYMBOL, limit=7), call=lambda c: c.fetch_trades(SYMBOL, limit=7)
    ),
    "key rights": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.privateGetV5UserQueryApi(),
        reads=_read_rights,
    ),
    "dry run": Wish(operation=replace(ORDER, dry_run=True), call=_checked),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "market order by cost": _market(
        replace(MARKET, quantity=None, quote_quantity=Decimal(25)), "25", cost="25"
    ),
    "market order to sell for so much": _market(
        replace(MARKET, side=Side.SELL, quantity=None, quote_quantity=Decimal(25)), "25", cost="25"
    ),
    "stop to buy": _stop(TriggerKind.STOP, Side.BUY, "stopLossPrice"),
    "stop to sell": _stop(TriggerKind.STOP, Side.SELL, "stopLossPrice"),
    "take profit to buy": _stop(TriggerKind.TAKE_PROFIT, Side.BUY, "takeProfitPrice"),
    "take profit to sell": _stop(TriggerKind.TAKE_PROFIT, Side.SELL, "takeProfitPrice"),
    "cancel all of a symbol": Wish(
        operation=CancelAllOrders(SYMBOL), call=lambda c: c.cancel_all_orders(SYMBOL)
    ),
    "open orders": Wish(
        operation=GetOpenOrders(SYMBOL), call=lambda c: c.fetch_open_orders(SYMBOL, None, 50)
    ),
    "conditional orders": Wish(
        operation=GetOpenOrders(SYMBOL, conditional=True),
        call=lambda c: c.fetch_open_orders(SYMBOL, None, 50, {"trigger": True}),
    ),
    # ccxt's own call for closed orders leaves out those that were cancelled.
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL),
        call=lambda c: c.fetch_canceled_and_closed_orders(SYMBOL, None, 50),
    ),
    "closed orders of a span": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=7),
        call=lambda c: c.fetch_canceled_and_closed_orders(
            SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}
        ),
    ),
    "own trades": Wish(
        operation=GetOwnTrades(SYMBOL), call=lambda c: c.fetch_my_trades(SYMBOL, None, 100)
    ),
    "own trades of a span": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=7),
        call=lambda c: c.fetch_my_trades(SYMBOL, NOW_MS - 9_000, 7, {"until": NOW_MS}),
    ),
}

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="A" * 18,
    unknown_order=UNKNOWN,
    too_little="0.00002",
    # Without the first ccxt only warns that no more than the last 500 orders are told.
    settings={"options": {"fetchOrder": {"acknowledged": True}, "defaultType": "spot"}},
    lacks={Kind.CANCEL_BY_CLIENT_ID: "ccxt passes on orderLinkId only, beside an empty orderId"},
    mistakes=(
        _mistake("wrong secret", mistakes.wrong_secret, _AUTHENTICATION, "10004"),
        _mistake("unknown key", mistakes.unknown_key, _AUTHENTICATION, "10003"),
        _mistake("no trading right", mistakes.no_trading_right, _DENIED, "10005"),
        _mistake("stale stamp", mistakes.stale_stamp, "InvalidNonce", "10002"),
        _mistake("other address", mistakes.other_address, _DENIED, "10010"),
        _mistake("too little money", mistakes.too_little_money, "InsufficientFunds", "170131"),
        _mistake("below the smallest size", mistakes.below_smallest, _INVALID, "170140"),
        _mistake("below the smallest quantity", _raw_order(qty="0.000001"), _INVALID, "170136"),
        _mistake("price off the tick", _raw_order(price="20000.01"), _INVALID, "170134"),
        _mistake("quantity off the step", _raw_order(qty="0.0100001"), _INVALID, "170137"),
        _mistake("a price in words", _raw_order(price="cheap"), "BadRequest", "10001"),
        _mistake("borrowed money", _raw_order(isLeverage=1), "BadRequest", "isLeverage"),
        _mistake("an order of a contract", _raw_order(category="linear"), "BadRequest", "category"),
        _mistake("the same id twice", _same_id_twice, _INVALID, "170141"),
        _mistake("unknown order", mistakes.unknown_order, _ABSENT, "170213"),
        _mistake("unknown order, asked for", mistakes.unknown_order_asked, _ABSENT, "170213"),
        _mistake("unknown symbol", mistakes.unknown_symbol("AAABBB"), _INVALID, "170121"),
        _mistake(
            "order of an unknown symbol",
            mistakes.order_of_unknown_symbol("AAABBB"),
            _INVALID,
            "170121",
        ),
        _mistake(
            "money on its way out",
            lambda bench: bench.desk().client.withdraw("BTC", 0.01, "an-address"),
            _DENIED,
            "10005",
        ),
        _mistake(
            "no such path",
            lambda bench: bench.desk().client.privateGetV5AssetAssetOverview(),
            "ExchangeNotAvailable",
            "404",
            404,
        ),
    ),
    post_only_raises=_INVALID,
    rate_limit_raises="RateLimitExceeded",
    stop_by="triggerPrice",
    stop_apart=True,
    wire=Wire(
        key={
            "api_key": "Zb8Qk2fVn3mR7sXp1T",
            "api_secret": "9wYtG5hJk2LmN8pQrS4uVx6zA1bC3dE7fH0i",
        },
        freeze=_freeze,
        as_compared=_as_compared,
        unread={
            # The time stands in the envelope, where ccxt does not look.
            GetTicker: frozenset({"timestamp"}),
            GetTickers: frozenset({"timestamp"}),
            # ccxt does not read that an order is post-only.
            **dict.fromkeys(
                (GetOrder, GetOpenOrders, GetClosedOrders, PlaceOrder), frozenset({"postOnly"})
            ),
        },
        # A part of it was filled: to ccxt it is done.
        states={None: "closed"},
        results={GetOwnTrades: _bought},
        refusals={
            "bad_key": _AUTHENTICATION,
            "key_expired": _AUTHENTICATION,
            "bad_signature": _AUTHENTICATION,
            "stale_stamp": "InvalidNonce",
            "right_missing": _DENIED,
            "ip_not_allowed": _DENIED,
            "insufficient_funds": "InsufficientFunds",
            "too_small": _INVALID,
            "notional_too_small": _INVALID,
            "price_off_tick": _INVALID,
            "quantity_off_step": _INVALID,
            "price_out_of_range": _INVALID,
            "post_only_would_take": _INVALID,
            "unknown_symbol": _INVALID,
            "malformed": "BadRequest",
            "rate_limited": "RateLimitExceeded",
            "banned": "RateLimitExceeded",
        },
        wishes=WISHES,
    ),
)
