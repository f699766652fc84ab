"""Return and risk per year, from the returns of days.

Floats live in here alone; what leaves is rounded to six places, or None where it is not defined.
Definitions, units and edges stand in docs/explain/statistics.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.money import ZERO, parse_decimal
from drawbridge.statistics.days import Days
from drawbridge.statistics.drawdown import Drawdown

DAYS_PER_YEAR: Final = 365
"""Crypto is traded on every day of the year."""

LEAST_DAYS: Final = 30
"""Less than a month says nothing about a year, so nothing is compounded to one."""

_LEAST_RETURNS: Final = 2
# Equal returns differ by the last bits of their floats; that is no risk to divide by.
_NO_DISPERSION: Final = 1e-12
_PLACES: Final = 6
_MOST: Final = 1e15


@dataclass(frozen=True, slots=True)
class Ratios:
    """What a year would bring at this rate, and at which risk.

    Units: fractions of one and plain ratios; `days` is the number of day returns they are made
    of, `risk_free_rate` a fraction per year.
    """

    days: int
    risk_free_rate: Decimal
    total_return: Decimal | None = None
    cagr: Decimal | None = None
    volatility: Decimal | None = None
    sharpe: Decimal | None = None
    sortino: Decimal | None = None
    calmar: Decimal | None = None


def read_rate(text: str) -> Decimal:
    """Read a risk-free rate per year as a fraction, for example 0.04 for 4 %.

    Raises: `BadInput("not_a_number")`, `BadInput("bad_rate")`.
    """
    rate = parse_decimal(text.strip(), "risk_free_rate")
    if not -1 < rate <= 1:
        raise BadInput("bad_rate", field="risk_free_rate")
    return rate


def ratios_of(days: Days, drawdown: Drawdown, risk_free_rate: Decimal = ZERO) -> Ratios:
    """Make the ratios; all are None when a day began with nothing or less."""
    returns = days.returns()
    if not returns:
        return Ratios(len(days.closes), risk_free_rate)
    growth = float(days.closes[-1]) / float(days.start)
    yearly = compound(growth, len(returns)) if len(returns) >= LEAST_DAYS else None
    rate = float(risk_free_rate)
    return Ratios(
        days=len(returns),
        risk_free_rate=risk_free_rate,
        total_return=_told(growth - 1.0),
        cagr=_told(yearly),
        volatility=_told(volatility(returns)),
        sharpe=_told(sharpe(returns, rate)),
        sortino=_told(sortino(returns, rate)),
        calmar=_told(_over(yearly, float(drawdown.share or ZERO))),
    )


def compound(growth: float, days: int) -> float | None:
    """Give the yearly return of a growth over some days."""
    if growth <= 0:
        return -1.0
    exponent = math.log(growth) * DAYS_PER_YEAR / days
    return math.expm1(exponent) if exponent < math.log(_MOST) else None


def volatility(returns: Sequence[float]) -> float | None:
    """Give the yearly standard deviation of day returns."""
    deviation = _deviation(returns)
    return None if deviation is None else deviation * math.sqrt(DAYS_PER_YEAR)


def sharpe(returns: Sequence[float], risk_free_rate: float) -> float | None:
    """Give the yearly return above the risk-free one per unit of deviation."""
    excess = _excess(returns, risk_free_rate)
    deviation = _deviation(excess)
    ratio = _over(_mean(excess), deviation)
    return None if ratio is None else ratio * math.sqrt(DAYS_PER_YEAR)


def sortino(returns: Sequence[float], risk_free_rate: float) -> float | None:
    """Give the same per unit of deviation downwards; None when nothing was lost."""
    excess = _excess(returns, risk_free_rate)
    if len(excess) < _LEAST_RETURNS:
        return None
    downwards = math.sqrt(math.fsum(min(it, 0.0) ** 2 for it in excess) / len(excess))
    ratio = _over(_mean(excess), downwards)
    return None if ratio is None else ratio * math.sqrt(DAYS_PER_YEAR)


def _excess(returns: Sequence[float], risk_free_rate: float) -> list[float]:
    """Take off what a day without risk would have brought."""
    if risk_free_rate <= -1:
        return []
    daily = math.expm1(math.log1p(risk_free_rate) / DAYS_PER_YEAR)
    return [it - daily for it in returns]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _deviation(values: Sequence[float]) -> float | None:
    """Give the standard deviation of a sample (divided by one less than there are)."""
    mean = _mean(values)
    if mean is None or len(values) < _LEAST_RETURNS:
        return None
    return math.sqrt(math.fsum((it - mean) ** 2 for it in values) / (len(values) - 1))


def _over(above: float | None, below: float | None) -> float | None:
    if above is None or below is None or below < _NO_DISPERSION:
        return None
    return above / below


def _told(value: float | None) -> Decimal | None:
    if value is None or not math.isfinite(value) or abs(value) > _MOST:
        return None
    return Decimal(repr(round(value, _PLACES))) + ZERO
