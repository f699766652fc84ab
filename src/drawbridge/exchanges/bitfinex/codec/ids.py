"""Ids as Bitfinex writes them: whole numbers, also those that clients give their orders.

A client's id (`cid`) has 45 bits and may be joined by a group's (`gid`) of 31. Ours have 75 bits
of letters: the lower 45 travel as `cid`, the others, plus one, as `gid`.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput

_FIRST_ORDER: Final = 139_658_000_000
_FIRST_TRADE: Final = 1_700_000_000

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_OURS: Final = re.compile(r"db([a-z2-7]{15})")
_OURS_BEGIN: Final = "db"
_OURS_LETTERS: Final = 15
_FOREIGN: Final = re.compile(r"(?:([1-9][0-9]{0,9}):)?(0|[1-9][0-9]{0,15})")
_CID_BITS: Final = 45
_CID_MASK: Final = (1 << _CID_BITS) - 1
_MOST_OF_OURS: Final = 1 << (5 * _OURS_LETTERS - _CID_BITS)
_MOST_CID: Final = 2**53 - 1
_MOST_GID: Final = 2**31 - 1
_ORDER: Final = re.compile(r"[1-9][0-9]{0,17}")


def order_id(number: int) -> str:
    """Give the n-th order's id."""
    return str(_FIRST_ORDER + number)


def trade_id(number: int) -> str:
    """Give the n-th trade's id."""
    return str(_FIRST_TRADE + number)


def order_number(text: str) -> int:
    """Give an order's id as the number that travels. Raises: `BadInput("malformed")`."""
    if not _ORDER.fullmatch(text):
        raise BadInput("malformed", field="order_id")
    return int(text)


def encode_client_id(text: str) -> dict[str, int]:
    """Write a client's id of an order as the parameters that carry it.

    Raises: `BadInput("malformed")` for a text that no number stands for.
    """
    if not text:
        return {}
    if found := _OURS.fullmatch(text):
        number = 0
        for letter in found[1]:
            number = number * len(_LETTERS) + _LETTERS.index(letter)
        return {"cid": number & _CID_MASK, "gid": 1 + (number >> _CID_BITS)}
    foreign = _FOREIGN.fullmatch(text)
    if foreign is None or not _are_ids(int(foreign[1] or 0), int(foreign[2])):
        raise BadInput("malformed", field="client_id")
    group = {"gid": int(foreign[1])} if foreign[1] else {}
    return {"cid": int(foreign[2]), **group}


def client_id_of(cid: int | None, gid: int | None) -> str:
    """Read a client's id. Raises: `BadInput("malformed")` for numbers that are too large."""
    if cid is None:
        return ""
    if not _are_ids(gid or 0, cid):
        raise BadInput("malformed", field="cid")
    if not gid:
        return str(cid)
    if gid > _MOST_OF_OURS or cid > _CID_MASK:
        return f"{gid}:{cid}"
    number, letters = (gid - 1) << _CID_BITS | cid, ""
    for _ in range(_OURS_LETTERS):
        number, place = divmod(number, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return _OURS_BEGIN + letters


def _are_ids(gid: int, cid: int) -> bool:
    return 0 <= gid <= _MOST_GID and 0 <= cid <= _MOST_CID
