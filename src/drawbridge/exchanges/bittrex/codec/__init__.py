"""Bittrex's requests and answers, read and written: the tables that find the right function."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.exchanges.bittrex.codec import account, history, listing, orders
from drawbridge.exchanges.bittrex.codec.ids import order_id, trade_id
from drawbridge.wire.codec import CodecTables, Pair
from drawbridge.wire.documents import parse_document, write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer

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

_FIRST_ERROR: Final = 400

_candles: Final[Pair] = (history.read_candles, history.write_candles)

_TABLES: Final = CodecTables(
    {
        GetServerTime: (listing.encode_time, listing.decode_time),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies),
        GetMarkets: (listing.encode_markets, listing.decode_markets),
        GetTicker: (listing.encode_ticker, listing.decode_ticker),
        GetTickers: (listing.encode_tickers, listing.decode_tickers),
        GetCandles: (history.encode_candles, history.decode_candles),
        GetOrderBook: (history.encode_book, history.decode_book),
        GetTrades: (history.encode_trades, history.decode_trades),
        GetBalances: (account.encode_balances, account.decode_balances),
        GetOwnTrades: (account.encode_executions, account.decode_executions),
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_order),
        CancelAllOrders: (orders.encode_cancel_all, orders.decode_cancelled_all),
        GetOrder: (orders.encode_query, orders.decode_order),
        GetOpenOrders: (orders.encode_open, orders.decode_orders),
        GetClosedOrders: (orders.encode_closed, orders.decode_orders),
    },
    {
        "ping": (listing.read_time, listing.write_time),
        "currencies": (listing.read_currencies, listing.write_currencies),
        "markets": (listing.read_markets, listing.write_markets),
        "ticker": (listing.read_ticker, listing.write_ticker),
        "summary": (listing.read_ticker, listing.write_summary),
        "tickers": (listing.read_tickers, listing.write_tickers),
        "summaries": (listing.read_tickers, listing.write_summaries),
        "candles": _candles,
        "trade_candles": _candles,
        "candles_of_year": _candles,
        "candles_of_month": _candles,
        "candles_of_day": _candles,
        "order_book": (history.read_book, history.write_book),
        "trades": (history.read_trades, history.write_trades),
        "balances": (account.read_balances, account.write_balances),
        "executions": (account.read_executions, account.write_executions),
        "order_executions": (account.read_executions, account.write_executions),
        "place": (orders.read_place, orders.write_placed),
        "cancel": (orders.read_cancel, orders.write_order),
        "cancel_all": (orders.read_cancel_all, orders.write_cancelled_all),
        "order": (orders.read_query, orders.write_order),
        "open_orders": (orders.read_open, orders.write_orders),
        "closed_orders": (orders.read_closed, orders.write_orders),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def read_error(answer: WireAnswer) -> RawError | None:
    """Give code and detail of an error; only the status tells that it is one."""
    if answer.status < _FIRST_ERROR:
        return None
    try:
        told: Any = parse_document(answer.body)
    except BadInput:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("code"), str):
        # Not the exchange speaks here but what stands before it: its text means nothing to us.
        return RawError(answer.status, "", "")
    return RawError(answer.status, told["code"], str(told.get("detail") or ""))


def write_error(error: RawError) -> WireAnswer:
    """Write an error: its code, and a detail where there is one."""
    document = {"code": error.code}
    if error.message:
        document["detail"] = error.message
    return WireAnswer(error.status, write_document(document))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: how much of a limit was used up was not told."""
    return ()
