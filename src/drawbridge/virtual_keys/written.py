"""Restrictions on their way to disk and back: JSON, by number.

What is already on disk is read without checks of its meaning: those stand in `wishes.py`, where
people's wishes come in. One that nobody here knows is read as one that refuses everything.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, Final, TypeAlias, cast

import orjson

from drawbridge.core.money import plain
from drawbridge.core.operations import Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.virtual_keys.amounts import (
    Amounts,
    Collar,
    DayTurnover,
    LargestOrder,
    OpenExposure,
    amounts_of,
)
from drawbridge.virtual_keys.restrictions import (
    Addresses,
    Expiry,
    Hours,
    OrderTypes,
    Pairs,
    Rate,
    Restriction,
    Scopes,
    Sides,
    Unknown,
)

_Words: TypeAlias = Mapping[str, Any]
_Writer: TypeAlias = Callable[[Any], _Words]
_Reader: TypeAlias = Callable[[_Words], Restriction]

_NUMBER: Final = "number"
_MOST_SHARED: Final = 4_096
# What a row of the right form but with wrong values in it leads to.
_UNREADABLE: Final = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError)


def encode_restrictions(restrictions: tuple[Restriction, ...]) -> str:
    """Write restrictions as a JSON array."""
    return orjson.dumps([_encoded(it) for it in restrictions]).decode()


def told_restrictions(restrictions: tuple[Restriction, ...]) -> list[dict[str, object]]:
    """Tell restrictions as programs read them: the same as on disk, each with its number."""
    return [dict(_encoded(it)) for it in restrictions]


def decode_restrictions(text: str) -> tuple[Restriction, ...]:
    """Read what `encode_restrictions` wrote; what cannot be read refuses everything."""
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError:
        rows = None
    if not isinstance(rows, list):
        return (Unknown(0, text),)
    return tuple([_shared(_decoded(row)) for row in rows])


def _shared(restriction: Restriction) -> Restriction:
    if isinstance(restriction, Expiry):
        return restriction  # hardly two virtual keys end at the same moment
    return _first_of(restriction)  # type: ignore[arg-type]  # all of them are frozen values


@lru_cache(maxsize=_MOST_SHARED)
def _first_of(restriction: Restriction) -> Restriction:
    """Give the first of equal restrictions, so that all virtual keys held to it share one.

    Why: thousands of them are in memory, and most of what one takes are sets and networks.
    """
    return restriction


def _encoded(restriction: Restriction) -> _Words:
    if isinstance(restriction, Unknown):
        # As it came, so that the newer version that wrote it finds it again.
        words: dict[str, Any] = orjson.loads(restriction.text)
        return words
    write = _CODECS[restriction.number][0]
    return {_NUMBER: restriction.number, **write(restriction)}


def _decoded(row: object) -> Restriction:
    told = row.get(_NUMBER) if isinstance(row, dict) else None
    number = told if isinstance(told, int) else 0
    try:
        return _CODECS[number][1](cast("_Words", row))
    except _UNREADABLE:
        return Unknown(number, orjson.dumps(row).decode())


def _amounts(amounts: Amounts) -> _Words:
    return {"most": {name: plain(amount) for name, amount in amounts.parts}}


def _read_amounts(words: _Words) -> Amounts:
    return amounts_of({str(name): Decimal(text) for name, text in words["most"].items()})


_CODECS: Final[Mapping[int, tuple[_Writer, _Reader]]] = {
    Scopes.number: (
        lambda it: {"allowed": sorted(it.allowed)},
        lambda words: Scopes(frozenset(map(Scope, words["allowed"]))),
    ),
    Pairs.number: (
        lambda it: {"symbols": sorted(it.symbols)},
        lambda words: Pairs(frozenset(map(str, words["symbols"]))),
    ),
    Sides.number: (
        lambda it: {"sides": sorted(it.sides)},
        lambda words: Sides(frozenset(map(Side, words["sides"]))),
    ),
    OrderTypes.number: (
        lambda it: {"types": sorted(it.types)},
        lambda words: OrderTypes(frozenset(map(OrderType, words["types"]))),
    ),
    LargestOrder.number: (
        lambda it: _amounts(it.most),
        lambda words: LargestOrder(_read_amounts(words)),
    ),
    OpenExposure.number: (
        lambda it: _amounts(it.most),
        lambda words: OpenExposure(_read_amounts(words)),
    ),
    DayTurnover.number: (
        lambda it: _amounts(it.most),
        lambda words: DayTurnover(_read_amounts(words)),
    ),
    Collar.number: (
        lambda it: {"percent": plain(it.percent)},
        lambda words: Collar(Decimal(words["percent"])),
    ),
    Addresses.number: (
        lambda it: {"networks": list(map(str, it.networks))},
        lambda words: Addresses(tuple(map(ip_network, words["networks"]))),
    ),
    Hours.number: (
        lambda it: {"days": sorted(it.days), "from": it.from_minute, "until": it.until_minute},
        lambda words: Hours(
            frozenset(map(int, words["days"])), int(words["from"]), int(words["until"])
        ),
    ),
    Expiry.number: (
        lambda it: {"until_ms": it.until_ms},
        lambda words: Expiry(int(words["until_ms"])),
    ),
    Rate.number: (
        lambda it: {"per_second": it.per_second},
        lambda words: Rate(int(words["per_second"])),
    ),
}
