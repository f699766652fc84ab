"""Figures in groups and in words: the same on pages, in commands and in messages.

What is not defined is told as a dash to people and as null to scripts.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from drawbridge.core.money import plain
from drawbridge.statistics.drawdown import Drawdown
from drawbridge.statistics.service import Report
from drawbridge.wording import formats
from drawbridge.wording.say import say

_PLACES: Final = 8
_LEAST_OF_TWO: Final = 10


class Unit(StrEnum):
    """How a figure is written. `FEES` are amounts, each with its currency."""

    MONEY = "money"
    SHARE = "share"
    RATIO = "ratio"
    COUNT = "count"
    SPAN = "span"
    MOMENT = "moment"
    FEES = "fees"


Value = Decimal | int | tuple[tuple[str, Decimal], ...] | None

_UNITS: Final = {
    Unit.MONEY: (
        "net_profit open_profit gross_profit gross_loss fees profit_of_longs profit_of_shorts"
        " average_win average_loss largest_win largest_loss expectancy drawdown volume"
    ),
    Unit.SHARE: ("total_return win_rate drawdown_share cagr volatility risk_free_rate exposure"),
    Unit.RATIO: (
        "expectancy_r profit_factor payoff_ratio recovery_factor sharpe sortino calmar turnover"
        " average_bars longest_bars"
    ),
    Unit.COUNT: "trades wins losses longs shorts most_wins_in_a_row most_losses_in_a_row days",
    Unit.SPAN: "average_held_ms longest_held_ms longest_fall_ms",
    Unit.MOMENT: "height_ms depth_ms recovered_ms since_ms until_ms",
    Unit.FEES: "fees_by_currency fees_elsewhere",
}
UNIT_OF: Final = {name: unit for unit, names in _UNITS.items() for name in names.split()}
"""Every figure by its name, and how it is written."""

_GROUPS: Final = {
    "profit": (
        "net_profit open_profit total_return gross_profit gross_loss fees fees_by_currency"
        " profit_of_longs profit_of_shorts"
    ),
    "trades": (
        "trades wins losses longs shorts win_rate average_win average_loss largest_win"
        " largest_loss profit_factor payoff_ratio expectancy expectancy_r most_wins_in_a_row"
        " most_losses_in_a_row"
    ),
    "falls": (
        "drawdown drawdown_share height_ms depth_ms recovered_ms longest_fall_ms recovery_factor"
    ),
    "years": "days cagr volatility sharpe sortino calmar risk_free_rate",
    "activity": (
        "since_ms until_ms exposure volume turnover average_held_ms longest_held_ms average_bars"
        " longest_bars"
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One figure: its name in code, in words, and its value in words."""

    name: str
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that belong together, under a title."""

    name: str
    title: str
    figures: tuple[Told, ...]


def told_groups(report: Report, quote: str) -> tuple[Group, ...]:
    """Give all figures of a report in words, money in `quote`."""
    return groups_of(values_of(report), quote)


def groups_of(values: Mapping[str, Value], quote: str) -> tuple[Group, ...]:
    """Give figures by name in words, as `values_of` or `values_from` gave them."""
    told = {name: told_value(name, value, quote) for name, value in values.items()}
    if values["height_ms"] is not None and values["recovered_ms"] is None:
        told["recovered_ms"] = say("figures.not_yet")
    return tuple(
        Group(
            group,
            say(f"figure_group.{group}"),
            tuple(Told(name, say(f"figures.{name}"), told[name]) for name in names.split()),
        )
        for group, names in _GROUPS.items()
    )


def told_value(name: str, value: Value, quote: str) -> str:
    """Write one figure, a dash for what is not defined."""
    if value is None or value == ():
        return say("figures.none")
    if isinstance(value, tuple):
        return ", ".join(f"{formats.amount(amount)} {currency}" for currency, amount in value)
    number = Decimal(value)
    if UNIT_OF[name] is Unit.MONEY:
        return f"{formats.amount(rounded(number))} {quote}"
    return _WRITERS[UNIT_OF[name]](number)


def rounded(value: Decimal) -> Decimal:
    """Cut what has no end (averages, ratios) to eight places; exact amounts stay as they are."""
    exponent = value.as_tuple().exponent
    return round(value, _PLACES) if isinstance(exponent, int) and exponent < -_PLACES else value


def as_facts(value: object) -> object:
    """Give a value of ours, of whatever depth, as scripts read it; ratios to eight places."""
    if isinstance(value, Decimal):
        return plain(rounded(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {it.name: as_facts(getattr(value, it.name)) for it in dataclasses.fields(value)}
    return [as_facts(it) for it in value] if isinstance(value, list | tuple) else value


def report_facts(report: Report) -> dict[str, object]:
    """Give all of a report's figures as scripts read them."""
    parts = ("figures", "drawdown", "ratios", "activity")
    facts: dict[str, object] = {name: as_facts(getattr(report, name)) for name in parts}
    for table in ("months", "quarters", "years"):
        facts[table] = as_facts(getattr(report.periods, table))
    return facts


def values_of(report: Report) -> dict[str, Value]:
    """Give every figure of a report by its name."""
    values = {
        **_fields(report.figures, UNIT_OF),
        **_fields(report.ratios, UNIT_OF),
        **_fields(report.activity, UNIT_OF),
        **_dates(report.drawdown),
    }
    # Both parts speak of fees: the sum in quote currency, and each in its own.
    values["fees"], values["fees_by_currency"] = report.figures.fees, report.activity.fees
    return values


def values_from(facts: Mapping[str, Any]) -> dict[str, Value]:
    """Read figures by name from what `as_facts` made of them."""
    return {name: _value(name, facts.get(name)) for name in UNIT_OF}


def _value(name: str, fact: Any) -> Value:  # noqa: ANN401  read from JSON
    if fact is None:
        return None
    if UNIT_OF[name] is Unit.FEES:
        return tuple((str(currency), Decimal(amount)) for currency, amount in fact)
    return int(fact) if UNIT_OF[name] in _WHOLE else Decimal(fact)


_WHOLE: Final = frozenset({Unit.COUNT, Unit.SPAN, Unit.MOMENT})


def _fields(part: object, names: Iterable[str]) -> dict[str, Value]:
    return {name: getattr(part, name) for name in names if hasattr(part, name)}


def _dates(drawdown: Drawdown) -> dict[str, Value]:
    fall = drawdown.deepest
    return {
        "height_ms": fall.height_ms if fall else None,
        "depth_ms": fall.depth_ms if fall else None,
        "recovered_ms": fall.recovered_ms if fall else None,
        "longest_fall_ms": drawdown.longest_ms if fall else None,
    }


def _span(length_ms: int) -> str:
    """Write a length of time, small numbers with the next smaller unit: `1 hour 59 minutes`."""
    unit, count = formats.span(length_ms)
    first = say(f"span.{unit}", count=count)
    smaller, more = formats.span(length_ms - count * formats.UNIT_MS[unit])
    if count >= _LEAST_OF_TWO or not more or unit == smaller:
        return first
    return say("figures.span", first=first, second=say(f"span.{smaller}", count=more))


_WRITERS: Final[Mapping[Unit, Callable[[Decimal], str]]] = {
    Unit.SHARE: formats.share,
    Unit.RATIO: lambda number: formats.to_places(number, 2),
    Unit.COUNT: formats.amount,
    Unit.SPAN: lambda number: _span(int(number)),
    Unit.MOMENT: lambda number: formats.moment(int(number)),
}
