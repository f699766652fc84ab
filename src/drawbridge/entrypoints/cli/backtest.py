"""The command `backtest`: a strategy over the past; with `--vary`, a search for settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import (
    Data,
    Json,
    Setting,
    StrategyName,
    read_pairs,
    settings_for,
)
from drawbridge.entrypoints.cli.output import (
    print_fields,
    print_hint,
    print_json,
    print_line,
    progress_bar,
)
from drawbridge.entrypoints.cli.strategies import Strategies, folder_of
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from drawbridge.lab.model import Trial
    from drawbridge.robots.backtest.run import BacktestResult
    from drawbridge.robots.columns import CandleColumns
    from drawbridge.robots.search.run import Found
    from drawbridge.statistics.service import Report

_EQUITY_POINTS = 500
_RECORDED = "BTC-USD"


Guard = Annotated[
    list[str] | None, typer.Option("--guard", metavar="NAME=N", help=say("cli.option.guard"))
]
Direction = Annotated[
    str, typer.Option("--direction", metavar="WAY", help=say("cli.backtest.direction"))
]
File = Annotated[
    Path | None, typer.Option("--candles", metavar="FILE", help=say("cli.backtest.candles"))
]
Recorded = Annotated[
    str, typer.Option("--recorded", metavar="NAME", help=say("cli.backtest.recorded"))
]
Interval = Annotated[
    str, typer.Option("--interval", metavar="SPAN", help=say("cli.backtest.interval"))
]
Last = Annotated[str, typer.Option("--last", metavar="N", help=say("cli.backtest.last"))]
Market = Annotated[str, typer.Option("--market", metavar="SYMBOL", help=say("cli.backtest.market"))]
Amount = Annotated[str, typer.Option("--amount", metavar="N", help=say("cli.backtest.amount"))]
Cash = Annotated[str, typer.Option("--cash", metavar="N", help=say("cli.backtest.cash"))]
Fee = Annotated[str, typer.Option("--fee", metavar="N", help=say("cli.backtest.fee"))]
Step = Annotated[str, typer.Option("--step", metavar="N", help=say("cli.backtest.step"))]
Term = Annotated[
    list[str] | None, typer.Option("--term", metavar="NAME=N", help=say("cli.backtest.term"))
]
HowRun = Annotated[
    bool | None, typer.Option("--compiled/--interpreted", help=say("cli.backtest.compiled"))
]
Vary = Annotated[
    list[str] | None, typer.Option("--vary", metavar="NAME=RANGE", help=say("cli.backtest.vary"))
]
Method = Annotated[str, typer.Option("--method", metavar="HOW", help=say("cli.backtest.method"))]
Objective = Annotated[
    str, typer.Option("--objective", metavar="WHAT", help=say("cli.backtest.objective"))
]
Tries = Annotated[str, typer.Option("--tries", metavar="N", help=say("cli.backtest.tries"))]
OutOfSample = Annotated[
    str, typer.Option("--out-of-sample", metavar="N", help=say("cli.backtest.out_of_sample"))
]
Folds = Annotated[str, typer.Option("--folds", metavar="N", help=say("cli.backtest.folds"))]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, help=say("cli.backtest.workers"))
]


def backtest(
    *,
    strategy: StrategyName = "ema_cross",
    setting: Setting = None,
    guard: Guard = None,
    direction: Direction = "long",
    candles: File = None,
    recorded: Recorded = _RECORDED,
    interval: Interval = "as_stored",
    last: Last = "",
    market: Market = "",
    amount: Amount = "1000",
    cash: Cash = "10000",
    fee: Fee = "0.001",
    step: Step = "0.00001",
    term: Term = None,
    compiled: HowRun = None,
    strategies: Strategies = None,
    vary: Vary = None,
    method: Method = "grid",
    objective: Objective = "sharpe",
    tries: Tries = "200",
    out_of_sample: OutOfSample = "0.3",
    folds: Folds = "4",
    workers: Workers = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Try a strategy on past prices."""
    from drawbridge.lab.model import TrialWish, read_trial
    from drawbridge.lab.running import search
    from drawbridge.robots.own.loading import own_strategies_in
    from drawbridge.robots.search.trying import cores

    money = {"amount": amount, "cash": cash, "fee": fee, "quantity_step": step}
    wish = TrialWish(
        candles=recorded,
        interval=interval,
        last=last,
        strategy=strategy,
        settings=read_pairs(setting or [], "set"),
        guards=read_pairs(guard or [], "guard"),
        terms=money | {"symbol": market, "direction": direction} | read_pairs(term or [], "term"),
        vary=read_pairs(vary or [], "vary"),
        method=method,
        objective=objective,
        tries=tries,
        folds=folds,
        out_of_sample=out_of_sample,
    )
    # The person's own command runs the person's own code; the pages do not.
    with own_strategies_in(folder_of(strategies, data)), _kept_in(data):
        trial = read_trial(wish, workers or cores())
        columns = _candles(trial, candles, data)
        found = None
        if trial.space is not None:
            with progress_bar(say("cli.backtest.searching")) as progress:
                trial, found = search(trial, columns, progress)
        _tell(trial, columns, found, compiled=compiled, as_json=json)


def _kept_in(data: Path | None) -> "AbstractContextManager[None]":
    from drawbridge.app.data_folder import compiled
    from drawbridge.robots.backtest.keeping import compiled_kept_in

    return compiled_kept_in(compiled(settings_for(data)))


def _candles(trial: "Trial", path: Path | None, data: Path | None) -> "tuple[CandleColumns, ...]":
    from drawbridge.lab.running import candles_for, cut
    from drawbridge.lab.shelf import Shelf
    from drawbridge.robots.backtest.candles import read_candles

    if path is not None:
        return (cut(trial, read_candles(path)),)
    return candles_for(trial, Shelf(settings_for(data).candles))


def _tell(
    trial: "Trial",
    columns: "tuple[CandleColumns, ...]",
    found: "Found | None",
    *,
    compiled: bool | None,
    as_json: bool,
) -> None:
    from drawbridge.lab.running import backtested
    from drawbridge.lab.sheet import report_of, searched

    result = backtested(trial, columns, compiled=compiled)
    report = report_of(trial, result, result.fills())
    if as_json:
        told = _told(trial, result, report)
        print_json(told if found is None else {**told, "search": searched(found, columns[0])})
        return
    if found is not None:
        from drawbridge.entrypoints.cli.figures import print_search

        print_search(searched(found, columns[0]))
    _show(result, report)


def _told(trial: "Trial", result: "BacktestResult", report: "Report") -> dict[str, object]:
    from drawbridge.entrypoints.cli.figures import told_report
    from drawbridge.robots.backtest.margin import cautions_of

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
        "strategy": trial.strategy.id,
        "settings": trial.strategy.tell_settings(trial.settings),
        "candles": len(result.candles),
        "interval_ms": result.candles.interval_ms,
        "first_ms": int(result.candles.open_time_ms[0]),
        "last_ms": int(result.candles.open_time_ms[-1]),
        "compiled": result.compiled,
        **told_report(report),
        "cautions": [{"code": it.code, "facts": it.facts} for it in cautions_of(result)],
        "trades": trades,
        "equity": [list(point) for point in result.equity_points(_EQUITY_POINTS)],
    }


def _show(result: "BacktestResult", report: "Report") -> None:
    from drawbridge.entrypoints.cli.figures import print_report
    from drawbridge.robots.backtest.margin import cautions_of
    from drawbridge.wording import formats

    columns = result.candles
    print_fields(
        {
            say("cli.backtest.shown.candles"): formats.amount(len(columns)),
            say("cli.backtest.shown.from"): formats.moment(int(columns.open_time_ms[0])),
            say("cli.backtest.shown.until"): formats.moment(int(columns.open_time_ms[-1])),
        }
    )
    for caution in cautions_of(result):
        print_hint(say_reason(caution.code, caution.facts))
    print_report(report, result.terms.quote)
    print_line(say("cli.backtest.compiled_note" if result.compiled else "cli.backtest.plain_note"))
