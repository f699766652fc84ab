"""Which settings are tried: every combination of some values, or some of them drawn by lot."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import prod
from typing import Final, TypeAlias

from drawbridge.core.errors import BadInput
from drawbridge.core.money import parse_decimal, plain
from drawbridge.robots.guards import PARAMETERS, Guards
from drawbridge.robots.strategy import Parameter, Settings, Strategy
from drawbridge.robots.wishes import guards_of

Chosen: TypeAlias = dict[str, str]
"""Settings as a person would write them, by name."""

GUARD: Final = "guard."
"""Before the name of a guard, where settings of both kinds stand together."""

VARY: Final = "vary."
"""Before the name of what is varied, where a refusal names it."""

MOST_TRIES: Final = 1_000_000
_MOST_VALUES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Space:
    """The values of each setting that is varied; all others stay as they were chosen."""

    strategy: Strategy
    fixed: Mapping[str, object]
    varied: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        """Count the combinations, those that contradict each other among them."""
        return prod(map(len, self.varied.values()))

    def grid(self) -> Iterator[Chosen]:
        """Give every combination, in the order in which a person would count them.

        Raises: `BadInput("too_many_combinations")`.
        """
        if len(self) > MOST_TRIES:
            raise BadInput("too_many_combinations", field="vary", count=len(self), most=MOST_TRIES)
        for values in product(*self.varied.values()):
            yield dict(zip(self.varied, values, strict=True))

    def drawn(self, tries: int, seed: int) -> Iterator[Chosen]:
        """Give up to so many different combinations, always the same ones for a seed."""
        import numpy as np  # noqa: PLC0415  heavy: loaded by who searches

        draw, told = np.random.default_rng(seed), set[tuple[str, ...]]()
        tries = min(tries, len(self), MOST_TRIES)
        while len(told) < tries:
            values = tuple(those[draw.integers(len(those))] for those in self.varied.values())
            if values not in told:
                told.add(values)
                yield dict(zip(self.varied, values, strict=True))

    def read(self, chosen: Mapping[str, object]) -> tuple[Settings, Guards]:
        """Give the strategy's settings and the guards of a combination. Raises: `BadInput`."""
        settings: dict[str, object] = {}
        guards: dict[str, object] = {}
        for name, value in {**self.fixed, **chosen}.items():
            into = guards if name.startswith(GUARD) else settings
            into[name.removeprefix(GUARD)] = value
        return self.strategy.read_settings(settings), guards_of(guards)

    def find_fault(self, chosen: Mapping[str, object]) -> BadInput | None:
        """Give what a combination contradicts itself in, None when nothing."""
        try:
            self.read(chosen)
        except BadInput as error:
            return error
        return None

    def possible(self, combinations: Iterable[Chosen]) -> list[Chosen]:
        """Leave out combinations that contradict themselves.

        Why: a grid over two averages holds pairs whose fast one is slower, which nobody meant.
        Raises: what the first contradiction says, when nothing is left.
        """
        drawn = list(combinations)
        faults = [self.find_fault(chosen) for chosen in drawn]
        left = [chosen for chosen, fault in zip(drawn, faults, strict=True) if fault is None]
        if (fault := next(filter(None, faults), None)) and not left:
            raise fault
        return left


def read_space(strategy: Strategy, fixed: Mapping[str, object], varied: Mapping[str, str]) -> Space:
    """Read what is to be varied: `5..50:5` (from, to, step), `5,8,13`, or `touch,reentry`.

    Raises: `BadInput` naming the field, for unknown settings, for what is no range, for values
    out of a setting's bounds, and when nothing is varied.
    """
    if not varied:
        raise BadInput("nothing_to_vary", field="vary")
    parameters = {parameter.name: parameter for parameter in strategy.parameters}
    parameters |= {GUARD + parameter.name: parameter for parameter in PARAMETERS}
    values = {}
    for name, text in varied.items():
        parameter = parameters.get(name)
        if parameter is None:
            known = sorted(parameters)
            raise BadInput("unknown_parameter", field=name, strategy=strategy.id, known=known)
        try:
            values[name] = _values(parameter, text)
        except BadInput as error:
            # The same setting may be chosen and varied: this is about its range.
            raise BadInput(error.code, **error.facts | {"field": VARY + name}) from None
    # What stays is read once, so that a mistake in it is told and not skipped over.
    for name, value in fixed.items():
        if name in parameters:
            parameters[name].read(value)
    return Space(strategy, fixed, values)


def _values(parameter: Parameter, text: str) -> tuple[str, ...]:
    """Read the values of one setting, each within its bounds and only once."""
    parts = [part.strip() for part in text.split(",")]
    told: dict[str, None] = {}
    for part in parts:
        for value in _range(parameter.name, part) if ".." in part else (part,):
            parameter.read(value)
            told[value] = None
    return tuple(told)


def _range(name: str, text: str) -> tuple[str, ...]:
    """Read `from..to:step`; without a step it is one."""
    bounds, _, step_text = text.partition(":")
    first_text, _, last_text = bounds.partition("..")
    first, last = parse_decimal(first_text.strip(), name), parse_decimal(last_text.strip(), name)
    step = parse_decimal(step_text.strip(), name) if step_text else Decimal(1)
    if step <= 0 or last < first:
        raise BadInput("bad_range", field=name, text=text[:40])
    count = int((last - first) / step) + 1
    if count > _MOST_VALUES:
        raise BadInput("too_many_values", field=name, most=_MOST_VALUES)
    return tuple(plain(first + step * number) for number in range(count))
