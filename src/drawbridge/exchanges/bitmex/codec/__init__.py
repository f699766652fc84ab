"""BitMEX's requests and answers, read and written: the tables that find the right function."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.derivatives import (
    GetFundingHistory,
    GetMarginAccounts,
    GetPositions,
    SetLeverage,
    SetMarginMode,
)
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
from drawbridge.exchanges.bitmex.codec import account, listing, orders, prices
from drawbridge.exchanges.bitmex.codec.ids import order_id, trade_id
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

_FIRST_ERROR: Final = 400
_PER_MINUTE: Final = 120

_TABLES: Final = CodecTables(
    {
        GetServerTime: (listing.encode_time, listing.decode_time),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies),
        GetMarkets: (listing.encode_markets, listing.decode_markets),
        GetTicker: (prices.encode_ticker, prices.decode_ticker),
        GetTickers: (prices.encode_tickers, prices.decode_tickers),
        GetCandles: (prices.encode_candles, prices.decode_candles),
        GetOrderBook: (prices.encode_book, prices.decode_book),
        GetTrades: (prices.encode_trades, prices.decode_trades),
        GetFundingHistory: (prices.encode_funding, prices.decode_funding),
        GetBalances: (account.encode_balances, account.decode_balances),
        GetMarginAccounts: (account.encode_balances, account.decode_margin),
        GetOwnTrades: (account.encode_executions, account.decode_executions),
        GetPositions: (account.encode_positions, account.decode_positions),
        SetLeverage: (account.encode_leverage, account.decode_setting),
        SetMarginMode: (account.encode_mode, account.decode_setting),
        GetKeyRights: (account.encode_rights, account.decode_rights),
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
        CancelAllOrders: (orders.encode_cancel_all, orders.decode_orders),
        GetOrder: (orders.encode_query, orders.decode_queried),
        GetOpenOrders: (orders.encode_open, orders.decode_orders),
        GetClosedOrders: (orders.encode_closed, orders.decode_orders),
    },
    {
        "root": (listing.read_time, listing.write_time),
        "assets": (listing.read_currencies, listing.write_currencies),
        "instruments": (listing.read_markets, listing.write_markets),
        "instrument": (prices.read_ticker, prices.write_ticker),
        "tickers": (prices.read_tickers, prices.write_tickers),
        "candles": (prices.read_candles, prices.write_candles),
        "book": (prices.read_book, prices.write_book),
        "trades": (prices.read_trades, prices.write_trades),
        "funding": (prices.read_funding, prices.write_funding),
        "margin": (account.read_margin, account.write_margin),
        "executions": (account.read_executions, account.write_executions),
        "positions": (account.read_positions, account.write_positions),
        "leverage": (account.read_leverage, account.write_setting),
        "isolate": (account.read_mode, account.write_setting),
        "keys": (account.read_rights, account.write_rights),
        "own_key": (account.read_rights, account.write_rights),
        "place": (orders.read_place, orders.write_placed),
        "cancel": (orders.read_cancel, orders.write_cancelled),
        "cancel_all": (orders.read_cancel_all, orders.write_orders),
        "orders": (orders.read_orders, orders.write_found),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def read_error(answer: WireAnswer) -> RawError | None:
    """Give name and message of an error; only the status tells that it is one."""
    if answer.status < _FIRST_ERROR:
        return None
    try:
        told: Any = parse_document(answer.body)
    except BadInput:
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("name"), str):
        # Not the exchange speaks here but what stands before it: its text means nothing to us.
        return RawError(answer.status, "", "")
    return RawError(answer.status, error["name"], str(error.get("message") or ""))


def write_error(error: RawError) -> WireAnswer:
    """Write an error: its message and its name."""
    document = {"error": {"message": error.message, "name": error.code}}
    return WireAnswer(error.status, write_document(document))


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how many requests a key has left."""
    if "requests" not in used:
        return ()
    left = max(0, _PER_MINUTE - used["requests"])
    return (
        (b"x-ratelimit-limit", str(_PER_MINUTE).encode("ascii")),
        (b"x-ratelimit-remaining", str(left).encode("ascii")),
    )
