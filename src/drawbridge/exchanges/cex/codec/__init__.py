"""CEX.IO's requests and answers, read and written: who does which.

Some requests hold the moment at which they are written, so `encode_request_at` is offered as well;
`encode_request` alone writes them as of the beginning of time.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drawbridge.core.markets import Markets
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
    Operation,
    PlaceOrder,
)
from drawbridge.exchanges.cex.codec import account, listing, orders, placing, prices
from drawbridge.exchanges.cex.codec.failures import read_error, write_error
from drawbridge.wire.codec import CodecTables
from drawbridge.wire.http import Headers, WireRequest

__all__ = [
    "decode_answer",
    "decode_request",
    "encode_answer",
    "encode_request",
    "encode_request_at",
    "limit_headers",
    "order_id",
    "read_error",
    "trade_id",
    "write_error",
]

# What holds the moment at which it is written.
_TIMED: Final[Mapping[type[Operation[Any]], Callable[[Any, Markets, int], WireRequest]]] = {
    PlaceOrder: placing.encode_place,
    CancelOrder: orders.encode_cancel,
    GetOrder: orders.encode_get,
    GetClosedOrders: orders.encode_closed,
    GetOwnTrades: orders.encode_own_trades,
    GetCandles: prices.encode_candles,
}
_CURRENCIES: Final = (listing.decode_currencies, listing.encode_currencies_answer)
_PROCESSING: Final = (listing.decode_currencies, listing.encode_processing_answer)
_TICKERS: Final = (prices.decode_tickers, prices.encode_tickers_answer)
_CANDLES: Final = (prices.decode_candles, prices.encode_candles_answer)
_BOOK: Final = (prices.decode_book, prices.encode_book_answer)
_TRADES: Final = (prices.decode_trades, prices.encode_trades_answer)


def _at_no_time(operation: Operation[Any], markets: Markets) -> WireRequest:
    return _TIMED[type(operation)](operation, markets, 0)


_TABLES: Final = CodecTables(
    {
        PlaceOrder: (_at_no_time, placing.decode_placed),
        CancelOrder: (_at_no_time, orders.decode_cancelled),
        CancelAllOrders: (orders.encode_cancel_all, orders.decode_all_cancelled),
        GetOrder: (_at_no_time, orders.decode_get_answer),
        GetOpenOrders: (orders.encode_open, orders.decode_orders_answer),
        GetClosedOrders: (_at_no_time, orders.decode_orders_answer),
        GetOwnTrades: (_at_no_time, orders.decode_own_trades_answer),
        GetBalances: (account.encode_balances, account.decode_balances_answer),
        CheckAccess: (listing.encode_check, listing.decode_check),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetMarkets: (listing.encode_markets, listing.decode_markets_answer),
        GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
        GetCandles: (_at_no_time, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "time": (listing.decode_time, listing.encode_time_answer),
        "pairs": (listing.decode_markets, listing.encode_markets_answer),
        "currencies": _CURRENCIES,
        "processing": _PROCESSING,
        "own_processing": _PROCESSING,
        "ticker": _TICKERS,
        "own_ticker": _TICKERS,
        "trades": _TRADES,
        "own_trades_history": _TRADES,
        "book": _BOOK,
        "own_book": _BOOK,
        "candles": _CANDLES,
        "own_candles": _CANDLES,
        "fees": (listing.decode_fees, listing.encode_fees_answer),
        "accounts": (account.decode_balances, account.encode_accounts_answer),
        "wallet": (account.decode_balances, account.encode_wallet_answer),
        "transactions": (account.decode_transactions, account.encode_transactions_answer),
        "orders": (orders.decode_orders, orders.encode_orders_answer),
        "order_place": (placing.decode_place, placing.encode_placed),
        "order_cancel": (orders.decode_cancel, orders.encode_cancelled),
        "orders_cancel": (orders.decode_cancel_all, orders.encode_all_cancelled),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def encode_request_at(operation: Operation[Any], markets: Markets, now_ms: int) -> WireRequest:
    """Write an operation as an unsigned request of this moment. Raises: `BadInput`, `NotFound`."""
    timed = _TIMED.get(type(operation))
    if timed is None:
        return encode_request(operation, markets)
    return timed(operation, markets, now_ms)


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: CEX.IO does not tell how much of a limit is used up."""
    return ()


def order_id(number: int) -> str:
    """Give the n-th order's id: the number itself."""
    return str(number)


def trade_id(number: int) -> str:
    """Give the n-th trade's id: the number itself."""
    return str(number)
