"""Reading single parameters of a request to Binance, each of exactly one kind.

Everything is suspect: what is missing, misspelt or too fine is refused by name.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeVar

import orjson

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.exchanges.binance.codec.tables import CLIENT_ID, ORDER_ID, PLACES

V = TypeVar("V")
Found = Mapping[str, str]

_MOST_SYMBOLS: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_AMOUNT: Final = re.compile(r"[0-9]{1,20}(?:\.([0-9]{1,20}))?")
# Larger amounts than any market knows; their products still fit the digits of exact money.
_MOST_WHOLE_DIGITS: Final = 10


def need(found: Found, name: str) -> str:
    """Give a text that must be there. Raises: `BadInput("missing_parameter")`."""
    value = found.get(name)
    if not value:
        raise BadInput("missing_parameter", field=name)
    return value


def read_symbol(found: Found, markets: Markets) -> str:
    """Give our symbol of the pair. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return markets.get_by_id(need(found, "symbol")).symbol


def read_symbols(found: Found, markets: Markets) -> tuple[str, ...]:
    """Give the pairs that are asked for, none for all. Raises: as `read_symbol`."""
    if "symbol" in found:
        return (read_symbol(found, markets),)
    text = found.get("symbols")
    if text is None:
        return ()
    try:
        names = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadInput("malformed", field="symbols") from None
    if not isinstance(names, list) or not 0 < len(names) <= _MOST_SYMBOLS:
        raise BadInput("malformed", field="symbols")
    if not all(isinstance(name, str) for name in names):
        raise BadInput("malformed", field="symbols")
    return tuple(markets.get_by_id(name).symbol for name in names)


def read_word(found: Found, name: str, words: Mapping[str, V], code: str) -> V:
    """Give what a word stands for. Raises: `BadInput` with this code."""
    value = words.get(need(found, name))
    if value is None:
        raise BadInput(code, field=name)
    return value


def find_number(found: Found, name: str) -> int | None:
    """Give a whole number, None where it is missing. Raises: `BadInput`."""
    text = found.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadInput("malformed", field=name)
    return int(text)


def read_limit(found: Found, most: int) -> int | None:
    """Read how many rows are wanted; more than the most is the most, none at all is an error."""
    limit = find_number(found, "limit")
    if limit == 0:
        raise BadInput("malformed", field="limit")
    return None if limit is None else min(limit, most)


def find_amount(found: Found, name: str) -> Decimal | None:
    """Give an amount, None where it is missing. Raises: `BadInput`."""
    text = found.get(name)
    if text is None:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise BadInput("malformed", field=name)
    decimals = match[1]
    if decimals and len(decimals) > PLACES and decimals[PLACES:].strip("0"):
        raise BadInput("too_precise", field=name)
    value = Decimal(text)
    if value.adjusted() >= _MOST_WHOLE_DIGITS:
        raise BadInput("too_precise", field=name)
    return value


def find_id(found: Found, name: str) -> str:
    """Give an order's or a trade's id, empty where it is missing. Raises: `BadInput`."""
    text = found.get(name, "")
    if not text:
        return ""
    if not ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field=name)
    return str(int(text))


def read_client_id(found: Found, name: str) -> str:
    """Give a sender's own id, empty where it is missing. Raises: `BadInput`."""
    text = found.get(name, "")
    if text and not CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field=name)
    return text
