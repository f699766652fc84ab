"""From a function's arguments to settings with bounds, and back to arguments."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import Parameter as Argument
from inspect import signature
from types import FunctionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from drawbridge.core.errors import BadInput
from drawbridge.core.money import places_of
from drawbridge.robots.sizes import exact
from drawbridge.robots.strategy import Number, Parameter

_FLAG: Final = ("no", "yes")
_LEAST_PLACES: Final = 2
_FAR: Final = 10
_KINDS: Final = {Argument.KEYWORD_ONLY, Argument.POSITIONAL_OR_KEYWORD}
_Settings = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The bounds of a number: `fast: Annotated[int, Between(2, 50)] = 12`."""

    lowest: Number
    highest: Number


def parameters_of(function: FunctionType) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """Read the arguments after the view; tell those whose bounds had to be assumed.

    Raises: `BadInput` naming the argument.
    """
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError):
        hints = {}  # what an annotation means is not told; then its bounds are not either
    parameters, assumed = [], []
    for argument in list(signature(function).parameters.values())[1:]:
        if argument.kind not in _KINDS or argument.default is Argument.empty:
            raise BadInput("own_argument_without_default", field="file", name=argument.name)
        parameter, is_told = _parameter(argument, hints.get(argument.name))
        # A default that its own bounds refuse is refused here, by name.
        parameter.read(parameter.default)
        parameters.append(parameter)
        if not is_told:
            assumed.append(argument.name)
    return tuple(parameters), tuple(assumed)


def settings_of(parameters: tuple[Parameter, ...]) -> Callable[..., Any]:
    """Make the named tuple that holds the settings.

    Raises: `BadInput("own_bad_name")` for a name that it cannot have.
    """
    names = [parameter.name for parameter in parameters]
    try:
        return namedtuple("Settings", names)  # noqa: PYI024  names are known at run time only
    except ValueError:
        raise BadInput("own_bad_name", field="file", names=names) from None


def with_values(
    function: FunctionType, parameters: tuple[Parameter, ...], settings: _Settings
) -> Callable[[Any], object]:
    """Give the same function with settings as its defaults: calling it costs nothing more."""
    values = {it.name: _value(it, number) for it, number in zip(parameters, settings, strict=True)}
    bound = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    arguments = list(signature(function).parameters.values())
    plain = [it.name for it in arguments if it.kind is Argument.POSITIONAL_OR_KEYWORD][1:]
    bound.__defaults__ = tuple(values[name] for name in plain)
    bound.__kwdefaults__ = {name: it for name, it in values.items() if name not in plain}
    return bound


def _parameter(argument: Argument, hint: object) -> tuple[Parameter, bool]:
    """Make a parameter; tell whether the file tells its bounds."""
    default, name = argument.default, argument.name
    bounds = next((it for it in getattr(hint, "__metadata__", ()) if isinstance(it, Between)), None)
    if isinstance(default, Parameter):
        return replace(default, name=name), True
    if isinstance(default, bool):
        return Parameter(name, _FLAG[default], choices=_FLAG), True
    if get_origin(hint) is Literal:
        return Parameter(name, default, choices=tuple(map(str, get_args(hint)))), True
    if not isinstance(default, int | float) or not math.isfinite(default):
        raise BadInput("own_bad_default", field="file", name=name)
    lowest, highest = (bounds.lowest, bounds.highest) if bounds else _assumed(default)
    numbers = (default, lowest, highest)
    places = 0
    if any(isinstance(it, float) for it in numbers):
        places = max(_LEAST_PLACES, *(places_of(exact(it)) for it in numbers))
    return Parameter(name, default, lowest, highest, places), bounds is not None


def _assumed(default: Number) -> tuple[Number, Number]:
    """Give bounds that a default suggests: up to ten times as far from zero."""
    if isinstance(default, float):
        return min(0.0, _FAR * default), max(1.0, _FAR * default)
    return min(1 if default > 0 else 0, _FAR * default), max(_FAR, _FAR * default)


def _value(parameter: Parameter, number: Number) -> object:
    """Give a setting as the function takes it: a number, a word, or yes and no as a flag."""
    if parameter.choices == _FLAG:
        return bool(number)
    return parameter.tell(number) if parameter.choices else number
