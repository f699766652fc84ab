"""What a strategy is: pure functions over columns of candles, and a description of its settings.

There are two kinds. A signal strategy says at each closed candle on which side it wants to be:
in the market or out of it. An order strategy says which orders are to rest. Sizes, limits, fees
and the sending of orders are not their business; steering.py, risk.py and the runner decide those.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from drawbridge.core.errors import BadInput
from drawbridge.core.money import ZERO, parse_decimal, places_of
from drawbridge.core.orders import Side
from drawbridge.robots.members import read_members, tell_members

if TYPE_CHECKING:
    from drawbridge.core.markets import Market
    from drawbridge.robots.columns import CandleColumns

IN: Final = 1
OUT: Final = -1
UNSAID: Final = 0

OWN: Final = "own:"
"""How the ids of a person's own strategies begin; the name of the file follows."""

Number: TypeAlias = int | float
# A named tuple of numbers, of the strategy's own.
Settings: TypeAlias = tuple[Any, ...]

_MAX_DIGITS = 12


class Held(NamedTuple):
    """What a strategy may know of its position.

    Units: `quantity` in base currency, below zero when short; `price` is the average price at
    which it was entered, `entry` that of its first fill, `best` the best price since (of closed
    candles); `since` counts the candles since the entry, `steps` the safety entries so far.
    """

    quantity: float = 0.0
    price: float = 0.0
    entry: float = 0.0
    best: float = 0.0
    since: int = 0
    steps: int = 0


NOTHING_HELD: Final = Held()

# Series are a named tuple of the strategy's own, which the types of a shared signature cannot
# tell.
Look = Callable[["CandleColumns", Any], Any]
Decide = Callable[[Any, int, Any, Held], int]


@dataclass(frozen=True, slots=True)
class Want:
    """An order that is to rest, or, without a price, to be carried out at once at market.

    A tag names one order for ever within a robot: the same tag is the same order.
    """

    tag: str
    side: Side
    quantity: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FilledWant:
    """A want that ended: how much of it was filled, at which average price and when.

    A want that the exchange refused, or that was cancelled by hand or because it was no longer
    wanted, comes back with what it had filled by then, perhaps nothing.
    Units: `fee` is what of a bought quantity the exchange kept, in base currency; zero where it
    takes its fee in quote currency.
    """

    tag: str
    side: Side
    quantity: Decimal
    price: Decimal
    time_ms: int
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Scene:
    """What an order strategy sees: the newest closed candle, its market, its means, its fills.

    Units: `amount` in quote currency is all that it may ever hold; `held` in base currency and
    `cost` in quote currency are its own position and what that cost; `filled` are the wants that
    ended since it was last asked, in the order of time. `seen` and `at` are as `look` made them.
    """

    time_ms: int
    price: Decimal
    market: Market
    amount: Decimal
    held: Decimal = ZERO
    cost: Decimal = ZERO
    filled: tuple[FilledWant, ...] = ()
    seen: Any = None
    at: int = 0


# What an order strategy remembers: anything that JSON can hold, so that it survives a restart.
Memory: TypeAlias = dict[str, Any]
Orders = Callable[[Memory, Any, Scene], tuple[Memory, tuple[Want, ...]]]
# Settings, market, price and amount.
CheckAmount = Callable[[Any, "Market", Decimal, Decimal], None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting that a person may choose: a number, one of some words, or several of them.

    Its words stand under `robots.parameter.<name>`, those of a choice under
    `robots.choice.<name>.<choice>`. With `places` 0 it is a whole number. Of `choices`, the
    strategy is told the number; of `members`, of which several may be chosen, a number that has a
    bit for each.
    """

    name: str
    default: Number | str
    lowest: Number = 0
    highest: Number = 0
    places: int = 0
    choices: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    def read(self, given: object) -> Number:
        """Read what a person chose. Raises: `BadInput` naming the field."""
        if self.choices:
            if given not in self.choices:
                raise BadInput("not_a_choice", field=self.name, known=self.choices)
            return self.choices.index(str(given))
        if self.members and isinstance(given, str) and not given.strip().isdigit():
            return read_members(self.name, self.members, given)
        value = self._whole(given) if self.places == 0 else self._broken(given)
        if not self.lowest <= value <= self.highest:
            raise BadInput(
                "out_of_bounds", field=self.name, lowest=self.lowest, highest=self.highest
            )
        return value

    def holds(self, text: str, member: str) -> bool:
        """Tell whether a text that may be anything chooses one of the members."""
        try:
            return bool(int(self.read(text)) >> self.members.index(member) & 1)
        except BadInput:
            return False

    def tell(self, value: Number) -> Number | str:
        """Give a value as a person would choose it: 2 and not 2.0."""
        if self.choices:
            return self.choices[int(value)]
        if self.members:
            return tell_members(self.members, int(value))
        return int(value) if value == int(value) else value

    def _whole(self, given: object) -> int:
        if isinstance(given, str) and given.isascii() and given.isdigit():
            given = int(given) if len(given) <= _MAX_DIGITS else None
        if not isinstance(given, int) or isinstance(given, bool):
            raise BadInput("not_a_whole_number", field=self.name)
        return given

    def _broken(self, given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
            raise BadInput("not_a_number", field=self.name)
        if isinstance(given, float) and not math.isfinite(given):
            raise BadInput("not_a_number", field=self.name)
        exact = parse_decimal(str(given).strip(), self.name)
        if places_of(exact) > self.places:
            raise BadInput("too_many_places", field=self.name, places=self.places)
        return float(exact)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy as robots and backtests use it. Its words stand under `robots.strategy.<id>`.

    `look` makes all series at once, each value out of its own candle and earlier ones only.
    Of `decide` (a signal strategy) and `orders` (an order strategy) there is exactly one.
    `decide` is `(series, at, settings, held)` and answers IN, OUT or, while it has nothing to
    say, UNSAID (the last answer then still holds); plain numbers only, so that it is compiled as
    it stands. `orders` is `(memory, settings, scene)` and gives the memory and all wants.
    `reach` tells how many candles the series need behind them to be what they would be with all
    candles there ever were: nothing is decided before, and a robot keeps at least as many.
    """

    id: str
    parameters: tuple[Parameter, ...]
    settings: Callable[..., Any]
    look: Look
    reach: Callable[[Any], int]
    decide: Decide | None = None
    orders: Orders | None = None
    check: Callable[[Any], None] = lambda _settings: None
    check_amount: CheckAmount = lambda _settings, _market, _price, _amount: None
    compiles: bool = True

    def read_settings(self, chosen: Mapping[str, object]) -> Settings:
        """Read what a person chose; what is left out has its default.

        Raises: `BadInput` naming the field, for unknown names, for what is no such number, for
        what is out of bounds, and for settings that contradict each other.
        """
        values = read_values(self.parameters, chosen, self.id)
        settings: Settings = self.settings(*values)
        self.check(settings)
        return settings

    def tell_settings(self, settings: Settings) -> dict[str, Number | str]:
        """Give settings by name, as a person would choose them and as JSON holds them."""
        pairs = zip(self.parameters, settings, strict=True)
        return {parameter.name: parameter.tell(value) for parameter, value in pairs}


def read_values(
    parameters: tuple[Parameter, ...], chosen: Mapping[str, object], of: str
) -> list[Number]:
    """Read a value for each parameter. Raises: `BadInput` naming the field and whose it is."""
    known = {parameter.name for parameter in parameters}
    for name in chosen:
        if name not in known:
            raise BadInput("unknown_parameter", field=name, strategy=of, known=sorted(known))
    return [_read_one(it, chosen.get(it.name, it.default), of) for it in parameters]


def _read_one(parameter: Parameter, given: object, of: str) -> Number:
    try:
        return parameter.read(given)
    except BadInput as error:
        # A guard and a setting may have the same name; whoever shows a form must know which it is.
        raise BadInput(error.code, **{**error.facts, "of": of}) from None
