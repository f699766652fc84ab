"""Ids of the paper exchange in BitMEX's form: UUIDs for orders and trades."""

from typing import Final

_TRADE_HEAD: Final = "7d5c5f2a-1c34-4b7e"


def order_id(number: int) -> str:
    """Give the paper exchange's n-th order a UUID."""
    return _dashed("56222c7a-9956-413a", number)


def trade_id(number: int) -> str:
    """Give the paper exchange's n-th trade a UUID."""
    return _dashed(_TRADE_HEAD, number)


def trade_number(uuid: str) -> int:
    """Read the number out of a trade's UUID."""
    return int(uuid.replace("-", "")[16:], 16)


def _dashed(head: str, number: int) -> str:
    digits = f"{number:016x}"
    return f"{head}-{digits[:4]}-{digits[4:]}"
