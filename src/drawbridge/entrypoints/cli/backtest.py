"""The command `backtest`: a strategy over candles of a file or over those that came along."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Json, read_pairs
from drawbridge.entrypoints.cli.output import print_fields, print_json, print_line
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.robots.backtest.run import BacktestResult
    from drawbridge.robots.columns import CandleColumns
    from drawbridge.statistics.service import Report

_EQUITY_POINTS = 500
_RECORDED = "BTC-USD"


def backtest(
    *,
    strategy: Annotated[
        str, typer.Option("--strategy", metavar="ID", help=say("cli.option.strategy"))
    ] = "ema_cross",
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=N", help=say("cli.option.set"))
    ] = None,
    candles: Annotated[
        Path | None,
        typer.Option("--candles", metavar="FILE", help=say("cli.backtest.candles")),
    ] = None,
    recorded: Annotated[
        str, typer.Option("--recorded", metavar="NAME", help=say("cli.backtest.recorded"))
    ] = _RECORDED,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", help=say("cli.backtest.last"))
    ] = None,
    market: Annotated[
        str, typer.Option("--market", metavar="SYMBOL", help=say("cli.backtest.market"))
    ] = "BTC/USD",
    amount: Annotated[
        str, typer.Option("--amount", metavar="N", help=say("cli.backtest.amount"))
    ] = "1000",
    cash: Annotated[
        str, typer.Option("--cash", metavar="N", help=say("cli.backtest.cash"))
    ] = "10000",
    fee: Annotated[str, typer.Option("--fee", metavar="N", help=say("cli.backtest.fee"))] = "0.001",
    step: Annotated[
        str, typer.Option("--step", metavar="N", help=say("cli.backtest.step"))
    ] = "0.00001",
    compiled: Annotated[
        bool | None,
        typer.Option("--compiled/--interpreted", help=say("cli.backtest.compiled")),
    ] = None,
    json: Json = False,
) -> None:
    """Try a strategy on past prices."""
    from drawbridge.core.money import parse_decimal
    from drawbridge.robots.backtest.run import BacktestTerms, run_backtest
    from drawbridge.robots.strategies import get_strategy
    from drawbridge.statistics.service import Ground, report_on

    chosen = get_strategy(strategy)
    settings = chosen.read_settings({**read_pairs(setting or [], "set")})
    terms = BacktestTerms(
        symbol=market.strip(),
        amount=parse_decimal(amount.strip(), "amount"),
        cash=parse_decimal(cash.strip(), "cash"),
        fee=parse_decimal(fee.strip(), "fee"),
        quantity_step=parse_decimal(step.strip(), "quantity_step"),
    )
    columns = _candles(candles, recorded, last)
    result = run_backtest(chosen, settings, columns, terms, compiled=compiled)
    ground = Ground(terms.symbol, terms.cash, prices=_prices(result))
    report = report_on(result.fills(), ground)
    if json:
        print_json(_told(result, report))
    else:
        _show(result, report)


def _candles(path: Path | None, recorded: str, last: int | None) -> "CandleColumns":
    from drawbridge.robots.backtest.candles import read_candles
    from drawbridge.robots.backtest.recorded import read_recorded

    if last is not None and last < 1:
        raise BadInput("not_positive", field="last")
    columns = read_candles(path) if path else read_recorded(recorded)
    return columns.last(last) if last else columns


def _prices(result: "BacktestResult") -> list[tuple[int, Decimal]]:
    """Give the closes at which equity is valued, each at the end of its candle."""
    interval_ms = result.candles.interval_ms
    return [
        (opened_ms + interval_ms, Decimal(repr(close)))
        for opened_ms, close in zip(
            result.candles.open_time_ms.tolist(), result.candles.close.tolist(), strict=True
        )
    ]


def _told(result: "BacktestResult", report: "Report") -> dict[str, object]:
    from drawbridge.entrypoints.cli.figures import told_figures

    trades = [
        {
            "opened_ms": trade.opened_ms,
            "open_price": trade.open_price,
            "quantity": trade.quantity,
            "closed_ms": trade.closed_ms,
            "close_price": trade.close_price,
        }
        for trade in result.trades()
    ]
    return {
        "market": result.terms.symbol,
        "candles": len(result.candles),
        "interval_ms": result.candles.interval_ms,
        "first_ms": int(result.candles.open_time_ms[0]),
        "last_ms": int(result.candles.open_time_ms[-1]),
        "compiled": result.compiled,
        "figures": told_figures(report.figures),
        "trades": trades,
        "equity": [list(point) for point in result.equity_points(_EQUITY_POINTS)],
    }


def _show(result: "BacktestResult", report: "Report") -> None:
    from drawbridge.entrypoints.cli.figures import figure_lines
    from drawbridge.wording import formats

    columns = result.candles
    fields = {
        say("cli.backtest.shown.candles"): formats.amount(len(columns)),
        say("cli.backtest.shown.from"): formats.moment(columns.open_time_ms[0]),
        say("cli.backtest.shown.until"): formats.moment(columns.open_time_ms[-1]),
    }
    fields |= figure_lines(report.figures, result.terms.symbol.partition("/")[2])
    print_fields(fields)
    print_line(say("cli.backtest.compiled_note" if result.compiled else "cli.backtest.plain_note"))
