"""A trial as it is ordered: texts as forms and command lines give them, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.money import parse_decimal
from drawbridge.robots.backtest.terms import BacktestTerms, read_terms
from drawbridge.robots.guards import Guards
from drawbridge.robots.model import INTERVALS, Direction
from drawbridge.robots.search.manner import Manner, Method, Objective
from drawbridge.robots.search.space import GUARD, Space, read_space
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.wishes import guards_of

if TYPE_CHECKING:
    from drawbridge.robots.strategy import Settings, Strategy

_MOST_DIGITS: Final = 10

AS_STORED: Final = "as_stored"
"""The interval of a trial that takes candles as long as they are stored."""


USUAL_TERMS: Final = {
    "amount": "1000",
    "cash": "10000",
    "fee": "0.001",
    "quantity_step": "0.00001",
}
"""What a trial trades with when nothing else is said."""


class TrialStatus(StrEnum):
    """Where a trial stands."""

    WISHED = "wished"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TrialWish:
    """What a person orders. `vary` makes a search of it; without it, it is one backtest.

    `candles` is a recording's name, or one of the candle store, or several with commas. `terms`
    are by the names of `BacktestTerms`; what is left out is as in `USUAL_TERMS`.
    """

    candles: str = "BTC-USD"
    interval: str = AS_STORED
    last: str = ""
    strategy: str = "ema_cross"
    settings: Mapping[str, str] = field(default_factory=dict)
    guards: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    vary: Mapping[str, str] = field(default_factory=dict)
    method: str = Method.GRID.value
    objective: str = Objective.SHARPE.value
    tries: str = "200"
    folds: str = "4"
    out_of_sample: str = "0.3"

    def told(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return asdict(self)


def wish_from(told: Mapping[str, Any]) -> TrialWish:
    """Read what `told` gave; what a later version no longer knows is left out."""
    known = {it.name for it in fields(TrialWish)}
    return TrialWish(**{name: value for name, value in told.items() if name in known})


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as it runs: everything read and found good. A search has a space to search.

    `terms` has one for each of `candles`: several markets are paid out of one wallet.
    """

    candles: tuple[str, ...]
    interval_ms: int
    last: int
    strategy: Strategy
    settings: Settings
    guards: Guards
    terms: tuple[BacktestTerms, ...]
    space: Space | None
    manner: Manner

    def with_settings(self, chosen: Mapping[str, object]) -> Trial:
        """Give the same trial with settings that a search found."""
        if self.space is None:
            return self
        settings, guards = self.space.read(chosen)
        return replace(self, settings=settings, guards=guards, space=None)


def read_trial(wish: TrialWish, workers: int = 1) -> Trial:
    """Read a wish.

    Raises: `BadInput` naming the field, `NotFound("unknown_strategy")`.
    """
    strategy = get_strategy(wish.strategy)
    if wish.interval != AS_STORED and wish.interval not in INTERVALS:
        raise BadInput("bad_interval", field="interval", known=tuple(INTERVALS))
    fixed = {**wish.settings, **{GUARD + name: it for name, it in wish.guards.items()}}
    space = read_space(strategy, fixed, wish.vary) if wish.vary else None
    # What is varied need not fit together with what stays: only the search knows what it tries.
    settings = strategy.read_settings({} if space else wish.settings)
    names = tuple(filter(None, (name.strip() for name in wish.candles.split(","))))
    terms = tuple(_terms(wish, name) for name in names)
    if not names:
        raise BadInput("no_markets", field="candles")
    if space and len(names) > 1:
        raise BadInput("search_one_market", field="candles")
    return Trial(
        candles=names,
        interval_ms=INTERVALS.get(wish.interval, 0),
        last=_last(wish.last),
        strategy=strategy,
        settings=settings,
        guards=guards_of(wish.guards),
        terms=terms,
        space=space,
        manner=_manner(wish, workers),
    )


def _terms(wish: TrialWish, candles: str) -> BacktestTerms:
    given = USUAL_TERMS | {name: text for name, text in wish.terms.items() if text.strip()}
    if not given.get("symbol"):
        given["symbol"] = symbol_of(candles, given.get("direction", ""))
    return read_terms(given)


def symbol_of(candles: str, direction: str = "") -> str:
    """Give the market of a name of candles: `BTC-USD` and `some-exchange/BTC-USDT/1m` tell it.

    Who wants to be short wants a contract.
    """
    parts = candles.strip().upper().split("/")
    pair = parts[1 if len(parts) > 1 else 0].replace("-", "/", 1)
    is_told = ":" in pair or direction in ("", Direction.LONG)
    return pair if is_told else f"{pair}:{pair.partition('/')[2]}"


def _manner(wish: TrialWish, workers: int) -> Manner:
    return Manner(
        method=_choice(Method, wish.method, "method"),
        objective=_choice(Objective, wish.objective, "objective"),
        tries=_count(wish.tries, "tries"),
        out_of_sample=float(parse_decimal(wish.out_of_sample.strip(), "out_of_sample")),
        folds=_count(wish.folds, "folds"),
        workers=workers,
    )


_C = TypeVar("_C", bound=StrEnum)


def _choice(kind: type[_C], text: str, field_name: str) -> _C:
    try:
        return kind(text.strip())
    except ValueError:
        raise BadInput("not_a_choice", field=field_name, known=[it.value for it in kind]) from None


def _last(text: str) -> int:
    """Read how many of the newest candles are meant; empty is all, which is 0."""
    count = _count(text, "last") if text.strip() else 0
    if text.strip() and not count:
        raise BadInput("not_positive", field="last")
    return count


def _count(text: str, field_name: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS):
        raise BadInput("not_a_whole_number", field=field_name)
    return int(text)
