"""CEX.IO as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import ccxt.async_support as asynchronous

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    CheckAccess,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from tests.exchanges.cex.mistakes import ACCOUNT, MISTAKES
from tests.real_clients.examples import CLIENT_ID, NOW_MS, Examples
from tests.real_clients.table import Client, Kind, Table, Wire, Wish

SYMBOL = "BTC/USD"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
BY_COST = replace(
    ORDER, type=OrderType.MARKET, price=None, quantity=None, quote_quantity=Decimal(25)
)
_YEAR_MS = 364 * 86_400_000


def _order(changed: PlaceOrder, **params: object) -> Wish:
    named = {"clientOrderId": CLIENT_ID, **params}
    kind, side = changed.type.value, changed.side.value
    price = None if changed.price is None else str(changed.price)
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, kind, side, "0.001", price, named),
    )


def _unread(_ours: object, _theirs: object) -> None:
    """Compare nothing: the answer holds nothing."""


def _same_names(ours: Any, theirs: Any) -> None:  # noqa: ANN401  orders of which only names are told
    assert [order.client_id for order in ours] == [row["clientOrderId"] for row in theirs]


def _balances(ours: Any, theirs: Any) -> None:  # noqa: ANN401  as ccxt has them
    for row in ours:
        their = theirs[row.currency]
        told = [Decimal(their[name]) for name in ("free", "used", "total")]
        assert told == [row.free, row.held, row.total]


WISHES: dict[str, Wish | None] = {
    "currencies": Wish(
        operation=GetCurrencies(),
        call=lambda c: c.fetch_currencies(),
        beside=("processing",),
    ),
    "balances": Wish(
        operation=GetBalances(),
        call=lambda c: c.fetch_balance(
            {"method": "privatePostGetMyAccountStatusV3", "account": ACCOUNT}
        ),
        reads=_balances,
    ),
    "ticker": None,
    "one ticker of several": Wish(
        operation=GetTickers((SYMBOL,)), call=lambda c: c.fetch_tickers([SYMBOL])
    ),
    "candles": None,
    "candles until now": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, limit=10),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", None, 10),
    ),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 60_000, since_ms=NOW_MS - 600_000, limit=5),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1m", NOW_MS - 600_000, 5),
    ),
    "public trades since": Wish(
        operation=GetTrades(SYMBOL, since_ms=NOW_MS - 5_000, limit=10),
        call=lambda c: c.fetch_trades(SYMBOL, NOW_MS - 5_000, 10),
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    # ccxt sends a stop as a limit order with two words more, which the documents do not know.
    "order": Wish(
        operation=GetOrder(SYMBOL, "28"), call=lambda c: c.fetch_open_order("28", SYMBOL)
    ),
    "order that has ended": Wish(
        operation=GetOrder(SYMBOL, "28", ended=True),
        call=lambda c: c.fetch_closed_order("28", SYMBOL),
    ),
    "all open orders": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL), call=lambda c: c.fetch_closed_orders(SYMBOL)
    ),
    "closed orders of a span": Wish(
        operation=GetClosedOrders(SYMBOL, NOW_MS - _YEAR_MS, NOW_MS, limit=10),
        call=lambda c: c.fetch_closed_orders(SYMBOL, NOW_MS - _YEAR_MS, 10, {"until": NOW_MS}),
    ),
    "cancel": Wish(
        operation=CancelOrder(SYMBOL, "28"),
        call=lambda c: c.cancel_order("28", SYMBOL),
        reads=_unread,
    ),
    "cancel all": Wish(
        operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders(), reads=_same_names
    ),
    "own trades": None,
}


def _prepare(client: Client) -> None:
    # Open orders and those that have ended are asked for apart, and ccxt puts the two together
    # nowhere.
    client.fetch_order = partial(_fetch_order, client)
    if isinstance(client, asynchronous.Exchange):
        client.fetch_order = partial(_fetch_order_later, client)


def _fetch_order(client: Client, number: str, symbol: str, params: Any = None) -> Any:  # noqa: ANN401  as ccxt has it
    found = client.fetch_open_order(number, symbol, params or {})
    return found or client.fetch_closed_order(number, symbol, params or {})


async def _fetch_order_later(client: Client, number: str, symbol: str) -> Any:  # noqa: ANN401  as ccxt has it
    return await client.fetch_open_order(number, symbol) or await client.fetch_closed_order(
        number, symbol
    )


def _told(operation: GetOrder) -> Order:
    """Answer with an example order of the kind that is asked for."""
    it = Examples(get_exchange("cex"), SYMBOL)
    order = it.order
    if not operation.ended:
        return order
    cost = order.quantity * it.price(1)
    status = OrderStatus.FILLED
    return replace(order, status=status, filled=order.quantity, filled_quote=cost)


TABLE = Table(
    symbol=SYMBOL,
    unknown_key="A" * 22,
    unknown_order="999999999",
    settings={
        "options": {
            "createOrder": {"accountId": ACCOUNT},
            "fetchOHLCV": {"dataType": "bestBid"},
        }
    },
    prepare=_prepare,
    tells_held=False,
    cancel_raises="ExchangeError",
    rate_limit_raises="RateLimitExceeded",
    stop_by="triggerPrice",
    lacks={
        Kind.POST_ONLY: "there are no orders that may only rest",
        Kind.CANCEL_BY_CLIENT_ID: "ccxt makes a number of the id",
        Kind.OWN_TRADES: "ccxt has no call for them: single executions are told nowhere",
    },
    mistakes=MISTAKES,
    wire=Wire(
        wishes=WISHES,
        results={GetOrder: _told},
        unread={
            GetMarkets: frozenset({"active", "maker", "taker"}),
            GetCurrencies: frozenset({"name"}),
            GetTickers: frozenset({"bidVolume", "askVolume", "open"}),
            GetTrades: frozenset({"id"}),
        },
        unasked={
            GetOwnTrades: "ccxt has no call for them; ours reads them off orders",
            CheckAccess: "only our own probe asks it",
        },
        # Those of an order are not among them: ccxt looks for them in its answer alone.
        refusals={
            "bad_key": "AuthenticationError",
            "bad_key_format": "AuthenticationError",
            "bad_signature": "ExchangeError",
            "ip_not_allowed": "ExchangeError",
            "key_expired": "ExchangeError",
            "right_missing": "ExchangeError",
            "stale_stamp": "ExchangeError",
            "stamp_ahead": "ExchangeError",
            "missing_parameter": "ExchangeError",
            "malformed": "BadRequest",
            "unknown_endpoint": "ExchangeError",
            "unknown_symbol": "ExchangeError",
            "unknown_order": "ExchangeError",
            "unknown_order_cancel": "ExchangeError",
            "rate_limited": "RateLimitExceeded",
            "banned": "RateLimitExceeded",
            "timed_out": "ExchangeError",
            "maintenance": "ExchangeError",
        },
    ),
)
