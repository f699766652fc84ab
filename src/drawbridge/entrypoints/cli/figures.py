"""Figures of robots and backtests as the command line shows them."""

from collections.abc import Sequence

from drawbridge.core.money import plain
from drawbridge.entrypoints.cli.output import print_fields, print_line, print_table
from drawbridge.statistics.periods import Period
from drawbridge.statistics.service import Report
from drawbridge.statistics.telling import report_facts, rounded, share, told_groups
from drawbridge.wording.say import say

_COLUMNS = ("period", "profit", "share", "trades", "wins", "closed_profit")


def told_report(report: Report) -> dict[str, object]:
    """Give all figures of a report as scripts read them; what is not defined is null."""
    return report_facts(report)


def print_report(report: Report, quote: str) -> None:
    """Print all figures of a report in their groups, and the table of months."""
    for group in told_groups(report, quote):
        print_line()
        print_line(group.title)
        print_fields({figure.words: figure.value for figure in group.figures})
    print_periods(report.periods.months, "months")
    print_periods(report.periods.years, "years")


def print_periods(periods: Sequence[Period], title: str) -> None:
    """Print one table of periods, if there is anything in it."""
    if not periods:
        return
    print_line()
    print_line(say(f"periods.{title}"))
    columns = [say(f"periods.{name}") for name in _COLUMNS]
    print_table(columns, [_row(period) for period in periods])


def _row(period: Period) -> list[str]:
    return [
        period.name,
        plain(rounded(period.profit)),
        say("figures.none") if period.share is None else share(period.share),
        str(period.trades),
        str(period.wins),
        plain(rounded(period.closed_profit)),
    ]
