"""Exact money: Decimal in, Decimal out, and the few rules of steps and ticks.

Floats never enter. Contexts of the decimal module are not changed globally; amounts that
people and exchanges write fit its 28 digits with room to spare, and longer ones are refused.
"""

from decimal import ROUND_DOWN, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from drawbridge.core.errors import BadInput

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_MAX_LENGTH = 40
_MAX_EXPONENT = 24
_ALPHABET = frozenset("0123456789.+-eE")
_MAX_DIGITS = 15
_SHORT = Decimal("0.00000001")
# Beyond that, the context's 28 digits have no room for eight places behind the point.
_ROOM_FOR_PLACES = 16


def parse_decimal(text: str, field: str) -> Decimal:
    """Read an amount as people and exchanges write it.

    Raises: `BadInput("not_a_number")` for anything that is not a finite plain number of
    bounded length: an exponent of a thousand digits would otherwise exhaust memory later.
    """
    value = _read(text) if text and len(text) <= _MAX_LENGTH else None
    if value is None:
        raise BadInput("not_a_number", field=field)
    return value


@lru_cache(maxsize=4_096)
def _read(text: str) -> Decimal | None:
    # Kept, because answers repeat the same few amounts: zero, a price, an order's quantity.
    if not _ALPHABET.issuperset(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if value and not -_MAX_EXPONENT <= value.adjusted() <= _MAX_EXPONENT:
        return None
    return value


def find_whole(text: str) -> int | None:
    """Read a whole number of bounded length, not below zero; None for anything else."""
    is_whole = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_whole else None


def parse_positive(text: str, field: str) -> Decimal:
    """Read an amount that must be above zero. Raises: `BadInput`."""
    value = parse_decimal(text, field)
    if value <= 0:
        raise BadInput("not_positive", field=field)
    return value


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round down to a whole number of steps."""
    return (value / step).to_integral_value(ROUND_DOWN) * step


def is_on_step(value: Decimal, step: Decimal) -> bool:
    """Tell whether `value` is a whole number of steps."""
    return not value % step


def plain(value: Decimal) -> str:
    """Write without exponent and without trailing zeros: `Decimal("1E+3")` is `1000`."""
    if not value:
        return "0"
    text = str(value)
    if "E" in text:  # hardly ever, and asking for none costs twice as much
        text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def short(value: Decimal) -> str:
    """Write a counted value without the digits that a division leaves behind."""
    return plain(value.quantize(_SHORT) if value.adjusted() < _ROOM_FOR_PLACES else value)


def fixed(value: Decimal, places: int) -> str:
    """Write with exactly `places` decimals, cutting off what lies beyond."""
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN):f}"


def places_of(step: Decimal) -> int:
    """Count the decimals that a step or tick needs: `Decimal("0.0010")` needs 3."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
