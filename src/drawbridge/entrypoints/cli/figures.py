"""Figures of robots and backtests as the command line shows them."""

import dataclasses
from decimal import Decimal
from typing import Final

from drawbridge.core.money import plain
from drawbridge.entrypoints.cli.output import NONE
from drawbridge.statistics.performance import Figures
from drawbridge.wording.say import say

_MONEY: Final = frozenset(
    {
        "net_profit",
        "open_profit",
        "gross_profit",
        "gross_loss",
        "average_win",
        "average_loss",
        "drawdown",
        "fees",
    }
)
_SHARES: Final = frozenset({"win_rate", "drawdown_share"})
_CENT: Final = Decimal("0.01")
_PERCENT: Final = 100
# Ratios and averages may have no end; so many digits are more than anybody reads.
_DIGITS: Final = Decimal("0.00000001")


def told_figures(figures: Figures) -> dict[str, object]:
    """Give the figures as scripts read them; what is not defined is null."""
    return {
        field.name: _rounded(getattr(figures, field.name)) for field in dataclasses.fields(figures)
    }


def figure_lines(figures: Figures, quote: str) -> dict[str, str]:
    """Give the figures as people read them; what is not defined is a dash."""
    return {
        say(f"cli.figure.{field.name}"): _line(field.name, getattr(figures, field.name), quote)
        for field in dataclasses.fields(figures)
        if field.name != "fees_elsewhere" or figures.fees_elsewhere
    }


def _line(name: str, value: object, quote: str) -> str:
    if value is None:
        return NONE
    if isinstance(value, tuple):
        return ", ".join(f"{plain(amount)} {currency}" for currency, amount in value)
    if not isinstance(value, Decimal):
        return str(value)
    if name in _SHARES:
        return f"{value * _PERCENT:.2f} %"
    if name in _MONEY:
        return f"{plain(value.quantize(_DIGITS))} {quote}"
    return f"{value.quantize(_CENT)}"


def _rounded(value: object) -> object:
    if isinstance(value, Decimal) and -value.as_tuple().exponent > _PLACES:  # type: ignore[operator]  # figures are finite
        return value.quantize(_DIGITS)
    return value


_PLACES: Final = 8
