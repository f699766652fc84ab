"""Poloniex's requests and answers, read and written: the tables that find the right function.

Errors are objects of a number and a sentence. Who is not known gets status 401 and nothing at
all; an answer of status 200 may hold a number of its own that says otherwise.
"""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.errors import BadInput
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
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.exchanges.poloniex.codec import account, listing, orders, prices
from drawbridge.exchanges.poloniex.codec.orders import order_id, trade_id
from drawbridge.wire.codec import CodecTables
from drawbridge.wire.documents import parse_document, write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import JSON_TYPE, Headers, WireAnswer

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

_FAILED: Final = 400
_UNKNOWN: Final = 401
_DONE: Final = ("200", "")
_SILENT: Final[Headers] = (
    JSON_TYPE,
    (b"ratelimit-filter", b"updated"),
    (b"web-filter", b"unauthenticated"),
)

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
        CancelAllOrders: (orders.encode_cancel_all, orders.decode_all_cancelled),
        GetOrder: (orders.encode_query, orders.decode_queried),
        GetOpenOrders: (account.encode_open, account.decode_open_answer),
        GetClosedOrders: (account.encode_closed, account.decode_closed_answer),
        GetOwnTrades: (account.encode_own_trades, account.decode_own_trades_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        CheckAccess: (account.encode_check, account.decode_checked),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetMarkets: (listing.encode_markets, listing.decode_markets_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "order_place": (orders.decode_place, orders.encode_placed),
        "order_cancel": (orders.decode_cancel, orders.encode_cancelled),
        "orders_cancel_all": (orders.decode_cancel_all, orders.encode_all_cancelled),
        "order": (orders.decode_query, orders.encode_queried),
        "orders": (account.decode_open, account.encode_open_answer),
        "orders_history": (account.decode_closed, account.encode_closed_answer),
        "own_trades": (account.decode_own_trades, account.encode_own_trades_answer),
        "order_trades": (account.decode_order_trades, account.encode_own_trades_answer),
        "balances": (account.decode_balances, account.encode_balances_answer),
        "accounts": (account.decode_check, account.encode_checked),
        "fees": (listing.decode_markets, listing.encode_fees),
        "timestamp": (listing.decode_time, listing.encode_time_answer),
        "markets": (listing.decode_markets, listing.encode_markets_answer),
        "market": (listing.decode_market, listing.encode_markets_answer),
        "currencies": (listing.decode_currencies, listing.encode_currencies_answer),
        "ticker": (prices.decode_ticker, prices.encode_ticker_answer),
        "tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "candles": (prices.decode_candles, prices.encode_candles_answer),
        "order_book": (prices.decode_book, prices.encode_book_answer),
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
        document = parse_document(answer.body) if answer.body else None
    except BadInput:
        document = None
    if isinstance(document, dict):
        code, told = document.get("code", ""), document.get("message", document.get("msg"))
        if str(code) not in _DONE:
            # Inside status 200, the number alone counts.
            status = answer.status if answer.status >= _FAILED else 0
            return RawError(status, str(code), "" if told is None else str(told))
    if answer.status < _FAILED:
        return None
    # Without a body, the status says it all.
    return RawError(answer.status, str(answer.status), "")


def write_error(error: RawError) -> WireAnswer:
    """Write an error; who is not known is told nothing."""
    if error.status == _UNKNOWN:
        return WireAnswer(_UNKNOWN, b"", _SILENT)
    code = int(error.code) if error.code.isdigit() else error.code
    return WireAnswer(error.status, write_document({"code": code, "message": error.message}))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: Poloniex does not tell how much of a limit is used up."""
    return ()
