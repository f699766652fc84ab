"""Figures of robots and backtests as the command line shows them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.money import plain
from drawbridge.entrypoints.cli.output import print_fields, print_hint, print_line, print_table
from drawbridge.statistics.periods import Period
from drawbridge.statistics.service import Report
from drawbridge.statistics.telling import Group, report_facts, rounded, told_groups
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_TRIES_SHOWN: Final = 10
_COLUMNS = ("period", "profit", "share", "trades", "wins", "closed_profit")


def told_report(report: Report) -> dict[str, object]:
    """Give all figures of a report as scripts read them; what is not defined is null."""
    return report_facts(report)


def print_report(report: Report, quote: str) -> None:
    """Print all figures of a report in their groups, and the table of months."""
    print_groups(told_groups(report, quote))
    print_periods(report.periods.months, "months")
    print_periods(report.periods.years, "years")


def print_groups(groups: Sequence[Group]) -> None:
    """Print figures in their groups."""
    for group in groups:
        print_line()
        print_line(group.title)
        print_fields({figure.words: figure.value for figure in group.figures})


def print_search(search: Mapping[str, Any]) -> None:
    """Print what a search found, as its sheet tells it, the walk forward, and every doubt."""
    for doubt in search["warnings"]:
        print_hint(say_reason(doubt["code"], doubt["facts"]))
    columns = [say(f"lab.{name}") for name in ("settings", "chosen_on", "judged_by", "trades")]
    columns.insert(3, say("lab.profit_judged"))
    objective = search["objective"]
    print_line(say("lab.found"))
    print_table(columns, [_try(row, objective) for row in search["tries"][:_TRIES_SHOWN]])
    print_line()
    print_line(say("lab.walk"))
    print_table(columns, [_try(row, objective) for row in search["walk"]])
    print_line()


def _try(row: Mapping[str, Any], objective: str) -> list[str]:
    judged = row["judged_by"]
    return [
        " ".join(f"{name}={value}" for name, value in row["settings"].items()),
        f"{row['chosen_on'][objective]:.3f}",
        f"{judged[objective]:.3f}",
        formats.share(Decimal(str(judged["profit"]))),
        str(judged["trades"]),
    ]


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
        say("figures.none") if period.share is None else formats.share(period.share),
        str(period.trades),
        str(period.wins),
        plain(rounded(period.closed_profit)),
    ]
