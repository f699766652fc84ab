"""Binance's words for our values, as two-way tables, and its limits on single parameters.

Source: binance-spot-api-docs, enums and rest-api, 2026-07-21.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from typing import Final

from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce, TriggerKind

SIDE_WORDS: Final[Mapping[Side, str]] = MappingProxyType({Side.BUY: "BUY", Side.SELL: "SELL"})
SIDES: Final = MappingProxyType({word: side for side, word in SIDE_WORDS.items()})

TIME_IN_FORCE_WORDS: Final[Mapping[TimeInForce, str]] = MappingProxyType(
    {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
)
TIMES_IN_FORCE: Final = MappingProxyType({word: tif for tif, word in TIME_IN_FORCE_WORDS.items()})

STATUS_WORDS: Final[Mapping[OrderStatus, str]] = MappingProxyType(
    {
        OrderStatus.OPEN: "NEW",
        OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
        OrderStatus.FILLED: "FILLED",
        OrderStatus.CANCELLED: "CANCELED",
        OrderStatus.EXPIRED: "EXPIRED",
        OrderStatus.REJECTED: "REJECTED",
    }
)
STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {word: status for status, word in STATUS_WORDS.items()}
    | {
        "PENDING_NEW": OrderStatus.OPEN,
        "PENDING_CANCEL": OrderStatus.OPEN,
        "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    }
)

# Types. A limit order that may only make has a type of its own and no time in force.
MARKET: Final = "MARKET"
LIMIT: Final = "LIMIT"
LIMIT_MAKER: Final = "LIMIT_MAKER"

# Types of orders that wait for a price: which way it must come, and what they then become.
CONDITIONAL: Final[Mapping[str, tuple[TriggerKind, OrderType]]] = MappingProxyType(
    {
        "STOP_LOSS": (TriggerKind.STOP, OrderType.MARKET),
        "STOP_LOSS_LIMIT": (TriggerKind.STOP, OrderType.LIMIT),
        "TAKE_PROFIT": (TriggerKind.TAKE_PROFIT, OrderType.MARKET),
        "TAKE_PROFIT_LIMIT": (TriggerKind.TAKE_PROFIT, OrderType.LIMIT),
    }
)
CONDITIONAL_WORDS: Final = MappingProxyType({kinds: word for word, kinds in CONDITIONAL.items()})

ORDER_TYPES: Final[Mapping[str, OrderType]] = MappingProxyType(
    {MARKET: OrderType.MARKET, LIMIT: OrderType.LIMIT, LIMIT_MAKER: OrderType.LIMIT}
    | {word: kind for word, (_, kind) in CONDITIONAL.items()}
)

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000

# `1M` is missing on purpose: a month has no fixed length.
INTERVALS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "1s": 1_000,
        "1m": _MINUTE_MS,
        "3m": 3 * _MINUTE_MS,
        "5m": 5 * _MINUTE_MS,
        "15m": 15 * _MINUTE_MS,
        "30m": 30 * _MINUTE_MS,
        "1h": _HOUR_MS,
        "2h": 2 * _HOUR_MS,
        "4h": 4 * _HOUR_MS,
        "6h": 6 * _HOUR_MS,
        "8h": 8 * _HOUR_MS,
        "12h": 12 * _HOUR_MS,
        "1d": _DAY_MS,
        "3d": 3 * _DAY_MS,
        "1w": 7 * _DAY_MS,
    }
)
INTERVAL_WORDS: Final = MappingProxyType({ms: word for word, ms in INTERVALS.items()})

# The switches of a key in the order in which the exchange tells them. `ipRestrict` stands
# beside them and is none.
SWITCHES: Final = (
    "enableReading",
    "enableWithdrawals",
    "enableInternalTransfer",
    "enableMargin",
    "enableFutures",
    "permitsUniversalTransfer",
    "enableVanillaOptions",
    "enableFixApiTrade",
    "enableFixReadOnly",
    "enableSpotAndMarginTrading",
    "enablePortfolioMarginTrading",
)

# The exchange writes every amount with eight decimals and takes no finer one.
PLACES: Final = 8
UNIT: Final = Decimal("0.00000001")

NOTHING: Final = "0.00000000"

SELF_TRADE_MODE: Final = "EXPIRE_MAKER"

# How far a price may lie from the market's: a fifth to five times.
BAND_UP: Final = "5"
BAND_DOWN: Final = "0.2"

CLIENT_ID: Final = re.compile(r"[a-zA-Z0-9\-_.]{1,36}")
ORDER_ID: Final = re.compile(r"[0-9]{1,18}")

# How long our own requests are good after their stamp.
WINDOW: Final = "recvWindow=10000"

# How long a listen key lives after it was drawn or kept alive.
LISTEN_KEY_LASTS_MS: Final = _HOUR_MS

MOST_CANDLES: Final = 1_000
USUAL_CANDLES: Final = 500
MOST_ROWS: Final = 1_000
USUAL_ROWS: Final = 500
MOST_LEVELS: Final = 5_000
USUAL_LEVELS: Final = 100
# A request for trades since a moment covers the hour after it.
TRADES_SPAN_MS: Final = _HOUR_MS


def amount(value: Decimal) -> str:
    """Write an amount as the exchange does, cutting off what lies beyond its decimals."""
    if not value:  # of the amounts that an answer holds, most are nothing yet
        return NOTHING
    return f"{value.quantize(UNIT, ROUND_DOWN):f}"
