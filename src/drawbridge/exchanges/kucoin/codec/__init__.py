"""KuCoin's requests and answers, read and written: the tables that find the right function.

The client looks by operation, the exchange's side by endpoint, because two families of paths do
the same and answer it differently.
"""

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
    GetStreamToken,
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.exchanges.kucoin.codec import (
    account,
    cancelling,
    listing,
    orders,
    placing,
    prices,
    stops,
    tokens,
)
from drawbridge.exchanges.kucoin.codec.values import (
    limit_headers,
    order_id,
    read_error,
    trade_id,
    write_error,
)
from drawbridge.wire.codec import CodecTables

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

_CANCEL: Final = (cancelling.decode_cancel, cancelling.encode_cancelled)
_CANCEL_OLD: Final = (cancelling.decode_cancel, cancelling.encode_cancelled_old)
_CANCEL_SYNC: Final = (cancelling.decode_cancel, cancelling.encode_cancelled_sync)
_CANCEL_ALL: Final = (cancelling.decode_cancel_all, cancelling.encode_ended)
_PLACE: Final = (placing.decode_place, placing.encode_placed)
_ONE: Final = (orders.decode_query, orders.encode_queried)
_BOOK: Final = (prices.decode_book, prices.encode_book_answer)
_CURRENCIES: Final = (listing.decode_currencies, listing.encode_currencies_answer)
_SYMBOLS: Final = (listing.decode_symbols, listing.encode_symbols_answer)

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (placing.encode_place, placing.decode_placed),
        CancelOrder: (cancelling.encode_cancel, cancelling.decode_cancelled),
        CancelAllOrders: (cancelling.encode_cancel_all, cancelling.decode_ended),
        GetOrder: (orders.encode_query, orders.decode_queried),
        GetOpenOrders: (orders.encode_open, orders.decode_orders_answer),
        GetClosedOrders: (orders.encode_closed, orders.decode_orders_answer),
        GetOwnTrades: (account.encode_own_trades, account.decode_own_trades_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        GetKeyRights: (account.encode_key_info, account.decode_key_info_answer),
        GetStreamToken: (tokens.encode_request, tokens.decode_token),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetMarkets: (listing.encode_symbols, listing.decode_symbols_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "hf_order": _PLACE,
        "hf_order_test": _PLACE,
        "hf_order_sync": (placing.decode_place, placing.encode_placed_sync),
        "order": _PLACE,
        "order_test": _PLACE,
        "stop": _PLACE,
        "hf_cancel": _CANCEL,
        "hf_cancel_own": _CANCEL,
        "hf_cancel_sync": _CANCEL_SYNC,
        "hf_cancel_own_sync": _CANCEL_SYNC,
        "cancel": _CANCEL_OLD,
        "cancel_own": _CANCEL_OLD,
        "stop_cancel": (stops.decode_cancel, stops.encode_cancelled),
        "stop_cancel_own": (stops.decode_cancel, stops.encode_cancelled),
        "hf_cancel_symbol": _CANCEL_ALL,
        "hf_cancel_all": _CANCEL_ALL,
        "cancel_all": _CANCEL_ALL,
        "stop_cancel_all": _CANCEL_ALL,
        "hf_active": (orders.decode_open, orders.encode_open_answer),
        "hf_active_symbols": (orders.decode_open_symbols, orders.encode_open_symbols),
        "hf_done": (orders.decode_closed, orders.encode_closed_answer),
        "hf_one": _ONE,
        "hf_one_own": _ONE,
        "orders": (orders.decode_list, orders.encode_page),
        "one": _ONE,
        "one_own": _ONE,
        "recent_orders": (orders.decode_recent, orders.encode_recent),
        "stop_list": (stops.decode_list, stops.encode_list),
        "stop_one": (stops.decode_one, stops.encode_one),
        "stop_one_own": (stops.decode_one, stops.encode_one),
        "hf_fills": (account.decode_own_trades, account.encode_own_trades_answer),
        "fills": (account.decode_own_trades_old, account.encode_own_trades_page),
        "recent_fills": (account.decode_recent_trades, account.encode_recent_trades),
        "accounts": (account.decode_balances, account.encode_balances_answer),
        "trade_fees": (account.decode_fees, account.encode_fees),
        "key_rights": (account.decode_key_info, account.encode_key_info_answer),
        "bullet_private": (tokens.decode_private, tokens.encode_private_answer),
        "bullet_public": (tokens.decode_public, tokens.encode_public_answer),
        "time": (listing.decode_time, listing.encode_time_answer),
        "currencies": _CURRENCIES,
        "currencies_v1": _CURRENCIES,
        "currency": _CURRENCIES,
        "symbols": _SYMBOLS,
        "symbols_v1": _SYMBOLS,
        "symbol": (listing.decode_symbols, listing.encode_symbol_answer),
        "stats": (prices.decode_ticker, prices.encode_ticker_answer),
        "level1": (prices.decode_ticker, prices.encode_level1),
        "all_tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "candles": (prices.decode_candles, prices.encode_candles_answer),
        "level2_20": _BOOK,
        "level2_100": _BOOK,
        "level2_full": _BOOK,
        "histories": (prices.decode_trades, prices.encode_trades_answer),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer
