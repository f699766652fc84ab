"""Numbers, days, moments and spans of time, as a person who speaks the language reads them.

The words of spans stand in the wording files. Moments are told alike in every language, in UTC,
and say so: a person, their exchange and their logs then speak of the same minute.
"""

from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import cache
from typing import Final

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from drawbridge.core.money import plain
from drawbridge.wording.language import ENGLISH, Language, locale_of, spoken

_CENTS_FROM = 100
_PERCENT: Final = 100
_SIX_DIGITS: Final = Context(prec=6)
_UNITS: Final = (
    ("days", DAY_MS),
    ("hours", HOUR_MS),
    ("minutes", MINUTE_MS),
    ("seconds", SECOND_MS),
)
UNIT_MS: Final = dict(_UNITS)
"""The units of spans by their names."""


def amount(value: Decimal | int) -> str:
    """Write an amount exactly, with its thousands set apart: in English `12,345.678`."""
    return _signed(plain(Decimal(value)))


def to_places(value: Decimal, places: int) -> str:
    """Write a number to so many decimals, also where they are noughts: in English `1,234.50`."""
    # Adding nothing takes the sign off a nought.
    return _signed(f"{round(value, places) + 0:f}")


def share(value: Decimal, places: int = 2) -> str:
    """Write a fraction as a share of a hundred: in English `12.50 %`."""
    return f"{to_places(value * _PERCENT, places)} %"


def rounded(value: Decimal) -> str:
    """Write what something is worth: two decimals from a hundred up, else six digits.

    Why: a worth comes from a price of a moment; more digits would claim what nobody knows.
    """
    if abs(value) >= _CENTS_FROM:
        return amount(round(value, 2))
    return amount(_SIX_DIGITS.create_decimal(value))


def day(at_ms: int) -> str:
    """Write the day of a moment: in English `1 August 2026`."""
    at, language = _moment(at_ms), spoken()
    if language is ENGLISH:
        return f"{at.day} {at:%B} {at.year}"
    from babel.dates import format_date  # noqa: PLC0415  who speaks English never waits for it

    return format_date(at, "long", locale_of(language))


def moment(at_ms: int) -> str:
    """Write a moment to the second: `2026-08-01 14:05:09 UTC`."""
    return f"{_moment(at_ms):%Y-%m-%d %H:%M:%S} UTC"


def iso(at_ms: int) -> str:
    """Write a moment for machines, as the `datetime` attribute of a page wants it."""
    return f"{_moment(at_ms):%Y-%m-%dT%H:%M:%SZ}"


def span(length_ms: int) -> tuple[str, int]:
    """Give the largest unit that fits and how many of it, rounded down: `("hours", 3)`."""
    for unit, unit_ms in _UNITS:
        if length_ms >= unit_ms:
            return unit, length_ms // unit_ms
    return "seconds", max(0, length_ms // SECOND_MS)


def _signed(text: str) -> str:
    """Put the language's signs into a number written plainly."""
    language = spoken()
    point, gap = _signs(language)
    whole, has_decimals, decimals = text.partition(".")
    digits = whole.removeprefix("-")
    if int(digits) >= language.groups_from:
        whole = whole[: len(whole) - len(digits)] + f"{int(digits):,}".replace(",", gap)
    return f"{whole}{point}{decimals}" if has_decimals else whole


@cache
def _signs(language: Language) -> tuple[str, str]:
    """Give the sign before decimals and the one between thousands, for Western digits."""
    if language is ENGLISH:
        return ".", ","
    signs = locale_of(language).number_symbols["latn"]
    return str(signs["decimal"]), str(signs["group"])


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // SECOND_MS, UTC)
