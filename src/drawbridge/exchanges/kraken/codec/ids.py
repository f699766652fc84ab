"""Ids of orders and trades as Kraken writes them: `OQCLML-BW3P3-BUCMWZ`, `TCWJEG-FL4SZ-3FKGH6`.

The paper exchange numbers its orders and trades; the number is scattered over the letters, one
to one, so that ids look and sort as little like a count as the real ones do.
"""

import re
from typing import Final

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LENGTH: Final = 16
_SPAN: Final = 1 << (5 * _LENGTH)
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
    if len(letters) != _LENGTH or not set(letters) <= set(_LETTERS):
        return 0
    scattered = 0
    for letter in letters:
        scattered = scattered << 5 | _LETTERS.index(letter)
    return scattered * _GATHER % _SPAN


def _scattered(number: int) -> str:
    rest = number * _SCATTER % _SPAN
    letters = ""
    for _ in range(_LENGTH):
        letters = _LETTERS[rest & 31] + letters
        rest >>= 5
    return f"{letters[:5]}-{letters[5:10]}-{letters[10:]}"
