"""Coinbase Exchange's requests and answers, read and written: who does which."""

from collections.abc import Mapping
from typing import Final

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
from drawbridge.exchanges.coinbase_exchange.codec import account, listing, orders, prices
from drawbridge.exchanges.coinbase_exchange.codec.failures import read_error, write_error
from drawbridge.exchanges.coinbase_exchange.codec.values import order_id, trade_id
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

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
        CancelAllOrders: (orders.encode_cancel_all, orders.decode_all_cancelled),
        GetOrder: (orders.encode_get, orders.decode_get_answer),
        GetOpenOrders: (account.encode_open, account.decode_open_answer),
        GetClosedOrders: (account.encode_closed, account.decode_closed_answer),
        GetOwnTrades: (account.encode_fills, account.decode_fills_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        CheckAccess: (listing.encode_check, listing.decode_check),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetMarkets: (listing.encode_markets, listing.decode_markets_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "place_order": (orders.decode_place, orders.encode_placed),
        "order": (orders.decode_get, orders.encode_get_answer),
        "order_by_client_id": (orders.decode_get_by_client_id, orders.encode_get_answer),
        "cancel_order": (orders.decode_cancel, orders.encode_cancelled),
        "cancel_by_client_id": (orders.decode_cancel_by_client_id, orders.encode_cancelled),
        "cancel_all": (orders.decode_cancel_all, orders.encode_all_cancelled),
        "orders": (account.decode_orders, account.encode_orders),
        "fills": (account.decode_fills, account.encode_fills_answer),
        "accounts": (account.decode_balances, account.encode_balances_answer),
        "check_view": (listing.decode_fees, listing.encode_fees),
        "time": (listing.decode_time, listing.encode_time_answer),
        "currencies": (listing.decode_currencies, listing.encode_currencies_answer),
        "products": (listing.decode_markets, listing.encode_markets_answer),
        "product": (listing.decode_product, listing.encode_product),
        "ticker": (prices.decode_ticker, prices.encode_ticker_answer),
        "stats": (prices.decode_ticker, prices.encode_stats),
        "spark_lines": (prices.decode_tickers, prices.encode_tickers_answer),
        "candles": (prices.decode_candles, prices.encode_candles_answer),
        "book": (prices.decode_book, prices.encode_book_answer),
        "trades": (prices.decode_trades, prices.encode_trades_answer),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: Coinbase Exchange does not tell how much of a limit is used up."""
    return ()
