"""How an account did, in words: the same on pages and in commands."""

from dataclasses import dataclass
from decimal import Decimal

from drawbridge.statistics.account import AccountReport
from drawbridge.statistics.telling import as_facts, told_value
from drawbridge.wording import formats
from drawbridge.wording.say import say

_RATIOS = ("days", "cagr", "volatility", "sharpe", "sortino", "calmar", "risk_free_rate")


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """One figure of an account; `name` is that in code."""

    name: str
    words: str
    value: str


def headlines(report: AccountReport) -> list[AccountFigure]:
    """Give what is looked at first."""
    money = report.currency
    worth = report.worth[-1][1] if report.worth else None
    values = {
        "worth_now": f"{told_worth(worth)} {money}",
        "growth_share": told_share(report.total_return),
        "gain": f"{formats.rounded(report.gain)} {money}",
        "paid_in": f"{formats.rounded(report.paid_in)} {money}",
        "paid_out": f"{formats.rounded(report.paid_out)} {money}",
        "drawdown_share": told_share(report.drawdown.share),
        "since": formats.moment(report.worth[0][0]) if report.worth else told_worth(None),
    }
    return [AccountFigure(name, say(f"performance.{name}"), it) for name, it in values.items()]


def ratio_figures(report: AccountReport) -> list[AccountFigure]:
    """Give return and risk per year, and the dates of the deepest fall."""
    fall = report.drawdown.steepest
    told = [
        AccountFigure(
            name, say(f"figures.{name}"), told_value(name, getattr(report.ratios, name), "")
        )
        for name in _RATIOS
    ]
    for name in ("height_ms", "depth_ms", "recovered_ms"):
        value = told_value(name, getattr(fall, name) if fall else None, "")
        if fall and getattr(fall, name) is None:
            value = say("figures.not_yet")
        told.append(AccountFigure(name, say(f"figures.{name}"), value))
    return told


def remarks(report: AccountReport) -> list[str]:
    """Say what is left out, and what is waited for."""
    said = []
    if report.unpriced:
        said.append(say("performance.unpriced", currencies=", ".join(report.unpriced)))
    if report.undefined_steps:
        said.append(say("performance.undefined_steps", count=report.undefined_steps))
    if report.other_snapshots:
        facts = {"count": report.other_snapshots, "currency": report.currency}
        said.append(say("performance.other_snapshots", **facts))
    if report.waits_since_ms is not None:
        said.append(say("performance.waits", since=report.waits_since_ms))
    if len(report.worth) == 1:
        said.append(say("performance.one"))
    return said


def account_facts(report: AccountReport) -> dict[str, object]:
    """Give everything as scripts read it: amounts as exact texts, moments in milliseconds."""
    facts = as_facts(report)
    return facts if isinstance(facts, dict) else {}


def told_worth(value: Decimal | None) -> str:
    """Write what something was worth, a dash where nobody knows."""
    return say("figures.none") if value is None else formats.rounded(value)


def told_share(value: Decimal | None) -> str:
    """Write a return, a dash where there is none."""
    return say("figures.none") if value is None else formats.share(value)
