"""How a key's account did, on the command line."""

from collections.abc import Sequence

from drawbridge.entrypoints.cli.output import print_fields, print_line, print_table
from drawbridge.statistics.account import AccountPeriod, AccountReport
from drawbridge.statistics.account_telling import (
    headlines,
    ratio_figures,
    remarks,
    told_share,
    told_worth,
)
from drawbridge.wording import formats
from drawbridge.wording.say import say


def print_performance(report: AccountReport) -> None:
    """Print figures, months, years, and the deposits and withdrawals that were found."""
    print_fields({it.words: it.value for it in headlines(report)})
    print_line()
    print_line(say("performance.ratios"))
    print_fields({it.words: it.value for it in ratio_figures(report)})
    _print_periods("months", report.months, report.currency)
    _print_periods("years", report.years, report.currency)
    print_line()
    print_line(say("performance.transfers"))
    _print_transfers(report)
    for remark in remarks(report):
        print_line(remark)


def _print_periods(name: str, periods: Sequence[AccountPeriod], currency: str) -> None:
    if not periods:
        return
    print_line()
    print_line(say(f"performance.{name}"))
    columns = [
        say("performance.period"),
        say("performance.share"),
        f"{say('performance.gain')} ({currency})",
        f"{say('performance.paid')} ({currency})",
    ]
    rows = [
        [it.name, told_share(it.share), told_worth(it.gain), told_worth(it.paid)] for it in periods
    ]
    print_table(columns, rows)


def _print_transfers(report: AccountReport) -> None:
    if not report.transfers:
        print_line(say("performance.no_transfers"))
        return
    columns = [
        say("performance.found"),
        say("performance.until"),
        say("performance.amount"),
        f"{say('performance.value')} ({report.currency})",
    ]
    rows = [
        [
            formats.moment(it.since_ms),
            formats.moment(it.until_ms),
            f"{formats.amount(it.amount)} {it.currency}",
            told_worth(it.value),
        ]
        for it in report.transfers
    ]
    print_table(columns, rows)
