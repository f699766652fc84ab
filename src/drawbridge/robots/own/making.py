"""From a person's function or class to a `Strategy`.

A function of a view that does not look at what is held is asked about all candles at once, in
`look`; what is left to decide is a number in an array, which is compiled as any other. One that
looks at it can only be asked candle by candle, by Python itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.robots.own.parameters import parameters_of, settings_of, with_values
from drawbridge.robots.own.trouble import Telling, failed, shown
from drawbridge.robots.own.view import View
from drawbridge.robots.strategy import (
    IN,
    OUT,
    UNSAID,
    Decide,
    Held,
    Look,
    Memory,
    Orders,
    Parameter,
    Scene,
    Strategy,
    Want,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drawbridge.robots.columns import CandleColumns

_WORDS: Final[dict[object, int]] = {"in": IN, "out": OUT, None: UNSAID}
_NUMBERS: Final = frozenset({IN, OUT, UNSAID})
_LEAST_REACH: Final = 300
_REACH_FACTOR: Final = 10
_HELD: Final = "held"

Made = tuple[Strategy, tuple[str, ...]]
"""A strategy, and the parameters whose bounds are assumed."""


class Said(NamedTuple):
    """What a function said at each candle."""

    said: NDArray[np.int64]


class Watched(NamedTuple):
    """A view that is moved from candle to candle, and the function that looks at it."""

    view: View
    at: list[int]
    function: Callable[[View], object]


class Columns(NamedTuple):
    """What a class without a `look` of its own sees."""

    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any


def strategy_of_function(strategy_id: str, function: FunctionType, reach: object) -> Made:
    """Make a strategy of a function of a view. Raises: `BadInput` naming the argument."""
    parameters, assumed = parameters_of(function)
    file = function.__code__.co_filename

    def look(candles: CandleColumns, settings: Any) -> Said:  # noqa: ANN401  of its own
        return Said(_said(with_values(function, parameters, settings), candles, file))

    def watch(candles: CandleColumns, settings: Any) -> Watched:  # noqa: ANN401  of its own
        at = [0]
        return Watched(View(candles, at), at, with_values(function, parameters, settings))

    def decide(seen: Watched, at: int, _settings: object, held: Held) -> int:
        seen.at[0], seen.view.held = at, held
        # No `with` here: this is done for every candle.
        try:
            word = seen.function(seen.view)
        except Exception as error:  # noqa: BLE001  the rim: a stranger's code may raise anything
            raise failed(error, file, at) from None
        return read_word(word, at)

    looks_at_held = _HELD in _names_in(function.__code__)
    strategy = Strategy(
        id=strategy_id,
        parameters=parameters,
        settings=settings_of(parameters),
        look=watch if looks_at_held else look,
        reach=_reach_of(reach),
        decide=decide if looks_at_held else decide_said,
        compiles=not looks_at_held,
    )
    return strategy, assumed


def strategy_of_class(strategy_id: str, kind: type[Any], reach: object) -> Made:
    """Make a strategy of a class with `parameters`, `look`, and `decide` or `orders`.

    Raises: `BadInput`.
    """
    parameters = tuple(getattr(kind, "parameters", ()))
    if not all(isinstance(it, Parameter) for it in parameters):
        raise BadInput("own_bad_parameters", field="file")
    file = _file_of(kind)
    with Telling(file, [0]):
        made = kind()
    compiles = bool(getattr(kind, "compiled", False))
    orders: Orders | None = getattr(made, "orders", None)
    decide: Decide | None = None if orders else getattr(made, "decide", None)
    strategy = Strategy(
        id=strategy_id,
        parameters=parameters,
        settings=settings_of(parameters),
        look=_look_of(getattr(made, "look", _columns), file, to_lists=not compiles),
        reach=_reach_of(getattr(made, "reach", reach)),
        decide=decide if compiles or decide is None else _told_decide(decide, file),
        orders=None if orders is None else _told_orders(orders, file),
        compiles=compiles,
    )
    return strategy, ()


def decide_said(seen: Said, at: int, _settings: object, _held: Held) -> int:
    """Give what was said at a candle."""
    return int(seen.said[at])


def read_word(word: object, at: int) -> int:
    """Read an answer. Raises: `BadInput("own_wrong_answer")` naming the candle."""
    try:
        return _WORDS[word]
    except (KeyError, TypeError):
        if isinstance(word, int) and not isinstance(word, bool) and word in _NUMBERS:
            return word
        raise BadInput("own_wrong_answer", field="file", candle=at, told=shown(word)) from None


def _said(
    function: Callable[[View], object], candles: CandleColumns, file: str
) -> NDArray[np.int64]:
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    at, count = [0], len(candles)
    view = View(candles, at)
    with Telling(file, at):
        # The loop itself moves the view: nothing else is done for a candle.
        words = [function(view) for at[0] in range(count)]
    try:
        return np.fromiter(map(_WORDS.__getitem__, words), dtype=np.int64, count=count)
    except (KeyError, TypeError):
        numbers = (read_word(word, place) for place, word in enumerate(words))
        return np.fromiter(numbers, dtype=np.int64, count=count)


def _columns(candles: CandleColumns, _settings: object) -> Columns:
    return Columns(*(getattr(candles, name) for name in Columns._fields))


def _look_of(look: Look, file: str, *, to_lists: bool) -> Look:
    def told(candles: CandleColumns, settings: Any) -> Any:  # noqa: ANN401  of its own
        with Telling(file, [0]):
            seen = look(candles, settings)
            if not isinstance(seen, tuple) or not hasattr(seen, "_fields"):
                raise BadInput("own_wrong_look", field="file", told=shown(type(seen).__name__))
        if not to_lists:
            return seen
        # Python reads lists faster than arrays.
        return type(seen)(*(it.tolist() if hasattr(it, "tolist") else it for it in seen))

    return told


def _told_decide(decide: Decide, file: str) -> Decide:
    def told(seen: Any, at: int, settings: Any, held: Held) -> int:  # noqa: ANN401  of its own
        try:
            word = decide(seen, at, settings, held)
        except Exception as error:  # noqa: BLE001  the rim: a stranger's code may raise anything
            raise failed(error, file, at) from None
        return read_word(word, at)

    return told


def _told_orders(orders: Orders, file: str) -> Orders:
    def told(
        memory: Memory,
        settings: Any,  # noqa: ANN401  of its own
        scene: Scene,
    ) -> tuple[Memory, tuple[Want, ...]]:
        with Telling(file, [scene.at]):
            answer: Any = orders(memory, settings, scene)
            if not _is_memory_and_wants(answer):
                raise BadInput("own_wrong_orders", field="file", told=shown(answer))
            return answer[0], tuple(answer[1])

    return told


def _is_memory_and_wants(answer: Any) -> bool:  # noqa: ANN401  whatever was answered
    if not isinstance(answer, tuple) or len(answer) != len(("memory", "wants")):
        return False
    memory, wants = answer
    if not isinstance(memory, dict) or not isinstance(wants, list | tuple):
        return False
    return all(isinstance(it, Want) for it in wants)


def _reach_of(told: object) -> Callable[[Any], int]:
    """Give how many candles are needed: as the file tells, or ten times the longest number."""
    if callable(told):
        return lambda settings: int(told(settings))
    if isinstance(told, int):
        return lambda _settings: told
    return lambda settings: max(
        _LEAST_REACH, *(_REACH_FACTOR * it for it in settings if isinstance(it, int)), 0
    )


def _file_of(kind: type[Any]) -> str:
    """Give the file in which a class stands, by the code of its functions."""
    codes = (getattr(it, "__code__", None) for it in vars(kind).values())
    return next((code.co_filename for code in codes if code is not None), "")


def _names_in(code: CodeType) -> Iterator[str]:
    """Give every name that a function's code uses, inner functions included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
