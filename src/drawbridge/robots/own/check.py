"""Check a person's strategy: that it loads, answers, remembers nothing and looks into no future.

It is run over recorded candles as it would be in a backtest; then again, with the future hidden
and with the future changed, and must do the same each time.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.robots.own.driving import acts_of
from drawbridge.robots.own.loading import Own, load_anew
from drawbridge.robots.own.trouble import told
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT, Settings, Strategy

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns

_CUTS: Final = 40
_FACTORS: Final = (3.0, 1 / 3)
_PRICES: Final = ("open", "high", "low", "close")
_NS_PER_S: Final = 1_000_000_000
_SLOW: Final = 50_000
_TOO_SLOW: Final = 2_000
_STATE: Final = (list, dict, set, bytearray)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a file: a fault, or a hint. Its words are those of the error."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    is_fault: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. Without a fault, the strategy may be used.

    Units: `speed` in candles a second, 0 when it did not come so far.
    """

    own: Own | None
    findings: tuple[Finding, ...]
    speed: int = 0
    acts: int = 0

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is wrong."""
        return not any(finding.is_fault for finding in self.findings)


def check_own(path: Path, candles: CandleColumns, now_ns: Callable[[], int]) -> Checked:
    """Check a file over candles; `now_ns` is a clock that only runs forward."""
    try:
        own = load_anew(path)
    except DrawbridgeError as error:
        return Checked(None, (Finding(error.code, error.facts),))
    findings = [*_in_the_text(path), *_about(own)]
    before = _state(own)
    try:
        settings = own.strategy.read_settings({})
        acts = acts_of(own.strategy, settings, candles)
        # The first run loads what looks at prices; the second one is measured.
        begun_ns = now_ns()
        again = acts_of(own.strategy, settings, candles)
        speed = len(candles) * _NS_PER_S // max(1, now_ns() - begun_ns)
        kept = [*_kept_in_globals(before, _state(own))]
        findings += kept or _compared(own, settings, candles, (acts, again))
    except DrawbridgeError as error:
        return Checked(own, (*findings, Finding(error.code, error.facts)))
    findings += [*_at_speed(speed), *_spoken(own.strategy, acts)]
    findings += _compiles(own.strategy, settings, candles)
    return Checked(own, tuple(findings), speed, sum(1 for act in acts if act))


def _in_the_text(path: Path) -> Iterator[Finding]:
    """Find statements that keep something between candles."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Global):
            yield Finding(
                "own_global", {"field": "file", "line": node.lineno, "name": node.names[0]}
            )


def _about(own: Own) -> Iterator[Finding]:
    if not own.about:
        yield Finding("own_without_about", {"field": "file"}, is_fault=False)
    for parameter in own.strategy.parameters:
        if parameter.name in own.assumed:
            facts = {
                "field": "file",
                "name": parameter.name,
                "lowest": parameter.lowest,
                "highest": parameter.highest,
            }
            yield Finding("own_bounds_assumed", facts, is_fault=False)


def _state(own: Own) -> dict[str, object]:
    """Give a copy of what stands in the file's globals and can change."""
    return {
        name: copy.deepcopy(value)
        for name, value in vars(own.module).items()
        if isinstance(value, _STATE) and not name.startswith("__")
    }


def _kept_in_globals(before: dict[str, object], after: dict[str, object]) -> Iterator[Finding]:
    for name, value in after.items():
        if name not in before or before[name] != value:
            yield Finding("own_state_kept", {"field": "file", "name": name})


def _compared(
    own: Own, settings: Settings, candles: CandleColumns, runs: tuple[list[Any], list[Any]]
) -> Iterator[Finding]:
    """Run it again in other ways, and find the first candle at which it does something else."""
    acts, again = runs
    fresh = load_anew(own.path).strategy
    for others in (again, acts_of(fresh, settings, candles)):
        candle = _first_difference(acts, others)
        if candle is not None:
            yield Finding("own_not_the_same_again", {"field": "file", "candle": candle})
            return
    whole = own.strategy.look(candles, settings)
    stride = max(1, len(candles) // _CUTS)
    for cut in range(stride, len(candles), stride):
        for future in _futures(candles, cut):
            seen = own.strategy.look(future, settings)
            changed = _first_change(whole, seen, cut)
            if changed is None:
                changed = _first_difference(acts[:cut], acts_of(own.strategy, settings, future))
            if changed is not None:
                yield Finding("own_looks_ahead", {"field": "file", "candle": changed, "cut": cut})
                return


def _futures(candles: CandleColumns, cut: int) -> Iterator[CandleColumns]:
    """Give the same candles up to the cut: with nothing behind it, and with something else."""
    yield candles.between(0, cut)
    for factor in _FACTORS:
        changed = {name: getattr(candles, name).copy() for name in _PRICES}
        for prices in changed.values():
            prices[cut:] *= factor
        yield replace(candles, **changed).between(0, min(len(candles), 2 * cut))


def _first_difference(acts: list[Any], others: list[Any]) -> int | None:
    pairs = zip(acts, others, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), None)


def _first_change(whole: tuple[Any, ...], seen: tuple[Any, ...], cut: int) -> int | None:
    """Find where a series of the future's would be another one before the cut."""
    pairs = zip(whole, seen, strict=False)
    changes = (_changed_at(one[:cut], other[:cut]) for one, other in pairs if _is_series(one))
    return next((at for at in changes if at is not None), None)


def _is_series(value: object) -> bool:
    return isinstance(value, list) or hasattr(value, "tolist")


def _changed_at(series: Any, other: Any) -> int | None:  # noqa: ANN401  lists or arrays
    for at, (one, two) in enumerate(zip(series, other, strict=False)):
        # NaN is not equal to itself.
        if one != two and (one == one or two == two):  # noqa: PLR0124  see above
            return at
    return None


def _at_speed(speed: int) -> Iterator[Finding]:
    if speed < _SLOW:
        facts = {"field": "file", "speed": speed, "wanted": _SLOW}
        yield Finding("own_slow", facts, is_fault=speed < _TOO_SLOW)


def _spoken(strategy: Strategy, acts: list[Any]) -> Iterator[Finding]:
    if strategy.orders is not None:
        if not any(acts):
            yield Finding("own_never_acts", {"field": "file"}, is_fault=False)
        return
    for said, word in ((IN, "in"), (OUT, "out")):
        if said not in acts:
            yield Finding("own_never_says", {"field": "file", "word": word}, is_fault=False)


def _compiles(strategy: Strategy, settings: Settings, candles: CandleColumns) -> Iterator[Finding]:
    """Try the compiler on a class that says that it can be compiled."""
    if not strategy.compiles or strategy.decide is None or find_spec("numba") is None:
        return
    import numba  # noqa: PLC0415  heavy, and an extra: loaded where it is used

    compiled: Any = numba.njit(strategy.decide)
    try:
        compiled(strategy.look(candles, settings), 0, settings, NOTHING_HELD)
    except Exception as error:  # noqa: BLE001  the compiler raises many kinds of its own
        yield Finding("own_not_compiled", {"field": "file", "told": told(error)})
