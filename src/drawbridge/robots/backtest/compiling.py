"""The loop as numba compiles it: once for each strategy, and kept on disk where that is wished.

numba is an extra and takes a while to load, so it is loaded when the first backtest wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from drawbridge.robots import guards, steering
from drawbridge.robots.backtest.hearing import HEARING, heard_in_blocks
from drawbridge.robots.backtest.keeping import KeptLoops, find_folder, origin_of
from drawbridge.robots.backtest.loop import COMPILED, walk
from drawbridge.robots.strategy import Decide

# Every function that the loop calls by name, wherever it stands.
_CALLED: Final = (
    *COMPILED,
    *HEARING,
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


def can_compile() -> bool:
    """Tell whether the `backtest` extra is installed."""
    return find_spec("numba") is not None


def program_for(decide: Decide) -> Callable[..., Any]:
    """Give the loop with a strategy in it, which takes what `walk` takes but its hearing.

    It is compiled, or read from disk, when it first runs.
    """
    return _program(decide, find_folder())


@cache
def _program(decide: Decide, folder: Path | None) -> Callable[..., Any]:
    _make_known()
    step = _compiler(**_OPTIONS)(decide)

    def hear(course: Any, book: Any, state: Any, best: Any, end: Any) -> Any:  # noqa: ANN401  types are numba's business
        return heard_in_blocks(step, course, book, state, best, end)

    inner: Any = _compiler(**_OPTIONS)(hear)

    def run(course: Any, book: Any, rules: Any, state: Any) -> Any:  # noqa: ANN401  types are numba's business
        return walk(inner, course, book, rules, state)

    program: Any = _compiler(_nrt=False)(run)
    origin = origin_of(decide)
    if folder is not None and origin is not None:
        program._cache = KeptLoops(folder, origin)  # noqa: SLF001  numba's own stands there too
    loop: Callable[..., Any] = program
    return loop


def is_refusal(fault: Exception) -> bool:
    """Tell whether the compiler says that it cannot compile a strategy."""
    from numba.core.errors import NumbaError  # noqa: PLC0415  heavy: loaded where it is used

    return isinstance(fault, NumbaError)


@cache
def _make_known() -> None:
    """Let the compiler know the loop and all that it calls."""
    from numba.extending import register_jitable  # noqa: PLC0415  heavy, and an extra

    for function in (*_CALLED, walk):
        register_jitable(**_OPTIONS)(function)


def _compiler(**options: bool) -> Callable[..., Any]:
    import numba  # noqa: PLC0415  heavy, and an extra: loaded where it is used

    # `_nrt` is an option of numba that its types do not tell.
    compiler: Callable[..., Any] = numba.njit(**options)  # type: ignore[call-overload]
    return compiler
