"""Reading single values and lists of an answer, each of exactly one type.

A value of another type raises `TypeError` without a text; who reads the whole answer turns it
into an unknown outcome. Nothing is converted that the exchange did not write so.
"""

from decimal import Decimal
from typing import Any

from drawbridge.core.money import parse_decimal


def money(value: object) -> Decimal:
    """Read an amount, which comes as text."""
    # A number would have gone through a float on its way; money comes as text or not at all.
    if type(value) is not str:
        raise TypeError
    return parse_decimal(value, "answer")


def whole(value: object) -> int:
    """Read a whole number."""
    # Exact on purpose: True is an int to isinstance.
    if type(value) is not int:
        raise TypeError
    return value


def text(value: object) -> str:
    """Read a text."""
    if type(value) is not str:
        raise TypeError
    return value


def truth(value: object) -> bool:
    """Read true or false."""
    if type(value) is not bool:
        raise TypeError
    return value


def rows(value: object) -> list[Any]:
    """Read a list. An empty table in its place would otherwise pass for "none"."""
    if type(value) is not list:
        raise TypeError
    return value
