"""Figures of robots, backtests and accounts as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.statistics.periods import Period, Periods
from drawbridge.statistics.telling import Value, groups_of, rounded
from drawbridge.wording import formats
from drawbridge.wording.say import say

_HEADLINES: Final = (
    "net_profit",
    "open_profit",
    "fees",
    "drawdown",
    "trades",
    "win_rate",
    "profit_factor",
)
_TONED: Final = frozenset({"net_profit", "open_profit", "profit_of_longs", "profit_of_shorts"})


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure in words; `tone` is `up` or `down` where a profit is above or below zero."""

    name: str
    words: str
    value: str
    tone: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """Figures that belong together."""

    name: str
    title: str
    figures: tuple[FigureView, ...]


@dataclass(frozen=True, slots=True)
class RowView:
    """One month, quarter or year."""

    name: str
    profit: str
    share: str
    trades: int
    wins: int
    closed_profit: str
    tone: str


@dataclass(frozen=True, slots=True)
class TableView:
    """A table of months, quarters or years, newest first, money in `quote`."""

    title: str
    quote: str
    rows: tuple[RowView, ...]


def view_groups(values: Mapping[str, Value], quote: str) -> list[GroupView]:
    """Put all figures into words, by name as telling.py gives them."""
    tones = {name: _tone(values[name]) for name in _TONED}
    return [
        GroupView(
            group.name,
            group.title,
            tuple(
                FigureView(it.name, title(it.words), it.value, tones.get(it.name, ""))
                for it in group.figures
            ),
        )
        for group in groups_of(values, quote)
    ]


def view_headlines(groups: Sequence[GroupView]) -> list[FigureView]:
    """Choose the figures that are looked at first."""
    by_name = {figure.name: figure for group in groups for figure in group.figures}
    return [by_name[name] for name in _HEADLINES]


def view_periods(periods: Periods, quote: str) -> list[TableView]:
    """Put the tables of months, quarters and years into words."""
    tables = (
        ("months", periods.months),
        ("quarters", periods.quarters),
        ("years", periods.years),
    )
    return [
        TableView(say(f"periods.{name}"), quote, tuple(_view_period(row) for row in reversed(rows)))
        for name, rows in tables
    ]


def title(words: str) -> str:
    """Begin with a capital, as what stands alone on a page does."""
    return words[:1].upper() + words[1:]


def _view_period(period: Period) -> RowView:
    return RowView(
        name=period.name,
        profit=formats.amount(rounded(period.profit)),
        share=say("figures.none") if period.share is None else formats.share(period.share),
        trades=period.trades,
        wins=period.wins,
        closed_profit=formats.amount(rounded(period.closed_profit)),
        tone=_tone(period.profit),
    )


def _tone(value: Value) -> str:
    if not isinstance(value, Decimal) or not value:
        return ""
    return "up" if value > 0 else "down"
