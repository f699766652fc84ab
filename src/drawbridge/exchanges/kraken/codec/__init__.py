"""Kraken's requests and answers, read and written: the tables that find the right function.

The client looks by operation, the exchange's side by endpoint, because two of Kraken's endpoints
may do the same operation and answer it differently.
"""

from collections.abc import Callable, Mapping
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
from drawbridge.exchanges.kraken.codec import account, listing, orders, placing, prices, tokens
from drawbridge.exchanges.kraken.codec.ids import order_id, trade_id
from drawbridge.exchanges.kraken.codec.values import UNREADABLE
from drawbridge.wire.codec import ServerView
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer, WireRequest

__all__ = [
    "decode_answer",
    "decode_request",
    "encode_answer",
    "encode_request",
    "limit_headers",
    "order_id",
    "read_error",
    "trade_id",
    "write_error",
]

_OK: Final = b'{"error":[],'
_STATUS_ERROR: Final = 400

# Operation → how its request is written, how its answer is read.
_CLIENT: Final[Mapping[type[Operation[Any]], tuple[Callable[..., Any], Callable[..., Any]]]] = {
    PlaceOrder: (placing.encode_place, placing.decode_placed),
    CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
    CancelAllOrders: (orders.encode_cancel_all, orders.decode_all_cancelled),
    GetOrder: (orders.encode_query, orders.decode_queried),
    GetOpenOrders: (account.encode_open, account.decode_open_answer),
    GetClosedOrders: (account.encode_closed, account.decode_closed_answer),
    GetOwnTrades: (account.encode_own_trades, account.decode_own_trades_answer),
    GetBalances: (account.encode_balances, account.decode_balances_answer),
    GetKeyRights: (account.encode_key_info, account.decode_key_info_answer),
    GetStreamToken: (tokens.encode_token, tokens.decode_token_answer),
    GetServerTime: (listing.encode_time, listing.decode_time_answer),
    GetCurrencies: (listing.encode_assets, listing.decode_assets_answer),
    GetMarkets: (listing.encode_pairs, listing.decode_pairs_answer),
    GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
    GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
    GetCandles: (prices.encode_candles, prices.decode_candles_answer),
    GetOrderBook: (prices.encode_depth, prices.decode_depth_answer),
    GetTrades: (prices.encode_trades, prices.decode_trades_answer),
}

# Endpoint → how its request is read, how its answer is written.
_SERVER: Final[Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]]] = {
    "add_order": (placing.decode_place, placing.encode_placed),
    "cancel_order": (orders.decode_cancel, orders.encode_cancelled),
    "cancel_all": (orders.decode_cancel_all, orders.encode_all_cancelled),
    "query_orders": (orders.decode_query, orders.encode_queried),
    "open_orders": (account.decode_open, account.encode_open_answer),
    "closed_orders": (account.decode_closed, account.encode_closed_answer),
    "trades_history": (account.decode_own_trades, account.encode_own_trades_answer),
    "query_trades": (account.decode_trades_by_id, account.encode_trades_by_id_answer),
    "balance_ex": (account.decode_balances, account.encode_balances_answer),
    "balance": (account.decode_balances, account.encode_totals_answer),
    "trade_volume": (account.decode_fees, account.encode_fees_answer),
    "key_info": (account.decode_key_info, account.encode_key_info_answer),
    "ws_token": (tokens.decode_token, tokens.encode_token_answer),
    "time": (listing.decode_time, listing.encode_time_answer),
    "system_status": (listing.decode_time, listing.encode_status_answer),
    "assets": (listing.decode_assets, listing.encode_assets_answer),
    "asset_pairs": (listing.decode_pairs, listing.encode_pairs_answer),
    "ticker": (prices.decode_tickers, prices.encode_tickers_answer),
    "ohlc": (prices.decode_candles, prices.encode_candles_answer),
    "depth": (prices.decode_depth, prices.encode_depth_answer),
    "trades": (prices.decode_trades, prices.encode_trades_answer),
}


def encode_request(operation: Operation[Any], markets: Markets) -> WireRequest:
    """Write an operation as an unsigned request. Raises: `BadInput`, `NotFound`."""
    found = _CLIENT.get(type(operation))
    if found is None:
        raise BadInput("unsupported_operation", field="operation")
    request: WireRequest = found[0](operation, markets)
    return request


def decode_answer(operation: Operation[Any], answer: WireAnswer, markets: Markets) -> Any:  # noqa: ANN401  the operation knows the type
    """Read the answer to an operation.

    Raises: `OutcomeUnknown("unreadable_answer")`; `NotFound` where the answer says that there is
    no such order.
    """
    decode = _CLIENT[type(operation)][1]
    try:
        return decode(operation, answer, markets)
    except NotFound as error:
        # That there is no such order is a plain answer; a pair nobody knows is none.
        if error.code != "unknown_symbol":
            raise
        raise OutcomeUnknown("unreadable_answer") from None
    except UNREADABLE:
        # What happened at the exchange, we cannot tell.
        raise OutcomeUnknown("unreadable_answer") from None


def read_error(answer: WireAnswer) -> RawError | None:
    """Give the first of an answer's errors; its code is the text up to the second colon."""
    body = answer.body
    if body.startswith(_OK):
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    told = document.get("error") if isinstance(document, dict) else None
    if isinstance(told, list) and told:
        text = str(told[0])
        return RawError(answer.status, ":".join(text.split(":", 2)[:2]), text)
    if answer.status >= _STATUS_ERROR:
        # Not Kraken speaks here but what stands before it: its text means nothing to us.
        return RawError(answer.status, "", "")
    return None


def decode_request(view: ServerView) -> Operation[Any]:
    """Read a request. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    operation: Operation[Any] = _SERVER[view.endpoint.name][0](view)
    return operation


def encode_answer(operation: Operation[Any], result: Any, view: ServerView) -> WireAnswer:  # noqa: ANN401  the operation knows the type
    """Write the result of an operation as its endpoint does."""
    answer: WireAnswer = _SERVER[view.endpoint.name][1](operation, result, view)
    return answer


def write_error(error: RawError) -> WireAnswer:
    """Write an error: a list of one text."""
    return WireAnswer(error.status, orjson.dumps({"error": [error.message]}))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: Kraken does not tell how much of a limit is used up."""
    return ()
