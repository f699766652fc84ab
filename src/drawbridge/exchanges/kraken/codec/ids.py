"""Ids of orders and trades as Kraken writes them: `OQCLML-BW3P3-BUCMWZ`, `TCWJEG-FL4SZ-3FKGH6`.

The paper exchange numbers its orders and trades; the number is scattered over the letters, one
to one, so that ids look and sort as little like a count as the real ones do.
"""

import re
from base64 import b32decode, b32encode
from typing import Final

_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_LENGTH: Final = 16
# Sixteen letters of base32 are ten bytes.
_BYTES: Final = 10
_SPAN: Final = 1 << (8 * _BYTES)
# Odd, so that multiplying by it modulo the span is one to one and can be undone.
_SCATTER: Final = 0x9E3779B97F4A7C15F39D
_GATHER: Final = pow(_SCATTER, -1, _SPAN)
_ORDER_ID: Final = re.compile(r"O[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}")
_TRADE_ID: Final = re.compile(r"T[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}")


def order_id(number: int) -> str:
    """Give the n-th order its id."""
    return f"O{_scattered(number)}"


def trade_id(number: int) -> str:
    """Give the n-th trade its id."""
    return f"T{_scattered(number)}"


def is_order_id(text: str) -> bool:
    """Tell whether a text has the form of an order's id."""
    return _ORDER_ID.fullmatch(text) is not None


def is_trade_id(text: str) -> bool:
    """Tell whether a text has the form of a trade's id."""
    return _TRADE_ID.fullmatch(text) is not None


def number_of(text: str) -> int:
    """Give back the number of an id; 0 for one that is not made here."""
    letters = text[1:].replace("-", "")
    if len(letters) != _LENGTH or not _LETTERS.issuperset(letters):
        return 0
    return int.from_bytes(b32decode(letters), "big") * _GATHER % _SPAN


def _scattered(number: int) -> str:
    scattered = number * _SCATTER % _SPAN
    letters = b32encode(scattered.to_bytes(_BYTES, "big")).decode("ascii")
    return f"{letters[:5]}-{letters[5:10]}-{letters[10:]}"
