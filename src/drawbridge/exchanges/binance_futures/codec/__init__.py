"""How Binance Futures writes requests and answers, both ways; see wire/codec.py for the contract.

Who writes and reads what stands in two tables here: ours by operation, the exchange's by the name
of the endpoint. Signing is not here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from drawbridge.core.derivatives import (
    GetContractSettings,
    GetFundingHistory,
    GetFundingPayments,
    GetFundingRates,
    GetMarginAccounts,
    GetPositionMode,
    GetPositions,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
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
    Operation,
    PlaceOrder,
)
from drawbridge.exchanges.binance_futures.codec import (
    account,
    funding,
    listing,
    lists,
    orders,
    placing,
    positions,
    prices,
)
from drawbridge.wire.codec import CodecTables
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import JSON_TYPE, Headers, WireAnswer

Pair = tuple[Callable[..., Any], Callable[..., Any]]

_FIRST_ERROR: Final = 400
_OK: Final = 200
_MOST_TOLD: Final = 200
_LIMIT_HEADERS: Final[Mapping[str, bytes]] = {
    "weight": b"x-mbx-used-weight-1m",
    "orders_10s": b"x-mbx-order-count-10s",
    "orders_1m": b"x-mbx-order-count-1m",
}

_CLIENT: Final[Mapping[type[Operation[Any]], Pair]] = {
    GetServerTime: (listing.encode_time, listing.decode_time_answer),
    GetMarkets: (listing.encode_markets, listing.decode_markets_answer),
    GetCurrencies: (listing.encode_currencies, listing.decode_currencies_answer),
    GetTicker: (prices.encode_ticker, prices.decode_ticker_answer),
    GetTickers: (prices.encode_tickers, prices.decode_tickers_answer),
    GetCandles: (prices.encode_candles, prices.decode_candles_answer),
    GetOrderBook: (prices.encode_book, prices.decode_book_answer),
    GetTrades: (prices.encode_trades, prices.decode_trades_answer),
    GetFundingRates: (funding.encode_rates, funding.decode_rates_answer),
    GetFundingHistory: (funding.encode_history, funding.decode_history_answer),
    GetFundingPayments: (funding.encode_payments, funding.decode_payments_answer),
    GetBalances: (account.encode_balances, account.decode_balances_answer),
    GetMarginAccounts: (account.encode_balances, account.decode_accounts_answer),
    GetKeyRights: (account.encode_rights, account.decode_rights_answer),
    GetStreamToken: (account.encode_token, account.decode_token_answer),
    GetPositions: (positions.encode_positions, positions.decode_positions_answer),
    GetContractSettings: (positions.encode_settings, positions.decode_settings_answer),
    SetLeverage: (positions.encode_leverage, positions.decode_leverage_answer),
    SetMarginMode: (positions.encode_mode, positions.decode_mode_answer),
    GetPositionMode: (positions.encode_position_mode, positions.decode_position_mode_answer),
    SetPositionMode: (positions.encode_position_mode_wish, positions.decode_position_mode_done),
    PlaceOrder: (placing.encode_place, placing.decode_placed),
    CancelOrder: (orders.encode_cancel, orders.decode_cancelled),
    CancelAllOrders: (lists.encode_cancel_all, lists.decode_all_cancelled),
    GetOrder: (orders.encode_get, orders.decode_order_answer),
    GetOpenOrders: (lists.encode_open, lists.decode_open_answer),
    GetClosedOrders: (lists.encode_closed, lists.decode_closed_answer),
    GetOwnTrades: (lists.encode_own_trades, lists.decode_own_trades_answer),
}

_CANDLES: Final = (prices.decode_candles, prices.encode_candles_answer)
_LAST_PRICES: Final = (prices.decode_tickers, prices.encode_prices_answer)
_BALANCES: Final = (account.decode_accounts, account.encode_assets_answer)

_SERVER: Final[Mapping[str, Pair]] = {
    "time": (listing.decode_time, listing.encode_time_answer),
    "exchange_info": (listing.decode_markets, listing.encode_markets_answer),
    "currencies": (listing.decode_currencies, listing.encode_currencies_answer),
    "leverage_brackets": (listing.decode_some_markets, listing.encode_brackets_answer),
    "commission_rate": (listing.decode_one_market, listing.encode_fees_answer),
    "ticker_24h": (prices.decode_tickers, prices.encode_days_answer),
    "ticker_price": _LAST_PRICES,
    "ticker_price_v2": _LAST_PRICES,
    "ticker_book": (prices.decode_tickers, prices.encode_best_answer),
    "klines": _CANDLES,
    "continuous_klines": _CANDLES,
    "mark_price_klines": _CANDLES,
    "index_price_klines": _CANDLES,
    "depth": (prices.decode_book, prices.encode_book_answer),
    "trades": (prices.decode_trades, prices.encode_trades_answer),
    "aggregate_trades": (prices.decode_trades, prices.encode_aggregates_answer),
    "mark_price": (funding.decode_rates, funding.encode_rates_answer),
    "funding_history": (funding.decode_history, funding.encode_history_answer),
    "income": (funding.decode_payments, funding.encode_payments_answer),
    "key_rights": (account.decode_rights, account.encode_rights_answer),
    "account_v3": (account.decode_accounts, account.encode_account_answer),
    "account_v2": (account.decode_accounts, account.encode_older_account_answer),
    "balance_v3": _BALANCES,
    "balance_v2": _BALANCES,
    "stream_token": (account.decode_token, account.encode_token_answer),
    "stream_token_renew": (account.decode_token_renewal, account.encode_token_answer),
    "stream_token_end": (account.decode_token_end, account.encode_token_ended),
    "positions_v3": (positions.decode_positions, positions.encode_positions_answer),
    "positions_v2": (positions.decode_positions, positions.encode_older_positions_answer),
    "symbol_config": (positions.decode_settings, positions.encode_settings_answer),
    "account_config": (positions.decode_position_mode, positions.encode_account_mode_answer),
    "position_mode": (positions.decode_position_mode, positions.encode_position_mode_answer),
    "position_mode_set": (positions.decode_position_mode_wish, positions.encode_done),
    "leverage": (positions.decode_leverage, positions.encode_leverage_answer),
    "margin_mode": (positions.decode_mode, positions.encode_done),
    "position_margin": (positions.decode_margin, positions.encode_margin_answer),
    "order_place": (placing.decode_place, placing.encode_placed),
    "order_test": (placing.decode_place, placing.encode_placed),
    "algo_order_place": (placing.decode_conditional, placing.encode_conditional_placed),
    "order": (orders.decode_get, orders.encode_order_answer),
    "open_order": (orders.decode_get, orders.encode_order_answer),
    "order_cancel": (orders.decode_cancel, orders.encode_order_answer),
    "open_orders": (lists.decode_open, lists.encode_open_answer),
    "open_orders_cancel": (lists.decode_cancel_all, lists.encode_all_cancelled),
    "all_orders": (lists.decode_closed, lists.encode_closed_answer),
    "user_trades": (lists.decode_own_trades, lists.encode_own_trades_answer),
    "algo_order": (orders.decode_get_conditional, orders.encode_conditional_answer),
    "algo_order_cancel": (orders.decode_cancel_conditional, orders.encode_conditional_cancelled),
    "open_algo_orders": (lists.decode_open_conditional, lists.encode_open_answer),
    "algo_open_orders_cancel": (lists.decode_cancel_all_conditional, lists.encode_all_cancelled),
    "all_algo_orders": (lists.decode_closed_conditional, lists.encode_closed_answer),
}

_TABLES: Final = CodecTables(_CLIENT, _SERVER)

# Query and body are read together.
BESIDE_BODY: Final = None

encode_request = _TABLES.encode_request
decode_answer = _TABLES.decode_answer
decode_request = _TABLES.decode_request
encode_answer = _TABLES.encode_answer


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what the answer says went wrong, None when all is well.

    A page that is not JSON (a firewall's, a proxy's) is an error without a code.
    """
    body = answer.body
    if answer.status == _OK and not body.startswith(b'{"code"'):
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("code"), int):
        code, said = document["code"], str(document.get("msg", ""))
        # `{"code": 200, "msg": "success"}` is how some requests are answered when all is well.
        if answer.status < _FIRST_ERROR and code in {0, _OK}:
            return None
        return RawError(answer.status, str(code), said[:_MOST_TOLD])
    if answer.status < _FIRST_ERROR:
        return None
    return RawError(answer.status, "", body[:_MOST_TOLD].decode("utf-8", "replace"))


def write_error(error: RawError) -> WireAnswer:
    """Write an error as `{"code": …, "msg": …}`."""
    body = {"code": int(error.code), "msg": error.message}
    return WireAnswer(error.status, orjson.dumps(body), (JSON_TYPE,))


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how much of each limit is used up."""
    return tuple(
        (_LIMIT_HEADERS[name], b"%d" % count)
        for name, count in used.items()
        if name in _LIMIT_HEADERS
    )


def order_id(number: int) -> str:
    """Give the n-th order's id: the number itself."""
    return str(number)


def trade_id(number: int) -> str:
    """Give the n-th trade's id: the number itself."""
    return str(number)
