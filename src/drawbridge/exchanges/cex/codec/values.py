"""The small change of CEX.IO's wire: requests and answers in their envelope, words, amounts.

Markets are called by their two currencies, joined by a line.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import object_of, parse_document, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment
from drawbridge.wire.parameters import Parameters, read_json

Document = Mapping[str, Any]

_JSON: Final = (JSON_TYPE,)
_PUBLIC: Final = b"/api/spot/rest-public/"
_PRIVATE: Final = b"/api/spot/rest/"
NOTHING: Final[Document] = MappingProxyType({})

# Orders are taken from sub-accounts only. Ours come from the one of this name, which the guide
# asks to make; the card says the same, and a test proves it.
SUB_ACCOUNT: Final = "drawbridge"
MAIN_ACCOUNT: Final = ""

FEE: Final = Decimal("0.0025")

SIDE_WORDS: Final[Mapping[Side, str]] = MappingProxyType({Side.BUY: "BUY", Side.SELL: "SELL"})
SIDES: Final = MappingProxyType({word: side for side, word in SIDE_WORDS.items()})
TYPE_WORDS: Final[Mapping[OrderType, str]] = MappingProxyType(
    {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market"}
)
TYPES: Final = MappingProxyType({word: kind for kind, word in TYPE_WORDS.items()})
STOP_LIMIT: Final = "StopLimit"
# There is no fill-or-kill, and a time in force with an end is not carried out.
TIME_WORDS: Final[Mapping[TimeInForce, str]] = MappingProxyType(
    {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC"}
)
TIMES: Final = MappingProxyType({word: tif for tif, word in TIME_WORDS.items()})
STATUS_WORDS: Final[Mapping[OrderStatus, str]] = MappingProxyType(
    {
        OrderStatus.OPEN: "NEW",
        OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
        OrderStatus.FILLED: "FILLED",
        OrderStatus.CANCELLED: "CANCELLED",
        OrderStatus.EXPIRED: "EXPIRED",
        OrderStatus.REJECTED: "REJECTED",
    }
)
STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {word: status for status, word in STATUS_WORDS.items()}
    | {
        "PENDING_NEW": OrderStatus.OPEN,
        "PENDING_CANCEL": OrderStatus.OPEN,
        # The documents spell it both ways.
        "CANCELED": OrderStatus.CANCELLED,
    }
)

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
INTERVALS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "1m": _MINUTE_MS,
        "5m": 5 * _MINUTE_MS,
        "15m": 15 * _MINUTE_MS,
        "30m": 30 * _MINUTE_MS,
        "1h": _HOUR_MS,
        "2h": 2 * _HOUR_MS,
        "4h": 4 * _HOUR_MS,
        "1d": 24 * _HOUR_MS,
    }
)
INTERVAL_WORDS: Final = MappingProxyType({ms: word for word, ms in INTERVALS.items()})

CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
ORDER_ID: Final = re.compile(r"[0-9]{1,18}")


# ------------------------------------------------------------------------------------ requests
def asked(action: bytes, body: Document = NOTHING) -> WireRequest:
    """Write what anyone may ask; words without a value are left out."""
    return WireRequest("POST", _PUBLIC + action, b"", _JSON, _written(body))


def asked_own(action: bytes, body: Document = NOTHING) -> WireRequest:
    """Write what is asked with a key."""
    return WireRequest("POST", _PRIVATE + action, b"", _JSON, _written(body))


def _written(body: Document) -> bytes:
    return write_document({name: value for name, value in body.items() if value is not None})


def body_of(view: ServerView) -> Parameters:
    """Read a request. Raises: `BadInput`."""
    return read_json(view.request.body)


def market_of(found: Parameters, markets: Markets, name: str = "pair") -> Market:
    """Read a market that must be named. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return markets.get_by_id(found.need(name))


def symbol_of(found: Parameters, markets: Markets) -> str:
    """Read a market, empty where none is named. Raises: `NotFound("unknown_symbol")`."""
    return market_of(found, markets).symbol if "pair" in found else ""


def time_of(found: Parameters, name: str) -> int | None:
    """Read a moment, written as milliseconds or in words. Raises: `BadInput`."""
    text = found.text(name)
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() else parse_moment(text, name)


def order_id_of(found: Parameters) -> str:
    """Read the exchange's id of an order, empty where there is none. Raises: `BadInput`."""
    text = found.text("orderId")
    if text and not ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field="orderId")
    return str(int(text)) if text else ""


def client_id_of(found: Parameters) -> str:
    """Read the client's id of an order, empty where there is none. Raises: `BadInput`."""
    text = found.text("clientOrderId")
    if text and not CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field="clientOrderId")
    return text


def number_of(order_id: str) -> int | None:
    """Give an order's id as the number that travels. Raises: `BadInput("malformed")`."""
    if not order_id:
        return None
    if not ORDER_ID.fullmatch(order_id):
        raise BadInput("malformed", field="order_id")
    return int(order_id)


def pair_of(symbol: str, markets: Markets) -> str | None:
    """Give the exchange's name of a market, None for all. Raises: `NotFound("unknown_symbol")`."""
    return markets.get(symbol).id if symbol else None


# ------------------------------------------------------------------------------------- answers
def told(data: object) -> WireAnswer:
    """Write an answer in its envelope."""
    return WireAnswer(200, write_document({"ok": "ok", "data": data}), _JSON)


def data_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Read what an answer holds. Raises: `BadInput`."""
    return object_of(parse_document(answer.body))["data"]


def amount(value: Decimal) -> str:
    """Write an amount with all of its digits."""
    return plain(value)
