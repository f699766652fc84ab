"""HTX's requests and answers, read and written: the tables that find the right function.

Two endpoints may do the same operation and answer it differently, hence two tables.
"""

from collections.abc import Mapping
from types import MappingProxyType
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
    GetOwnName,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.exchanges.huobi.codec import account, listing, lists, orders, prices
from drawbridge.exchanges.huobi.dialect import AUTHENTICATION
from drawbridge.wire.codec import CodecTables
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer

_STATUS_ERROR: Final = 400
_ORDER_IDS: Final = 1_083_000_000_000_000
_TRADE_IDS: Final = 102_000_000_000
_FINE: Final = 200
_SECOND: Final = b"/v2/"
# The second version of the interface has numbers for what the first says in words.
_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "login-required": 1002,
        "api-signature-not-valid": 1003,
        "validation-constraints-required": 2003,
        "base-request-exceed-frequency-limit": 4000,
        "gateway-internal-error": 5000,
    }
)
_INVALID: Final = 2002

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
        CancelAllOrders: (lists.encode_cancel_all, lists.decode_cancelled_all),
        GetOrder: (orders.encode_get, orders.decode_order),
        GetOpenOrders: (lists.encode_open, lists.decode_open_answer),
        GetClosedOrders: (lists.encode_closed, lists.decode_closed_answer),
        GetOwnTrades: (lists.encode_own_trades, lists.decode_own_trades_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        GetOwnName: (account.encode_own_name, account.decode_own_name),
        GetKeyRights: (account.encode_rights, account.decode_rights_answer),
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
        "place": (orders.decode_place, orders.encode_placed),
        "cancel": (orders.decode_cancel, orders.encode_cancelled),
        "cancel_own": (orders.decode_cancel_own, orders.encode_cancelled_own),
        "cancel_open": (lists.decode_cancel_all, lists.encode_cancelled_all),
        "order": (orders.decode_get, orders.encode_order),
        "own_order": (orders.decode_get_own, orders.encode_order),
        "open_orders": (lists.decode_open, lists.encode_open_answer),
        "orders": (lists.decode_by_states, lists.encode_by_states_answer),
        "history": (lists.decode_history, lists.encode_history_answer),
        "matchresults": (lists.decode_own_trades, lists.encode_own_trades_answer),
        "order_matchresults": (lists.decode_trades_of_order, lists.encode_own_trades_answer),
        "accounts": (account.decode_accounts, account.encode_accounts_answer),
        "uid": (account.decode_uid, account.encode_uid_answer),
        "balance": (account.decode_balances, account.encode_balances_answer),
        "api_key": (account.decode_rights, account.encode_rights_answer),
        "timestamp": (listing.decode_time, listing.encode_time_answer),
        "currencies": (listing.decode_currencies, listing.encode_currencies_answer),
        "currencys": (listing.decode_currencies, listing.encode_names_answer),
        "symbols": (listing.decode_pairs, listing.encode_pairs_answer),
        "fees": (listing.decode_fees, listing.encode_fees_answer),
        "merged": (prices.decode_ticker, prices.encode_ticker_answer),
        "tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "candles": (prices.decode_candles, prices.encode_candles_answer),
        "kline": (prices.decode_candles, prices.encode_candles_answer),
        "depth": (prices.decode_book, prices.encode_book_answer),
        "trades": (prices.decode_trades, prices.encode_trades_answer),
    },
)
# Who sent a request is proven in its query, whatever its body holds.
BESIDE_BODY: Final = AUTHENTICATION

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what an answer of either version says went wrong."""
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    if isinstance(told, dict):
        if told.get("status") == "error":
            code, text = told.get("err-code"), told.get("err-msg")
            return RawError(answer.status, str(code or ""), str(text or ""))
        if told.get("code", _FINE) != _FINE:
            return RawError(answer.status, str(told["code"]), str(told.get("message") or ""))
    if answer.status < _STATUS_ERROR:
        return None
    # Not HTX speaks here but what stands before it: its text means nothing to us.
    return RawError(answer.status, "", "")


def write_error(error: RawError) -> WireAnswer:
    """Write an error as the version of the interface does that was asked."""
    if error.path.startswith(_SECOND):
        # There, a right that is missing has a number of its own.
        number = 1002 if "permission" in error.message else _NUMBERS.get(error.code, _INVALID)
        told = {"code": number, "message": error.message, "data": None}
    else:
        words = {"err-code": error.code, "err-msg": error.message}
        told = {"status": "error", **words, "data": None}
    return WireAnswer(error.status, orjson.dumps(told))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: what HTX tells in them is when a limit begins anew, which is not known."""
    return ()


def order_id(number: int) -> str:
    """Give the n-th order its id: a number, as the exchange counts them."""
    return str(_ORDER_IDS + number)


def trade_id(number: int) -> str:
    """Give the n-th trade its id."""
    return str(_TRADE_IDS + number)
