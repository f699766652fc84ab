"""Writing results and errors as Binance answers them; the forms stand in the `_answers` modules.

Source: binance-spot-api-docs, rest-api and errors, 2026-07-21.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetStreamToken,
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
    PlaceOrder,
)
from drawbridge.exchanges.binance.codec import account_answers, market_answers, order_answers
from drawbridge.wire.codec import ServerView
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer

_JSON: Final[Headers] = ((b"content-type", b"application/json;charset=UTF-8"),)
_OK: Final = 200
_LIMIT_HEADERS: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {
        "weight": (b"x-mbx-used-weight", b"x-mbx-used-weight-1m"),
        "orders_10s": (b"x-mbx-order-count-10s",),
        "orders_1d": (b"x-mbx-order-count-1d",),
    }
)


def encode_answer(operation: Operation[Any], result: Any, view: ServerView) -> WireAnswer:  # noqa: ANN401  each operation has its own type of result
    """Write the result of an operation."""
    if type(operation) is GetFixed:
        return WireAnswer(_OK, result, _JSON)
    document = _WRITERS[type(operation)](operation, result, view)
    return WireAnswer(_OK, orjson.dumps(document), _JSON)


def write_error(error: RawError) -> WireAnswer:
    """Write an error as `{"code": …, "msg": …}`."""
    body = {"code": int(error.code), "msg": error.message}
    return WireAnswer(error.status, orjson.dumps(body), _JSON)


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how much of each limit is used up, where the exchange tells it."""
    if not used:
        return ()
    return tuple(
        (name, b"%d" % count)
        for limit, count in used.items()
        for name in _LIMIT_HEADERS.get(limit, ())
    )


def order_id(number: int) -> str:
    """Give the n-th order's id: the number itself."""
    return str(number)


def trade_id(number: int) -> str:
    """Give the n-th trade's id: the number itself."""
    return str(number)


_WRITERS: Final[Mapping[type[Operation[Any]], Callable[[Any, Any, ServerView], object]]] = (
    MappingProxyType(
        {
            GetServerTime: market_answers.server_time,
            GetMarkets: market_answers.exchange_info,
            GetCurrencies: account_answers.currencies,
            GetTicker: market_answers.one_ticker,
            GetTickers: market_answers.all_tickers,
            GetCandles: market_answers.candles,
            GetOrderBook: market_answers.order_book,
            GetTrades: market_answers.trades,
            GetBalances: account_answers.balances,
            PlaceOrder: order_answers.placed,
            CancelOrder: order_answers.cancelled,
            CancelAllOrders: order_answers.all_cancelled,
            GetOrder: order_answers.one_order,
            GetOpenOrders: order_answers.open_orders,
            GetClosedOrders: order_answers.closed_orders,
            GetOwnTrades: order_answers.own_trades,
            GetKeyRights: account_answers.key_rights,
            GetStreamToken: account_answers.stream_token,
        }
    )
)
