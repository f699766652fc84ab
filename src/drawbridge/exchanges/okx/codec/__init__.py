"""OKX's requests and answers, read and written: the tables that find the right function.

The client looks by operation, the exchange's side by endpoint.
"""

from typing import Final

from drawbridge.core.operations import (
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
from drawbridge.exchanges.okx.codec import account, listing, orders, prices
from drawbridge.exchanges.okx.codec.values import (
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

_PLACE: Final = (orders.decode_place, orders.encode_placed)
_CANCEL: Final = (orders.decode_cancel, orders.encode_cancelled)
_CLOSED: Final = (orders.decode_closed, orders.encode_list)
_FILLS: Final = (account.decode_own_trades, account.encode_own_trades_answer)
_CANDLES: Final = (prices.decode_candles, prices.encode_candles_answer)
_BOOK: Final = (prices.decode_book, prices.encode_book_answer)
_TRADES: Final = (prices.decode_trades, prices.encode_trades_answer)

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (orders.encode_place, orders.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
        GetOrder: (orders.encode_query, orders.decode_queried),
        GetOpenOrders: (orders.encode_open, orders.decode_list),
        GetClosedOrders: (orders.encode_closed, orders.decode_list),
        GetOwnTrades: (account.encode_own_trades, account.decode_own_trades_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        GetKeyRights: (account.encode_key_info, account.decode_key_info_answer),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetMarkets: (listing.encode_instruments, listing.decode_instruments_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "place": _PLACE,
        "place_batch": _PLACE,
        "cancel": _CANCEL,
        "cancel_batch": _CANCEL,
        "order": (orders.decode_query, orders.encode_queried),
        "open_orders": (orders.decode_open, orders.encode_list),
        "closed_orders": _CLOSED,
        "closed_orders_archive": _CLOSED,
        "fills": _FILLS,
        "fills_history": _FILLS,
        "balance": (account.decode_balances, account.encode_balances_answer),
        "trade_fee": (account.decode_fees, account.encode_fees),
        "bills": (account.decode_bills, account.encode_bills),
        "bills_archive": (account.decode_bills, account.encode_bills),
        "key_rights": (account.decode_key_info, account.encode_key_info_answer),
        "time": (listing.decode_time, listing.encode_time_answer),
        "instruments": (listing.decode_instruments, listing.encode_instruments_answer),
        "currencies": (listing.decode_currencies, listing.encode_currencies_answer),
        "ticker": (prices.decode_ticker, prices.encode_ticker_answer),
        "tickers": (prices.decode_tickers, prices.encode_tickers_answer),
        "candles": _CANDLES,
        "history_candles": _CANDLES,
        "books": _BOOK,
        "books_full": _BOOK,
        "trades": _TRADES,
        "history_trades": _TRADES,
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer
