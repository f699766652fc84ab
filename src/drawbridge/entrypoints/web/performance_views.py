"""How accounts did, as pages show it: figures, months, transfers, and the points of charts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from drawbridge.core.money import plain
from drawbridge.entrypoints.web.figure_views import title
from drawbridge.statistics.account import AccountPeriod, AccountReport
from drawbridge.statistics.account_telling import (
    AccountFigure,
    headlines,
    ratio_figures,
    remarks,
    told_share,
    told_worth,
)
from drawbridge.statistics.days import sampled
from drawbridge.statistics.equity import Curve
from drawbridge.wording.say import say

_POINTS: Final = 1_000
_TRANSFERS: Final = 200
_PERCENT: Final = 100
_PLACES: Final = 4


def report_facts(report: AccountReport) -> dict[str, object]:
    """Give what a page says about a report."""
    tones = {"gain": _tone(report.gain), "growth_share": _tone(report.total_return)}
    newest = reversed(report.transfers[-_TRANSFERS:])
    return {
        "currency": report.currency,
        "headlines": [_figure(it, tones.get(it.name, "")) for it in headlines(report)],
        "ratios": [_figure(it, "") for it in ratio_figures(report)],
        "remarks": remarks(report),
        "transfers": [
            {
                "since_ms": it.since_ms,
                "until_ms": it.until_ms,
                "currency": it.currency,
                "amount": it.amount,
                "value": told_worth(it.value),
                "tone": _tone(it.amount),
            }
            for it in newest
        ],
        "periods": [
            {"title": say(f"performance.{name}"), "rows": [_row(row) for row in reversed(rows)]}
            for name, rows in (("months", report.months), ("years", report.years))
        ],
    }


def report_points(report: AccountReport | None) -> dict[str, list[tuple[int, str]]]:
    """Give worth and growth over time for charts; amounts as text, because they are exact."""
    worth = report.worth if report else ()
    growth = report.growth if report else ()
    percent = [(at_ms, round((size - 1) * _PERCENT, _PLACES)) for at_ms, size in growth]
    return {"worth": _points(worth), "growth": _points(percent)}


def _figure(figure: AccountFigure, tone: str) -> dict[str, str]:
    return {"words": title(figure.words), "value": figure.value, "tone": tone}


def _row(period: AccountPeriod) -> dict[str, str]:
    return {
        "name": period.name,
        "gain": told_worth(period.gain),
        "share": told_share(period.share),
        "paid": told_worth(period.paid),
        "tone": _tone(period.gain),
    }


def _points(points: Sequence[tuple[int, Decimal]]) -> list[tuple[int, str]]:
    """Thin a line out to what a chart can show."""
    curve = Curve(Decimal(0), [at_ms for at_ms, _ in points], [value for _, value in points])
    return [(at_ms, plain(value)) for at_ms, value in sampled(curve, _POINTS)]


def _tone(value: Decimal | None) -> str:
    if not value:
        return ""
    return "up" if value > 0 else "down"
