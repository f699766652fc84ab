"""Strict reading of TOML tables into frozen dataclasses.

A key that is missing, unknown or of the wrong type stops the start with the place it stands
at: a fact misspelt on a card would otherwise be a fact silently lost.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from drawbridge.core.money import parse_decimal

T = TypeVar("T")


def read_table(kind: type[T], table: Mapping[str, object], where: str) -> T:
    """Make a `kind` of a table. Raises: `ValueError`, `TypeError` naming the place."""
    hints, required = _shape(cast("Hashable", kind))
    if unknown := table.keys() - hints.keys():
        message = f"{where}: unknown key {min(unknown)}"
        raise ValueError(message)
    if missing := required - table.keys():
        message = f"{where}: missing key {min(missing)}"
        raise ValueError(message)
    return kind(
        **{name: _value(hints[name], value, f"{where}.{name}") for name, value in table.items()}
    )


@cache
def _shape(kind: Hashable) -> tuple[dict[str, Any], frozenset[str]]:
    if not isinstance(kind, type) or not is_dataclass(kind):
        message = f"{kind!r} is no dataclass"
        raise TypeError(message)
    required = frozenset(
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    )
    return get_type_hints(kind), required


def _value(hint: Any, value: object, where: str) -> object:  # noqa: ANN401  a type hint has no type
    origin = get_origin(hint)
    if origin is tuple:
        items = _expect(list, value, where)
        return tuple(_value(get_args(hint)[0], item, where) for item in items)
    if origin is Mapping:
        table = _expect(dict, value, where)
        inner = get_args(hint)[1]
        return MappingProxyType(
            {name: _value(inner, item, f"{where}.{name}") for name, item in table.items()}
        )
    if is_dataclass(hint):
        return read_table(hint, _expect(dict, value, where), where)  # type: ignore[arg-type]  # is_dataclass also accepts instances
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: object, where: str) -> object:  # noqa: ANN401  a type hint has no type
    if hint is object:
        return value
    if hint is Decimal:
        return parse_decimal(_expect(str, value, where), where)
    if issubclass(hint, Enum):
        return _member(hint, _expect(str, value, where), where)
    return _expect(hint, value, where)


def _member(kind: type[Enum], text: str, where: str) -> Enum:
    try:
        return kind[text.upper()] if issubclass(kind, IntEnum) else kind(text)
    except (KeyError, ValueError):
        message = f"{where}: {text} is no {kind.__name__}"
        raise ValueError(message) from None


def _expect(kind: type[T], value: object, where: str) -> T:
    # Exact on purpose: True is an int to isinstance, and a quantity of True is a mistake.
    if type(value) is not kind:
        message = f"{where}: {kind.__name__} expected, not {type(value).__name__}"
        raise TypeError(message)
    return value
