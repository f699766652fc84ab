"""Gate as its real clients meet it.

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
    GetTickers,
    GetTrades,
    KeyRights,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce
from tests.exchanges.gate.wrongs import MISTAKES, REFUSALS
from tests.real_clients.examples import NOW_MS
from tests.real_clients.table import Kind, Table, Wire, Wish

SYMBOL = "BTC/USDT"
ID = "BTC_USDT"
# The client's own id as both sides tell it: its mark belongs to it in ccxt's words, not in ours.
OWN = "dbabcdefghij23456"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=OWN,
)


def _order(changed: PlaceOrder, kind: str = "limit", side: str = "buy", **params: object) -> Wish:
    named = {"clientOrderId": OWN, **params}
    price = "20000" if kind == "limit" else None
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, kind, side, "0.001", price, named),
    )


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    (row,) = theirs
    told = {it["name"] for it in row["perms"]}
    assert told == {name.removesuffix(".write") for name in ours.switches}
    assert bool(row["ip_whitelist"]) is ours.ip_bound


def _read_one_ticker(ours: Any, theirs: Any) -> None:  # noqa: ANN401  a tuple of one, and ccxt's
    assert Decimal(theirs["last"]) == ours[0].last
    assert Decimal(theirs["bid"]) == ours[0].bid
    assert Decimal(theirs["ask"]) == ours[0].ask


def _read_all(ours: Any, theirs: Any) -> None:  # noqa: ANN401  orders, and ccxt's
    assert [row["id"] for row in theirs] == [row.order_id for row in ours]
    assert {row["status"] for row in theirs} == {"canceled"}


def _marked(ours: Any, theirs: Any) -> None:  # noqa: ANN401  an order, and ccxt's
    order = ours.order if isinstance(ours, Placed) else ours
    assert theirs["clientOrderId"] == f"t-{order.client_id}"


WISHES: dict[str, Wish | None] = {
    "markets": Wish(
        operation=GetMarkets(),
        call=lambda c: c.fetch_markets(),
        beside=(
            "detail",
            "margin_currency_pairs",
            "futures_usdt_contracts",
            "futures_btc_contracts",
            "delivery_usdt_contracts",
            "delivery_btc_contracts",
            "options_underlyings",
        ),
    ),
    "one ticker": Wish(
        operation=GetTickers((SYMBOL,)),
        call=lambda c: c.fetch_ticker(SYMBOL),
        reads=_read_one_ticker,
    ),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=3),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000, limit=3),
    ),
    "some candles": Wish(
        operation=GetCandles(SYMBOL, 300_000, limit=50),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "5m", limit=50),
    ),
    "book of 20": Wish(
        operation=GetOrderBook(SYMBOL, 20), call=lambda c: c.fetch_order_book(SYMBOL, 20)
    ),
    "some trades": Wish(
        operation=GetTrades(SYMBOL, limit=5), call=lambda c: c.fetch_trades(SYMBOL, limit=5)
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    # Markets are bought by their cost and by nothing else.
    "market order": Wish(
        operation=replace(
            ORDER, type=OrderType.MARKET, price=None, quantity=None, quote_quantity=Decimal(25)
        ),
        call=lambda c: c.create_market_buy_order_with_cost(SYMBOL, 25, {"clientOrderId": OWN}),
        reads=_marked,
    ),
    "all open orders": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    "closed orders since": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000, limit=5),
        call=lambda c: c.fetch_closed_orders(SYMBOL, since=NOW_MS - 9_000, limit=5),
    ),
    "own trades since": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, limit=5),
        call=lambda c: c.fetch_my_trades(SYMBOL, since=NOW_MS - 9_000, limit=5),
    ),
    "trades of an order": Wish(
        operation=GetOwnTrades(SYMBOL, order_id="850000000028"),
        call=lambda c: c.fetch_my_trades(SYMBOL, params={"order_id": "850000000028"}),
    ),
    "order by our id": Wish(
        operation=GetOrder(SYMBOL, client_id=OWN),
        call=lambda c: c.fetch_order("", SYMBOL, {"clientOrderId": OWN}),
    ),
    "cancel by our id": Wish(
        operation=CancelOrder(SYMBOL, client_id=OWN),
        call=lambda c: c.cancel_order(f"t-{OWN}", SYMBOL),
    ),
    "cancel all of a symbol": Wish(
        operation=CancelAllOrders(SYMBOL),
        call=lambda c: c.cancel_all_orders(SYMBOL),
        reads=_read_all,
    ),
    "cancel all": Wish(
        operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders(), reads=_read_all
    ),
    "key rights": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.privateAccountGetMainKeys(),
        reads=_read_rights,
    ),
}


_NO_NAME = frozenset({"clientOrderId"})
# What an order is worth, ccxt works out of the average when it was a market order to buy.
_ORDER_UNREAD = _NO_NAME | {"fee"}

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="f" * 32,
    unknown_order="123456789012",
    too_little="0.000001",
    client_id="t-my-order-1",
    buys_by_cost=True,
    rate_limit_raises="RateLimitExceeded",
    mistakes=MISTAKES,
    lacks={
        Kind.STOP: "conditional orders stand in a list of their own, which is not carried out",
        Kind.CANCEL_BY_CLIENT_ID: "ccxt takes the client's id in place of the exchange's only",
    },
    wire=Wire(
        wishes=WISHES,
        key={
            "api_key": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
            "api_secret": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        },
        unread={
            # It tells no opening price but by how much it changed, and no sizes to ccxt.
            GetTickers: frozenset({"open", "bidVolume", "askVolume"}),
            # How finely a currency is counted is not told; ccxt puts in what it holds for safe.
            GetCurrencies: frozenset({"precision"}),
            PlaceOrder: _ORDER_UNREAD,
            CancelOrder: _ORDER_UNREAD,
            GetOrder: _ORDER_UNREAD,
            GetOpenOrders: _ORDER_UNREAD,
            GetClosedOrders: _ORDER_UNREAD,
        },
        # What the exchange ends itself, ccxt calls cancelled as well.
        states={OrderStatus.EXPIRED: "canceled", OrderStatus.REJECTED: "canceled"},
        refusals=REFUSALS,
    ),
)
