"""Ids on Bittrex's wire: all of them are UUIDs, those of clients as well.

Ours are seventeen letters; they are written as a UUID of a mark and a number, and read back from
it. Whatever else a client calls its order stays as it is.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OURS: Final = re.compile(r"db([a-z2-7]{15})")
_MARK: Final = "db00000000004"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_COUNT: Final = 15
_MOST: Final = 32**_COUNT
_DIGITS: Final = 19


def order_id(number: int) -> str:
    """Give the paper exchange's n-th order a UUID."""
    return dashed(f"f03d5e98b5ac48fb{number:016x}")


def trade_id(number: int) -> str:
    """Give the paper exchange's n-th trade a UUID."""
    return dashed(f"8a614d4ee45545b0{number:016x}")


def encode_client_id(client_id: str) -> str:
    """Write a client's id as a UUID. Raises: `BadInput("unsupported_order")`."""
    if _UUID.fullmatch(client_id):
        return client_id
    ours = _OURS.fullmatch(client_id)
    if ours is None:
        raise BadInput("unsupported_order", field="client_id")
    number = 0
    for letter in ours[1]:
        number = number * 32 + _LETTERS.index(letter)
    return dashed(f"{_MARK}{number:0{_DIGITS}x}")


def parse_client_id(text: str) -> str:
    """Read a client's id, ours as it was. Raises: `BadInput("malformed")` unless it is a UUID."""
    if not text:
        return ""
    uuid = text.lower()
    if not _UUID.fullmatch(uuid):
        raise BadInput("malformed", field="clientOrderId")
    digits = uuid.replace("-", "")
    number = int(digits[len(_MARK) :], 16)
    if not digits.startswith(_MARK) or number >= _MOST:
        return text
    letters = []
    for _ in range(_COUNT):
        number, place = divmod(number, 32)
        letters.append(_LETTERS[place])
    return "db" + "".join(reversed(letters))


def dashed(digits: str) -> str:
    """Write 32 digits as a UUID."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
