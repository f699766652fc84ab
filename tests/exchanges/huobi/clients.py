"""HTX as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetKeyRights,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnName,
    GetOwnTrades,
    GetTickers,
    GetTrades,
    KeyRights,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.wire.naming import ACCOUNT, USER
from tests.exchanges.huobi.wrongs import MISTAKES, REFUSALS
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Client, Table, Wire, Wish

SYMBOL = "BTC/USDT"
KEY = "drawbri-dge00000-htxtest0-00001"
NAMES = {ACCOUNT: "100009", USER: "123456"}
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
SPOT_ONLY = {"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}}
SINCE_MS = NOW_MS - 9_000


def _order(changed: PlaceOrder, kind: str = "limit", side: str = "buy", **params: object) -> Wish:
    named = {"clientOrderId": CLIENT_ID, **params}
    price = "20000" if kind == "limit" else None
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, kind, side, "0.001", price, named),
    )


def _waits(side: Side, kind: TriggerKind, operator: str) -> Wish:
    trigger = Trigger(kind, Decimal(21_000))
    return _order(
        replace(ORDER, side=side, trigger=trigger),
        side=side.value,
        stopPrice="21000",
        operator=operator,
    )


def _states(states: str, **asked: object) -> Callable[[Client], object]:
    return lambda c: c.fetch_spot_orders_by_states(states, SYMBOL, **asked)


def _read_name(ours: str, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert [row["id"] for row in theirs] == [ours]


def _read_uid(ours: str, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert str(theirs["data"]) == ours


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    (row,) = theirs["data"]
    assert set(row["permission"].split(",")) == ours.switches
    assert row["accessKey"] == ours.key


def _read_done(ours: object, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert ours == ()
    assert int(theirs[0]["info"]["failed-count"]) == 0


def _read_placed(ours: Placed, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert theirs["id"] == ours.order.order_id


def _read_cancelled(ours: Order, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert (theirs["status"], ours.status) == ("canceled", OrderStatus.CANCELLED)


def _know_accounts(client: Client) -> None:
    """Let ccxt know its account beforehand; it asks once and then never again."""
    account = {"id": NAMES[ACCOUNT], "type": "spot"}
    client.accounts = [{**account, "info": account}]


WISHES: dict[str, Wish | None] = {
    "candles": Wish(
        operation=GetCandles(SYMBOL, 60_000), call=lambda c: c.fetch_ohlcv(SYMBOL, "1m")
    ),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=3),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000, limit=3),
    ),
    "book of 20": Wish(
        operation=GetOrderBook(SYMBOL, 20), call=lambda c: c.fetch_order_book(SYMBOL, 20)
    ),
    "some trades": Wish(
        operation=GetTrades(SYMBOL, limit=5), call=lambda c: c.fetch_trades(SYMBOL, limit=5)
    ),
    "accounts": Wish(
        operation=GetOwnName(ACCOUNT), call=lambda c: c.fetch_accounts(), reads=_read_name
    ),
    "owner": Wish(
        operation=GetOwnName(USER), call=lambda c: c.spotPrivateGetV2UserUid(), reads=_read_uid
    ),
    "key rights": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.spotPrivateGetV2UserApiKey({"uid": "123456", "accessKey": KEY}),
        reads=_read_rights,
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    # Markets are bought by their cost and by nothing else.
    "market order": Wish(
        operation=replace(
            ORDER, type=OrderType.MARKET, price=None, quantity=None, quote_quantity=Decimal(25)
        ),
        call=lambda c: c.create_market_buy_order_with_cost(
            SYMBOL, 25, {"clientOrderId": CLIENT_ID}
        ),
        reads=_read_placed,
    ),
    "stop to buy": _waits(Side.BUY, TriggerKind.STOP, "gte"),
    "stop to sell": _waits(Side.SELL, TriggerKind.STOP, "lte"),
    "take profit": _waits(Side.SELL, TriggerKind.TAKE_PROFIT, "gte"),
    "all open orders": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL), call=_states("filled,partial-canceled,canceled")
    ),
    "closed orders since": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=SINCE_MS, limit=5),
        call=_states("filled,partial-canceled,canceled", since=SINCE_MS, limit=5),
    ),
    "orders of all": Wish(
        operation=GetClosedOrders(),
        call=lambda c: c.parse_orders(c.spotPrivateGetV1OrderHistory()["data"]),
    ),
    "own trades since": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=SINCE_MS, until_ms=SINCE_MS + 2 * DAY_MS, limit=5),
        call=lambda c: c.fetch_my_trades(
            SYMBOL, since=SINCE_MS, limit=5, params={"until": SINCE_MS + 2 * DAY_MS}
        ),
    ),
    "trades of an order": Wish(
        operation=GetOwnTrades(SYMBOL, order_id="1083000000000028"),
        call=lambda c: c.fetch_order_trades("1083000000000028", SYMBOL),
    ),
    "order by our id": Wish(
        operation=GetOrder(SYMBOL, client_id=CLIENT_ID),
        call=lambda c: c.fetch_order("", SYMBOL, {"clientOrderId": CLIENT_ID}),
    ),
    "cancel by our id": Wish(
        operation=CancelOrder(client_id=CLIENT_ID),
        call=lambda c: c.cancel_order("", SYMBOL, {"clientOrderId": CLIENT_ID}),
        reads=_read_cancelled,
    ),
    "cancel all of a symbol": Wish(
        operation=CancelAllOrders(SYMBOL),
        call=lambda c: c.cancel_all_orders(SYMBOL),
        reads=_read_done,
    ),
    "cancel all": Wish(
        operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders(), reads=_read_done
    ),
}

# ccxt knows no order that may only rest when it reads one.
_ORDER_UNREAD = frozenset({"postOnly"})

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="zzzzzzzz-zzzzzzzz-zzzzzzzz-zzzzz",
    unknown_order="1999999999999999",
    too_little="0.000001",
    settings={"options": SPOT_ONLY},
    buys_by_cost=True,
    # Such an order is taken in and cancelled.
    post_only_raises="",
    rate_limit_raises="RateLimitExceeded",
    mistakes=MISTAKES,
    wire=Wire(
        wishes=WISHES,
        key={"api_key": KEY, "api_secret": "11111111-22222222-33333333-44444"},
        names=NAMES,
        freeze=_know_accounts,
        results={GetOwnName: lambda operation: NAMES[operation.of]},
        unread={
            # It has no long names of currencies.
            GetCurrencies: frozenset({"name"}),
            # Amounts are numbers of JSON there, and ccxt reads these as floats.
            GetTickers: frozenset({"quoteVolume"}),
            GetOrder: _ORDER_UNREAD,
            GetOpenOrders: _ORDER_UNREAD,
            GetClosedOrders: _ORDER_UNREAD,
        },
        states={OrderStatus.EXPIRED: "canceled", OrderStatus.REJECTED: "canceled"},
        refusals=REFUSALS,
    ),
)
