"""What a signal from outside says: the JSON that TradingView and others send, read. Pure.

Shape: an object with `secret`, `action` (buy, sell, close) and `time` (ISO 8601, or seconds or
milliseconds since 1970), and as one likes `id`, `symbol` and `price`. Anything else in it is left
alone. The content type does not matter: TradingView sends JSON as plain text as well.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.money import parse_positive
from drawbridge.core.secret import Secret

MAX_BODY_BYTES: Final = 8_192
GOOD_FOR_MS: Final = 2 * MINUTE_MS
"""How old a signal may be: later, the price that it was about is gone."""

_AHEAD_MS: Final = MINUTE_MS
_LONGEST_ID: Final = 128
_LONGEST_SYMBOL: Final = 64
_LONGEST_TIME: Final = 40
# A number below this is seconds, above it milliseconds: the year 5138, and March 1973.
_MILLISECONDS_FROM: Final = 100_000_000_000
_LATEST_MS: Final = 10**14
_BEFORE_COLON: Final = re.compile(r"^[A-Z0-9_]+:")
_SEPARATORS: Final = re.compile(r"[/\-_ ]")
_PERPETUAL: Final = ".P"


class Action(StrEnum):
    """What is to be done: be long, be short (or out, where one cannot be short), be out."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Message:
    """A signal as it was sent. `name` makes it one: its id, or its time and action."""

    name: str
    action: Action
    sent_ms: int
    symbol: str = ""
    price: Decimal | None = None


def read_body(body: bytes) -> tuple[Secret, Mapping[str, object]]:
    """Read the body so far that its sender can be proven.

    Raises: `BadInput("signal_not_readable")`, of which a stranger is told nothing.
    """
    try:
        told = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        told = None
    secret = told.get("secret") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(secret, str):
        raise BadInput("signal_not_readable", field="body")
    return Secret(secret), {name: value for name, value in told.items() if name != "secret"}


def read_message(told: Mapping[str, object], now_ms: int) -> Message:
    """Read what a proven sender says.

    Raises: `BadInput` naming the field; `BadInput("signal_too_old")`,
    `BadInput("signal_from_the_future")`.
    """
    action = _text(told, "action").lower()
    if action not in set(Action):
        raise BadInput("signal_action", field="action", known=tuple(Action))
    sent_ms = _read_time(told.get("time"))
    if now_ms - sent_ms > GOOD_FOR_MS:
        raise BadInput("signal_too_old", field="time", most=GOOD_FOR_MS)
    if sent_ms - now_ms > _AHEAD_MS:
        raise BadInput("signal_from_the_future", field="time")
    given = _text(told, "id")
    if len(given) > _LONGEST_ID or not given.isprintable():
        raise BadInput("signal_id", field="id", most=_LONGEST_ID)
    name = f"id:{given}" if given else f"at:{sent_ms}:{action}"
    price = _text(told, "price")
    return Message(
        name=name,
        action=Action(action),
        sent_ms=sent_ms,
        symbol=_text(told, "symbol")[:_LONGEST_SYMBOL],
        price=parse_positive(price, "price") if price else None,
    )


def is_about(told: str, symbol: str) -> bool:
    """Tell whether what was told is a market's symbol, as charts write it.

    `EXCHANGE:BTCUSDT`, `BTCUSDT` and `BTC/USDT` are `BTC/USDT`; nothing at all is every market;
    `BTCUSDT.P` is the perpetual contract `BTC/USDT:USDT`.
    """
    if not told:
        return True
    spot, _, settle = symbol.partition(":")
    wanted = _SEPARATORS.sub("", spot)
    if told.upper() == symbol:
        return True
    named = _SEPARATORS.sub("", _BEFORE_COLON.sub("", told.upper().strip()))
    return named.removesuffix(_PERPETUAL) == wanted and (bool(settle) or _PERPETUAL not in named)


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadInput("signal_field", field=name)
    return str(value).strip()


def _read_time(value: object) -> int:
    if isinstance(value, str):
        value = _numbered(value.strip())
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST_MS:
        raise BadInput("signal_time", field="time")
    return value if value >= _MILLISECONDS_FROM else value * 1_000


def _numbered(text: str) -> int | None:
    if len(text) > _LONGEST_TIME:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000)
