"""Reading the house's own values out of what its API tells.

One reader for all of them, by the types that they declare: amounts from exact texts, enums from
their names, values within values. What is named otherwise in the API is handed in by name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
_NOTHING: Final[Mapping[str, object]] = {}


def read_as(kind: type[T], told: Mapping[str, Any], known: Mapping[str, object] = _NOTHING) -> T:
    """Read a value of a dataclass; `known` are fields that are already what they are to be.

    Raises: ValueError, KeyError, TypeError for what was told otherwise.
    """
    hints = get_type_hints(kind)
    given = dict(known)
    for it in fields(kind):  # type: ignore[arg-type]  # a dataclass, as the docstring asks
        if not it.init:
            # Worked out from the others.
            continue
        if it.name not in given and (it.name in told or _is_needed(it)):
            given[it.name] = _read(hints[it.name], told[it.name])
    return kind(**given)


def _read(hint: Any, told: Any) -> Any:  # noqa: ANN401  types, and JSON of any kind
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _read_union(inner, told)
    if origin in {tuple, frozenset}:
        return _read_many(origin, inner, _expect(list, told))
    if origin is not None:
        return dict(_expect(dict, told))
    # What is a name of its own for a text, such as an id, is read as one.
    return _read_single(getattr(hint, "__supertype__", hint), told)


def _read_single(hint: Any, told: Any) -> Any:  # noqa: ANN401  types, and JSON of any kind
    if hint is Decimal:
        return _amount(told)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(told)
    if is_dataclass(hint) and isinstance(hint, type):
        return read_as(hint, _expect(dict, told))
    return told if hint is object else _expect(hint, told)


def _read_union(inner: tuple[Any, ...], told: Any) -> Any:  # noqa: ANN401  types, and JSON of any kind
    if told is None and NoneType in inner:
        return None
    kinds = [it for it in inner if it is not NoneType]
    return _read(kinds[0], told) if len(kinds) == 1 else told


def _read_many(origin: type, inner: tuple[Any, ...], told: Sequence[Any]) -> Any:  # noqa: ANN401  types, and JSON of any kind
    if origin is tuple and len(inner) > 1 and inner[-1] is not Ellipsis:
        return tuple(_read(kind, it) for kind, it in zip(inner, told, strict=True))
    return origin(_read(inner[0], it) for it in told)


def _expect(kind: type[T], told: object) -> T:
    """Give what is of this kind. Why: JSON holds whatever who answers has put there."""
    if not isinstance(told, kind) or (kind is int and isinstance(told, bool)):
        raise TypeError(kind.__name__)
    return told


def _amount(told: object) -> Decimal:
    # With an exponent, a few letters would stand for more digits than there is memory.
    if not _AMOUNT.fullmatch(_expect(str, told)):
        raise ValueError(Decimal.__name__)
    return Decimal(_expect(str, told))


def _is_needed(it: Field[Any]) -> bool:
    return it.default is MISSING and it.default_factory is MISSING
