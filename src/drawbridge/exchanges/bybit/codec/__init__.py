"""Bybit's requests and answers, read and written: who does which."""

from collections.abc import Mapping
from typing import Final

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
from drawbridge.exchanges.bybit.codec import account, cancelling, history, listing, orders, prices
from drawbridge.exchanges.bybit.codec.failures import read_error, write_error
from drawbridge.exchanges.bybit.codec.values import order_id, trade_id
from drawbridge.wire.codec import CodecTables
from drawbridge.wire.http import Headers

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

# How many of the requests that share a limit may be sent in a second, as in endpoints.toml.
_LIMITS: Final = {"orders": 20, "reading": 50}

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (cancelling.encode_cancel, cancelling.decode_cancelled),
        CancelAllOrders: (cancelling.encode_cancel_all, cancelling.decode_all_cancelled),
        GetOrder: (history.encode_get, history.decode_get_answer),
        GetOpenOrders: (history.encode_open, history.decode_open_answer),
        GetClosedOrders: (history.encode_closed, history.decode_closed_answer),
        GetOwnTrades: (history.encode_fills, history.decode_fills_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetKeyRights: (account.encode_rights, account.decode_rights_answer),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetMarkets: (listing.encode_markets, listing.decode_markets_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "create_order": (orders.decode_place, orders.encode_placed),
        "pre_check": (orders.decode_check, orders.encode_checked),
        "cancel_order": (cancelling.decode_cancel, cancelling.encode_cancelled),
        "cancel_all": (cancelling.decode_cancel_all, cancelling.encode_all_cancelled),
        "realtime": (history.decode_realtime, history.encode_realtime),
        "history": (history.decode_history, history.encode_history),
        "executions": (history.decode_fills, history.encode_fills_answer),
        "wallet_balance": (account.decode_balances, account.encode_balances_answer),
        "coins": (listing.decode_currencies, listing.encode_currencies_answer),
        "fee_rate": (listing.decode_fees, listing.encode_fees),
        "query_api": (account.decode_rights, account.encode_rights_answer),
        "time": (listing.decode_time, listing.encode_time_answer),
        "instruments": (listing.decode_markets, listing.encode_markets_answer),
        "tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "kline": (prices.decode_candles, prices.encode_candles_answer),
        "orderbook": (prices.decode_book, prices.encode_book_answer),
        "recent_trade": (prices.decode_trades, prices.encode_trades_answer),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how much of the limit of a second is left."""
    for name, most in _LIMITS.items():
        if name in used:
            return (
                (b"x-bapi-limit", str(most).encode()),
                (b"x-bapi-limit-status", str(max(0, most - used[name])).encode()),
            )
    return ()
