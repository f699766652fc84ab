"""What a strategy is: one pure step over candles, and a description of its settings.

A strategy says at each closed candle where it wants to be: in the market or out of it. Sizes,
limits, fees and orders are not its business; risk.py and the runner decide those.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle

IN: Final = 1
OUT: Final = -1
UNSAID: Final = 0

# The state and the settings are named tuples of the strategy's own, which the types of a shared
# signature cannot tell; the step is `(state, settings, open, high, low, close, volume)`.
Step = Callable[[Any, Any, float, float, float, float, float], tuple[Any, int]]

_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting that a person may choose: a whole number between two bounds.

    Its words stand under `robots.parameter.<name>`.
    """

    name: str
    default: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy as robots and backtests use it. Its words stand under `robots.strategy.<id>`.

    `step` takes and gives its state, so that it runs compiled over arrays in a backtest and
    interpreted candle by candle in a robot; it answers IN, OUT or, while it has nothing to say,
    UNSAID (the last answer then still holds).
    `warm_up` tells how many candles it wants to have seen before it is trusted with an order.
    """

    id: str
    parameters: tuple[Parameter, ...]
    settings: Callable[..., tuple[int, ...]]
    state: Callable[..., tuple[Any, ...]]
    first_state: tuple[Any, ...]
    step: Step
    warm_up: Callable[[Any], int]
    check: Callable[[Any], None]

    def read_settings(self, chosen: Mapping[str, object]) -> tuple[int, ...]:
        """Read what a person chose; what is left out has its default.

        Raises: `BadInput` naming the field, for unknown names, for what is no whole number, for
        what is out of bounds, and for settings that contradict each other.
        """
        known = {parameter.name for parameter in self.parameters}
        for name in chosen:
            if name not in known:
                raise BadInput(
                    "unknown_parameter", field=name, strategy=self.id, known=sorted(known)
                )
        settings = self.settings(*(_read_one(parameter, chosen) for parameter in self.parameters))
        self.check(settings)
        return settings

    def advance(
        self, state: tuple[Any, ...], settings: tuple[int, ...], candle: Candle
    ) -> tuple[tuple[Any, ...], int]:
        """Take one closed candle: this is the rim where exact prices become floats."""
        return self.step(
            state,
            settings,
            float(candle.open),
            float(candle.high),
            float(candle.low),
            float(candle.close),
            float(candle.volume),
        )


def _read_one(parameter: Parameter, chosen: Mapping[str, object]) -> int:
    value = chosen.get(parameter.name, parameter.default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _MAX_DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput("not_a_whole_number", field=parameter.name)
    if not parameter.lowest <= value <= parameter.highest:
        raise BadInput(
            "out_of_bounds",
            field=parameter.name,
            lowest=parameter.lowest,
            highest=parameter.highest,
        )
    return value
