"""Reading Binance's answers as our values, exactly or not at all.

An answer that cannot be understood is an unknown outcome and never a guess: money is read from
texts only, whole numbers from whole numbers only. Fields that we have no use for are let be.

Source: binance-spot-api-docs, rest-api; developers.binance.com, wallet, 2026-07-21.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from drawbridge.core.errors import BadInput, NotFound, OutcomeUnknown
from drawbridge.core.markets import Markets
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
from drawbridge.exchanges.binance.codec import account_results, market_results, order_results
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer

_FIRST_ERROR: Final = 400
_OK: Final = 200
_MAX_TOLD: Final = 200


def decode_answer(operation: Operation[Any], answer: WireAnswer, markets: Markets) -> Any:  # noqa: ANN401  each operation has its own type of result
    """Read the answer to an operation. Raises: `OutcomeUnknown("unreadable_answer")`."""
    if type(operation) is GetFixed:
        return answer.body
    try:
        return _READERS[type(operation)](operation, orjson.loads(answer.body), markets)
    except (AttributeError, BadInput, LookupError, NotFound, TypeError, ValueError):
        # The parser's own text is dropped: it may quote what it read.
        raise OutcomeUnknown(
            "unreadable_answer", operation=type(operation).__name__, status=answer.status
        ) from None


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what the answer says went wrong, None when all is well.

    A page that is not JSON (a firewall's, a proxy's) is an error without a code.
    """
    body = answer.body
    if answer.status == _OK and not body.startswith(b'{"code"'):
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("code"), int):
        code, told = document["code"], str(document.get("msg", ""))
        # `{"code": 200, "msg": "success"}` is how some requests are answered when all is well.
        if answer.status < _FIRST_ERROR and code in {0, _OK}:
            return None
        return RawError(answer.status, str(code), told[:_MAX_TOLD])
    if answer.status < _FIRST_ERROR:
        return None
    return RawError(answer.status, "", body[:_MAX_TOLD].decode("utf-8", "replace"))


_READERS: Final[Mapping[type[Operation[Any]], Callable[[Any, Any, Markets], object]]] = (
    MappingProxyType(
        {
            GetServerTime: market_results.server_time,
            GetMarkets: market_results.markets,
            GetCurrencies: account_results.currencies,
            GetTicker: market_results.ticker,
            GetTickers: market_results.tickers,
            GetCandles: market_results.candles,
            GetOrderBook: market_results.order_book,
            GetTrades: market_results.trades,
            GetBalances: account_results.balances,
            PlaceOrder: order_results.placed,
            CancelOrder: order_results.cancelled,
            CancelAllOrders: order_results.all_cancelled,
            GetOrder: order_results.one_order,
            GetOpenOrders: order_results.open_orders,
            GetClosedOrders: order_results.closed_orders,
            GetOwnTrades: order_results.own_trades,
            GetKeyRights: account_results.key_rights,
            GetStreamToken: account_results.stream_token,
        }
    )
)
