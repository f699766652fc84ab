"""Bitfinex's requests and answers, read and written: the tables that find the right function.

Errors are lists of three: the word `error`, a number and a text, inside status 500. What goes
wrong with an order may also come as a notification inside status 200.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drawbridge.core.errors import BadInput
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
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.exchanges.bitfinex.codec import account, listing, placing, prices
from drawbridge.exchanges.bitfinex.codec.ids import order_id, trade_id
from drawbridge.wire.codec import CodecTables
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

_OK: Final = 200
_FAILED: Final = 400
_ERROR: Final = "error"
_REFUSED: Final = ("ERROR", "FAILURE")
_GENERIC: Final = "10001"
_NOTIFICATION: Final = 8
_PARTS_OF_AN_ERROR: Final = 3

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (placing.encode_place, placing.decode_placed),
        CancelOrder: (placing.encode_cancel, placing.decode_cancelled),
        CancelAllOrders: (placing.encode_cancel_all, placing.decode_all_cancelled),
        GetOrder: (account.encode_query, account.decode_queried),
        GetOpenOrders: (account.encode_open, account.decode_open_answer),
        GetClosedOrders: (account.encode_closed, account.decode_closed_answer),
        GetOwnTrades: (account.encode_own_trades, account.decode_own_trades_answer),
        GetBalances: (account.encode_wallets, account.decode_wallets_answer),
        GetKeyRights: (account.encode_permissions, account.decode_permissions_answer),
        GetServerTime: (listing.encode_status, listing.decode_status_answer),
        GetMarkets: (listing.encode_pairs, listing.decode_pairs_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "order_submit": (placing.decode_place, placing.encode_placed),
        "order_cancel": (placing.decode_cancel, placing.encode_cancelled),
        "order_cancel_multi": (placing.decode_cancel_all, placing.encode_all_cancelled),
        "orders": (account.decode_orders, account.encode_orders_answer),
        "orders_of_symbol": (account.decode_orders, account.encode_orders_answer),
        "orders_hist": (account.decode_closed, account.encode_closed_answer),
        "orders_of_symbol_hist": (account.decode_closed, account.encode_closed_answer),
        "trades_hist": (account.decode_own_trades, account.encode_own_trades_answer),
        "trades_of_symbol_hist": (account.decode_own_trades, account.encode_own_trades_answer),
        "order_trades": (account.decode_order_trades, account.encode_own_trades_answer),
        "wallets": (account.decode_wallets, account.encode_wallets_answer),
        "permissions": (account.decode_permissions, account.encode_permissions_answer),
        "summary": (account.decode_summary, account.encode_summary),
        "platform_status": (listing.decode_status, listing.encode_status_answer),
        "conf_pairs": (listing.decode_conf, listing.encode_conf),
        "conf_currencies": (listing.decode_conf, listing.encode_conf),
        "conf": (listing.decode_conf, listing.encode_conf),
        "ticker": (prices.decode_ticker, prices.encode_ticker_answer),
        "tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "candles": (prices.decode_candles, prices.encode_candles_answer),
        "candles_last": (prices.decode_candles, prices.encode_candles_answer),
        "book": (prices.decode_book, prices.encode_book_answer),
        "public_trades": (prices.decode_trades, prices.encode_trades_answer),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what an answer says went wrong, None when all is well."""
    try:
        document = parse_document(answer.body)
    except BadInput:
        document = None
    if isinstance(document, list):
        told = _listed_error(document, answer.status)
        if told is not None:
            return told
    if answer.status < _FAILED:
        return None
    # Not the exchange speaks here but what stands before it.
    code = document.get(_ERROR) if isinstance(document, dict) else ""
    return RawError(answer.status, code if isinstance(code, str) else "", "")


def write_error(error: RawError) -> WireAnswer:
    """Write an error: a list, or what stands before the exchange says as an object."""
    if error.code.isdigit():
        told: object = [_ERROR, int(error.code), error.message]
    else:
        told = {"code": error.status, _ERROR: error.code, "error_description": error.message}
    return WireAnswer(error.status, write_document(told))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: Bitfinex does not tell how much of a limit is used up."""
    return ()


def _listed_error(document: Sequence[Any], status: int) -> RawError | None:
    if len(document) == _PARTS_OF_AN_ERROR and document[0] == _ERROR:
        return RawError(status, str(document[1]), str(document[2]))
    is_refusal = len(document) >= _NOTIFICATION and document[6] in _REFUSED
    if status == _OK and is_refusal:
        code = document[5]
        return RawError(0, _GENERIC if code is None else str(code), str(document[7]))
    return None
