"""Wishes that every exchange can be asked for: ours, and the same in ccxt's words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drawbridge.core.money import plain
from drawbridge.core.operations import (
    CancelOrder,
    CheckAccess,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetFixed,
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
from drawbridge.core.orders import OrderType, Side
from drawbridge.wire.endpoints import OPERATIONS
from tests.real_clients.examples import CLIENT_ID, Examples
from tests.real_clients.referee import Referee
from tests.real_clients.table import Client, Kind, Wish

Call = Callable[[Client], Any]

_NAMED = {"clientOrderId": CLIENT_ID}


def wishes_of(referee: Referee) -> dict[str, Wish]:
    """Give an exchange's wishes: the usual ones, changed as its table says."""
    table, known = referee.table, known_operations(referee)
    usual: dict[str, Wish | None] = {
        name: wish
        for name, wish in usual_wishes(referee.examples).items()
        if type(wish.operation) in known
        and not any(name in _NEEDING.get(kind, ()) for kind in table.lacks)
    }
    return {name: wish for name, wish in {**usual, **table.wire.wishes}.items() if wish is not None}


def known_operations(referee: Referee) -> set[type[Operation[Any]]]:
    """Give the operations of an exchange's table that ask for more than a fixed answer."""
    rows = referee.exchange.endpoints.rows()
    known = {OPERATIONS[name] for row in rows for name in row.operations}
    return known - {GetFixed, CheckAccess}


_NEEDING = {
    Kind.MARKET_ORDER: ("market order", "market order to sell"),
    Kind.POST_ONLY: ("post-only order",),
    Kind.CANCEL_BY_CLIENT_ID: ("cancel by our id",),
    Kind.TICKERS: ("all tickers",),
    Kind.OPEN_ORDERS: ("open orders",),
    Kind.OWN_TRADES: ("own trades",),
}


def limit_order(it: Examples) -> PlaceOrder:
    """Give an order to buy, as the calls of `create` ask for it."""
    return PlaceOrder(
        symbol=it.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=it.lots,
        price=it.price(1),
        client_id=CLIENT_ID,
    )


def create(it: Examples, kind: str = "limit", side: str = "buy", **params: object) -> Call:
    """Give ccxt's call for an order like `limit_order`; its amounts are in contracts."""
    amount = plain(it.lots / it.market.contract_size)
    price = plain(it.price(1)) if kind == "limit" else None
    return lambda c: c.create_order(it.symbol, kind, side, amount, price, {**_NAMED, **params})


def usual_wishes(it: Examples) -> dict[str, Wish]:
    """Give what nearly every exchange can be asked for."""
    return {**_public(it), **_private(it)}


def _public(it: Examples) -> dict[str, Wish]:
    symbol = it.symbol
    return {
        "server time": Wish(operation=GetServerTime(), call=lambda c: c.fetch_time()),
        "markets": Wish(operation=GetMarkets(), call=lambda c: c.fetch_markets()),
        "currencies": Wish(operation=GetCurrencies(), call=lambda c: c.fetch_currencies()),
        "ticker": Wish(operation=GetTicker(symbol), call=lambda c: c.fetch_ticker(symbol)),
        "all tickers": Wish(operation=GetTickers(), call=lambda c: c.fetch_tickers()),
        "candles": Wish(
            operation=GetCandles(symbol, 60_000), call=lambda c: c.fetch_ohlcv(symbol, "1m")
        ),
        "order book": Wish(
            operation=GetOrderBook(symbol), call=lambda c: c.fetch_order_book(symbol)
        ),
        "public trades": Wish(operation=GetTrades(symbol), call=lambda c: c.fetch_trades(symbol)),
    }


def _private(it: Examples) -> dict[str, Wish]:
    symbol, number, limit = it.symbol, it.order_id, limit_order(it)
    market = replace(limit, type=OrderType.MARKET, price=None)
    return {
        "balances": Wish(operation=GetBalances(), call=lambda c: c.fetch_balance()),
        "limit order": Wish(operation=limit, call=create(it)),
        "limit order to sell": Wish(
            operation=replace(limit, side=Side.SELL), call=create(it, side="sell")
        ),
        "post-only order": Wish(
            operation=replace(limit, post_only=True), call=create(it, postOnly=True)
        ),
        "market order": Wish(operation=market, call=create(it, "market")),
        "market order to sell": Wish(
            operation=replace(market, side=Side.SELL), call=create(it, "market", "sell")
        ),
        "cancel": Wish(
            operation=CancelOrder(symbol, order_id=number),
            call=lambda c: c.cancel_order(number, symbol),
        ),
        "cancel by our id": Wish(
            operation=CancelOrder(symbol, client_id=CLIENT_ID),
            call=lambda c: c.cancel_order("", symbol, _NAMED),
        ),
        "order": Wish(
            operation=GetOrder(symbol, order_id=number),
            call=lambda c: c.fetch_order(number, symbol),
        ),
        "open orders": Wish(
            operation=GetOpenOrders(symbol), call=lambda c: c.fetch_open_orders(symbol)
        ),
        "closed orders": Wish(
            operation=GetClosedOrders(symbol), call=lambda c: c.fetch_closed_orders(symbol)
        ),
        "own trades": Wish(
            operation=GetOwnTrades(symbol), call=lambda c: c.fetch_my_trades(symbol)
        ),
    }
