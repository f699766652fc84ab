"""Binance Futures' words for our values, as two-way tables, and its limits on single parameters.

Source: developers.binance.com, USD-M futures, common definitions, 2026-07-21.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from typing import Final

from drawbridge.core.derivatives import MarginMode
from drawbridge.core.orders import (
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
)

SIDE_WORDS: Final[Mapping[Side, str]] = MappingProxyType({Side.BUY: "BUY", Side.SELL: "SELL"})
SIDES: Final = MappingProxyType({word: side for side, word in SIDE_WORDS.items()})

TIME_IN_FORCE_WORDS: Final[Mapping[TimeInForce, str]] = MappingProxyType(
    {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
)
# A limit order that may only make is a limit order of this time in force.
MAKER_ONLY: Final = "GTX"
TIMES_IN_FORCE: Final[Mapping[str, TimeInForce]] = MappingProxyType(
    {word: tif for tif, word in TIME_IN_FORCE_WORDS.items()} | {MAKER_ONLY: TimeInForce.GTC}
)

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
        "NEW_INSURANCE": OrderStatus.OPEN,
        "NEW_ADL": OrderStatus.OPEN,
        "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    }
)
# A conditional order's own states; what becomes of it afterwards is told of the order it sent.
TRIGGERED: Final = "TRIGGERED"
FINISHED: Final = "FINISHED"
ALGO_STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {
        "NEW": OrderStatus.OPEN,
        "TRIGGERING": OrderStatus.OPEN,
        TRIGGERED: OrderStatus.OPEN,
        FINISHED: OrderStatus.FILLED,
        "CANCELED": OrderStatus.CANCELLED,
        "EXPIRED": OrderStatus.EXPIRED,
        "REJECTED": OrderStatus.REJECTED,
    }
)

POSITION_SIDE_WORDS: Final[Mapping[PositionSide, str]] = MappingProxyType(
    {PositionSide.BOTH: "BOTH", PositionSide.LONG: "LONG", PositionSide.SHORT: "SHORT"}
)
POSITION_SIDES: Final = MappingProxyType({word: it for it, word in POSITION_SIDE_WORDS.items()})

MODE_WORDS: Final[Mapping[MarginMode, str]] = MappingProxyType(
    {MarginMode.CROSS: "CROSSED", MarginMode.ISOLATED: "ISOLATED"}
)
MODES: Final = MappingProxyType({word: mode for mode, word in MODE_WORDS.items()})

BY_WORDS: Final[Mapping[TriggerBy, str]] = MappingProxyType(
    {TriggerBy.LAST: "CONTRACT_PRICE", TriggerBy.MARK: "MARK_PRICE"}
)
BYS: Final = MappingProxyType({word: by for by, word in BY_WORDS.items()})

MARKET: Final = "MARKET"
LIMIT: Final = "LIMIT"
TYPE_WORDS: Final[Mapping[OrderType, str]] = MappingProxyType(
    {OrderType.MARKET: MARKET, OrderType.LIMIT: LIMIT}
)
TYPES: Final = MappingProxyType({word: kind for kind, word in TYPE_WORDS.items()})

# The types of conditional orders: what they wait for, and what they then are.
CONDITIONAL_WORDS: Final[Mapping[tuple[TriggerKind, OrderType], str]] = MappingProxyType(
    {
        (TriggerKind.STOP, OrderType.LIMIT): "STOP",
        (TriggerKind.STOP, OrderType.MARKET): "STOP_MARKET",
        (TriggerKind.TAKE_PROFIT, OrderType.LIMIT): "TAKE_PROFIT",
        (TriggerKind.TAKE_PROFIT, OrderType.MARKET): "TAKE_PROFIT_MARKET",
    }
)
CONDITIONALS: Final = MappingProxyType({word: it for it, word in CONDITIONAL_WORDS.items()})
TRAILING: Final = "TRAILING_STOP_MARKET"

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000

# `1M` is missing on purpose: a month has no fixed length.
INTERVALS: Final[Mapping[str, int]] = MappingProxyType(
    {
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

# The card's [derivatives] and [fees]: a test proves that they are the same.
MOST_LEVERAGE: Final = 125
MAINTENANCE_RATE: Final = Decimal("0.004")
LIQUIDATION_FEE: Final = "0.012500"
FUNDING_HOURS: Final = 8
FEE_MAKER: Final = Decimal("0.0002")
FEE_TAKER: Final = Decimal("0.0005")

# How far a limit may lie from the mark price, on either side.
BAND_UP: Final = "1.0500"
BAND_DOWN: Final = "0.9500"

PLACES: Final = 8
NOTHING: Final = "0.00000000"
SELF_TRADE_MODE: Final = "EXPIRE_MAKER"
FUNDING_FEE: Final = "FUNDING_FEE"

CLIENT_ID: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
ORDER_ID: Final = re.compile(r"[0-9]{1,18}")

# How long our own requests are good after their stamp.
WINDOW: Final = "recvWindow=10000"

MOST_CANDLES: Final = 1_500
USUAL_CANDLES: Final = 500
MOST_ROWS: Final = 1_000
USUAL_ROWS: Final = 500
LEVELS: Final = (5, 10, 20, 50, 100, 500, 1_000)
# A request for trades since a moment covers the hour after it, one for own trades seven days.
TRADES_SPAN_MS: Final = _HOUR_MS
OWN_TRADES_SPAN_MS: Final = 7 * _DAY_MS
# How long a token for a private stream may be used without being renewed.
TOKEN_LASTS_MS: Final = _HOUR_MS

_UNIT: Final = Decimal("0.00000001")


def amount(value: Decimal) -> str:
    """Write an amount with eight decimals, cutting off what lies beyond."""
    if not value:  # of the amounts that an answer holds, most are nothing
        return NOTHING
    return f"{value.quantize(_UNIT, ROUND_DOWN):f}"
