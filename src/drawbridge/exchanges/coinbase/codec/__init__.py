"""Coinbase's requests and answers, read and written: the tables that find the right function.

The client looks by operation, the exchange's side by endpoint, because several of Coinbase's
endpoints may do the same operation and answer it differently.
"""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
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
from drawbridge.exchanges.coinbase.codec import (
    account,
    history,
    listing,
    orders,
    placing,
    prices,
)
from drawbridge.exchanges.coinbase.codec.failures import read_error, write_error
from drawbridge.exchanges.coinbase.codec.ids import order_id, trade_id
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

_PRIVATE: Final = 30
_PUBLIC: Final = 10
_ONE: Final = b"1"

_TICKER_OR_TRADES: Final = (prices.decode_ticker_or_trades, prices.encode_ticker_or_trades)
_CANDLES: Final = (prices.decode_candles, prices.encode_candles_answer)
_BOOK: Final = (prices.decode_book, prices.encode_book_answer)
_PRODUCTS: Final = (listing.decode_products, listing.encode_products)
_PRODUCT: Final = (listing.decode_product, listing.encode_product)

_TABLES: Final = CodecTables(
    {
        PlaceOrder: (placing.encode_place, placing.decode_placed),
        CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
        GetOrder: (orders.encode_get, orders.decode_get_answer),
        GetOpenOrders: (history.encode_open, history.decode_open_answer),
        GetClosedOrders: (history.encode_closed, history.decode_closed_answer),
        GetOwnTrades: (history.encode_fills, history.decode_fills_answer),
        GetBalances: (account.encode_balances, account.decode_accounts),
        GetKeyRights: (account.encode_rights, account.decode_rights_answer),
        GetServerTime: (listing.encode_time, listing.decode_time_answer),
        GetMarkets: (listing.encode_markets, listing.decode_markets_answer),
        GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
        GetTickers: (listing.encode_tickers, listing.decode_tickers_answer),
        GetCandles: (prices.encode_candles, prices.decode_candles_answer),
        GetOrderBook: (prices.encode_book, prices.decode_book_answer),
        GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    },
    {
        "place_order": (placing.decode_place, placing.encode_placed),
        "preview_order": (placing.decode_preview, placing.encode_preview),
        "cancel_orders": (orders.decode_cancel, orders.encode_cancelled),
        "order": (orders.decode_get, orders.encode_get_answer),
        "orders": (history.decode_batch, history.encode_batch),
        "fills": (history.decode_fills, history.encode_fills_answer),
        "accounts": (account.decode_balances, account.encode_accounts),
        "wallets": (account.decode_balances, account.encode_wallets),
        "key_permissions": (account.decode_rights, account.encode_rights_answer),
        "transaction_summary": (listing.decode_fees, listing.encode_fees),
        "time": (listing.decode_time, listing.encode_time_answer),
        "fine_time": (listing.decode_time, listing.encode_fine_time),
        "currencies": (listing.decode_currencies, listing.encode_fiat),
        "currencies_crypto": (listing.decode_currencies, listing.encode_crypto),
        "exchange_rates": (listing.decode_rates, listing.encode_rates),
        "market_products": _PRODUCTS,
        "market_product": _PRODUCT,
        "market_ticker": _TICKER_OR_TRADES,
        "market_candles": _CANDLES,
        "market_book": _BOOK,
        "products": _PRODUCTS,
        "product": _PRODUCT,
        "product_ticker": _TICKER_OR_TRADES,
        "product_candles": _CANDLES,
        "product_book": _BOOK,
        "best_bid_ask": (prices.decode_best, prices.encode_best),
    },
)

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how much of the limit of a second is left."""
    for name, most in (("private", _PRIVATE), ("public", _PUBLIC)):
        if name in used:
            return (
                (b"x-ratelimit-limit", str(most).encode()),
                (b"x-ratelimit-remaining", str(max(0, most - used[name])).encode()),
                (b"x-ratelimit-reset", _ONE),
            )
    return ()
