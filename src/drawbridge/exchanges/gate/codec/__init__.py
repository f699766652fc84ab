"""Gate's requests and answers, read and written: the tables that find the right function.

Two endpoints may do the same operation and answer it differently, hence two tables.
"""

from collections.abc import Mapping
from typing import Final

import orjson

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
from drawbridge.exchanges.gate.codec import account, listing, orders, prices, rights
from drawbridge.wire.codec import CodecTables
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer

_STATUS_ERROR: Final = 400
_ORDER_IDS: Final = 850_000_000_000
_TRADE_IDS: Final = 9_000_000_000

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_order),
        CancelAllOrders: (account.encode_cancel_all, account.decode_cancelled_all),
        GetOrder: (orders.encode_get, orders.decode_order),
        GetOpenOrders: (account.encode_open, account.decode_open_answer),
        GetClosedOrders: (account.encode_closed, account.decode_closed_answer),
        GetOwnTrades: (account.encode_own_trades, account.decode_own_trades_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        GetKeyRights: (rights.encode_rights, rights.decode_rights_answer),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetMarkets: (listing.encode_pairs, listing.decode_pairs_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "place_order": (orders.decode_place, orders.encode_placed),
        "cancel_order": (orders.decode_cancel, orders.encode_order),
        "cancel_orders": (account.decode_cancel_all, account.encode_cancelled_all),
        "order": (orders.decode_get, orders.encode_order),
        "open_orders": (account.decode_open, account.encode_open_answer),
        "orders": (account.decode_listed, account.encode_listed_answer),
        "my_trades": (account.decode_own_trades, account.encode_own_trades_answer),
        "accounts": (account.decode_balances, account.encode_balances_answer),
        "main_keys": (rights.decode_rights, rights.encode_rights_answer),
        "detail": (rights.decode_rights, rights.encode_details_answer),
        "time": (listing.decode_time, listing.encode_time_answer),
        "currencies": (listing.decode_currencies, listing.encode_currencies_answer),
        "currency": (listing.decode_currencies, listing.encode_currency_answer),
        "currency_pairs": (listing.decode_pairs, listing.encode_pairs_answer),
        "currency_pair": (listing.decode_pair, listing.encode_pair_answer),
        "wallet_fee": (listing.decode_pairs, listing.encode_fees_answer),
        "spot_fee": (listing.decode_pairs, listing.encode_fees_answer),
        "tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "candlesticks": (prices.decode_candles, prices.encode_candles_answer),
        "order_book": (prices.decode_book, prices.encode_book_answer),
        "trades": (prices.decode_trades, prices.encode_trades_answer),
    },
)
encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def read_error(answer: WireAnswer) -> RawError | None:
    """Give the label of an answer that is one; futures call its text `detail`."""
    if answer.status < _STATUS_ERROR and b'"label"' not in answer.body:
        return None
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    label = told.get("label") if isinstance(told, dict) else None
    if isinstance(told, dict) and isinstance(label, str):
        return RawError(answer.status, label, str(told.get("message") or told.get("detail") or ""))
    if answer.status < _STATUS_ERROR:
        return None
    # Not Gate speaks here but what stands before it: its text means nothing to us.
    return RawError(answer.status, "", "")


def write_error(error: RawError) -> WireAnswer:
    """Write an error: its label and its text."""
    return WireAnswer(error.status, orjson.dumps({"label": error.code, "message": error.message}))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: what Gate tells in them is when a limit begins anew, which is not known."""
    return ()


def order_id(number: int) -> str:
    """Give the n-th order its id: a number, as the exchange counts them."""
    return str(_ORDER_IDS + number)


def trade_id(number: int) -> str:
    """Give the n-th trade its id."""
    return str(_TRADE_IDS + number)
