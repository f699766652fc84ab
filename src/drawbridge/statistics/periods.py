"""What each month, quarter and year brought, in UTC."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from drawbridge.core.money import ZERO
from drawbridge.statistics.days import Days, date_of, day_of
from drawbridge.trading.positions import Trip

_MONTHS_PER_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Period:
    """One row of a table; `name` is `2026-03`, `2026-Q1` or `2026`.

    Units: `profit` is the change of what the account is worth, in quote currency, and `share` the
    same as a fraction of its worth at the beginning (None where that was not above zero). Trades
    count where they were closed, and `closed_profit` is theirs.
    """

    name: str
    profit: Decimal
    share: Decimal | None
    trades: int
    wins: int
    closed_profit: Decimal


@dataclass(frozen=True, slots=True)
class Periods:
    """The three tables, oldest row first. A month in which nothing happened has a row too."""

    months: tuple[Period, ...]
    quarters: tuple[Period, ...]
    years: tuple[Period, ...]


def periods_of(days: Days, trips: Iterable[Trip]) -> Periods:
    """Make the three tables."""
    of_day: dict[int, list[Trip]] = {}
    for trip in trips:
        of_day.setdefault(day_of(trip.closed_ms), []).append(trip)
    rows = [
        _Day(date_of(days.first + place), close, of_day.get(days.first + place, ()))
        for place, close in enumerate(days.closes)
    ]
    return Periods(
        _table(rows, days.start, month_name),
        _table(rows, days.start, quarter_name),
        _table(rows, days.start, year_name),
    )


def month_name(day: date) -> str:
    """Name the month of a day: `2026-03`."""
    return f"{day.year:04}-{day.month:02}"


def quarter_name(day: date) -> str:
    """Name the quarter of a day: `2026-Q1`."""
    return f"{day.year:04}-Q{(day.month - 1) // _MONTHS_PER_QUARTER + 1}"


def year_name(day: date) -> str:
    """Name the year of a day: `2026`."""
    return f"{day.year:04}"


@dataclass(frozen=True, slots=True)
class _Day:
    date: date
    close: Decimal
    trips: Sequence[Trip]


def _table(
    rows: Sequence[_Day], start: Decimal, name_of: Callable[[date], str]
) -> tuple[Period, ...]:
    periods, before = [], start
    for name, group in groupby(rows, key=lambda row: name_of(row.date)):
        days = list(group)
        after = days[-1].close
        profits = [trip.profit for day in days for trip in day.trips]
        periods.append(
            Period(
                name=name,
                profit=after - before,
                share=(after - before) / before if before > 0 else None,
                trades=len(profits),
                wins=sum(profit > 0 for profit in profits),
                closed_profit=sum(profits, ZERO),
            )
        )
        before = after
    return tuple(periods)
