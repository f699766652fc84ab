"""Binance Futures as its real clients meet it."""

from drawbridge.core.derivatives import AdjustMargin
from drawbridge.core.operations import (
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    GetStreamToken,
    GetTicker,
    GetTickers,
)
from tests.exchanges.binance_futures.mistakes import MISTAKES
from tests.exchanges.binance_futures.wishes import (
    BEST,
    MARKET,
    SYMBOL,
    WISHES,
    prepare,
    told_orders,
)
from tests.real_clients.contracts import contract_results
from tests.real_clients.table import Table, Wire

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="A" * 64,
    unknown_order="999999999",
    far=0.97,
    prepare=prepare,
    too_little="0.001",
    post_only_raises="InvalidOrder",
    stop_by="stopLossPrice",
    stop_apart=True,
    mistakes=MISTAKES,
    wire=Wire(
        wishes=WISHES,
        results={
            **contract_results(MARKET),
            GetOrder: told_orders,
            GetOpenOrders: told_orders,
            GetClosedOrders: told_orders,
        },
        refusals={
            "bad_key": "AuthenticationError",
            "bad_key_format": "AuthenticationError",
            "bad_signature": "AuthenticationError",
            "ip_not_allowed": "AuthenticationError",
            "key_expired": "AuthenticationError",
            "right_missing": "AuthenticationError",
            "stale_stamp": "InvalidNonce",
            "stamp_ahead": "InvalidNonce",
            "missing_parameter": "BadRequest",
            "malformed": "BadRequest",
            "unknown_endpoint": "BadRequest",
            "unknown_symbol": "BadSymbol",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "insufficient_funds": "ExchangeError",
            "too_small": "BadRequest",
            "too_large": "BadRequest",
            "quantity_off_step": "BadRequest",
            "price_off_tick": "BadRequest",
            "notional_too_small": "ExchangeError",
            "price_out_of_range": "BadRequest",
            "post_only_would_take": "InvalidOrder",
            "duplicate_client_id": "ExchangeError",
            "too_many_orders": "ExchangeError",
            "rate_limited": "DDoSProtection",
            "banned": "DDoSProtection",
            "timed_out": "RequestTimeout",
            "maintenance": "OnMaintenance",
            "market_closed": "ExchangeError",
        },
        unasked={
            GetStreamToken: "only its streams ask for one",
            AdjustMargin: "nothing of ours moves margin, and the answer tells no position",
        },
        unread={GetTicker: BEST, GetTickers: BEST},
    ),
)
