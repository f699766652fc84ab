"""The loop as numba compiles it: once for each strategy in a process.

numba is an extra and takes a while to load, so it is loaded when the first backtest wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from drawbridge.robots import guards, steering
from drawbridge.robots.backtest.loop import COMPILED, walk
from drawbridge.robots.strategy import Decide

# Every function that the loop calls by name, wherever it stands.
_CALLED: Final = (
    *COMPILED,
    steering.turned,
    steering.side_of,
    steering.steer,
    steering.choose,
    steering.guarded,
    steering.may_enter,
    guards.exit_of,
    guards.stop_of,
    guards.safety_of,
    guards.in_hours,
    guards.is_locked,
    guards.went_badly,
)
# Why: functions take named tuples of arrays, and handing these from one to the other costs more
# than what they do. Nothing here makes arrays, so that none has to be counted either.
_OPTIONS: Final = {"forceinline": True, "_nrt": False}


class Program(NamedTuple):
    """A compiled loop, and what decides in it."""

    walk: Callable[..., Any]
    decide: Callable[..., Any]


def can_compile() -> bool:
    """Tell whether the `backtest` extra is installed."""
    return find_spec("numba") is not None


@cache
def program_for(decide: Decide) -> Program:
    """Give the loop for a strategy; it is compiled when it first runs."""
    return Program(_compiled_walk(), _compiler(**_OPTIONS)(decide))


def is_refusal(fault: Exception) -> bool:
    """Tell whether the compiler says that it cannot compile a strategy."""
    from numba.core.errors import NumbaError  # noqa: PLC0415  heavy: loaded where it is used

    return isinstance(fault, NumbaError)


@cache
def _compiled_walk() -> Callable[..., Any]:
    from numba.extending import register_jitable  # noqa: PLC0415  heavy, and an extra

    for function in _CALLED:
        register_jitable(**_OPTIONS)(function)
    compiled: Callable[..., Any] = _compiler(_nrt=False)(walk)
    return compiled


def _compiler(**options: bool) -> Callable[..., Any]:
    import numba  # noqa: PLC0415  heavy, and an extra: loaded where it is used

    # `_nrt` is an option of numba that its types do not tell.
    compiler: Callable[..., Any] = numba.njit(**options)  # type: ignore[call-overload]
    return compiler
