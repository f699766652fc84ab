"""Trials and their sheets as pages and charts show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import currencies_of
from drawbridge.entrypoints.web.figure_views import view_groups, view_headlines
from drawbridge.entrypoints.web.plan_views import pairs_of
from drawbridge.lab.store import Ordered
from drawbridge.statistics.telling import values_from
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_MINUTE_MS: Final = 60_000
_PERCENT: Final = 100
# Beside more arrows than this, words would cover each other.
_MOST_WORDS: Final = 60


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial as a row or a page shows it."""

    id: str
    strategy: str
    candles: str
    is_search: bool
    status: str
    reason: str
    percent: int
    done: int
    runs: int
    created_ms: int
    at_work: bool


def view_trial(trial: Ordered) -> TrialView:
    """Put a trial into words."""
    return TrialView(
        id=trial.id,
        strategy=trial.wish.strategy,
        candles=trial.wish.candles,
        is_search=bool(trial.wish.vary),
        status=trial.status.value,
        reason=say_reason(trial.reason, trial.facts) if trial.reason else "",
        percent=_PERCENT * trial.done // max(1, trial.runs),
        done=trial.done,
        runs=trial.runs,
        created_ms=trial.created_ms,
        at_work=trial.is_at_work,
    )


def chart_of(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the charts draw."""
    if not sheet:
        return {"candles": [], "trades": [], "equity": [], "below": []}
    bars = sheet["bars"]
    trades = [{**trade, "words": _mark_of(trade)} for trade in bars["trades"]]
    if len(trades) > _MOST_WORDS:
        trades = [{**trade, "words": ""} for trade in trades]
    return {
        "candles": bars["candles"],
        "trades": trades,
        "equity": [row[:2] for row in sheet["equity"]],
        "below": [[row[0], row[2] * _PERCENT] for row in sheet["equity"]],
    }


def _mark_of(trade: Mapping[str, Any]) -> str:
    return f"{say('side.' + trade['side'])} {trade['quantity']}"


def view_sheet(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """Put a sheet into words."""
    candles = sheet["candles"]
    search = sheet.get("search")
    quote = currencies_of(sheet["market"])[1]
    return {
        **sheet,
        "interval": _minutes(candles["interval_ms"]),
        "settings": pairs_of(sheet["settings"], "parameter"),
        "search": None if search is None else _view_search(search),
        "groups": view_groups(values_from(sheet["values"]), quote),
        "headlines": view_headlines(view_groups(values_from(sheet["values"]), quote)),
        "months": [_month(row) for row in reversed(sheet["months"])],
        # Sheets from before they were told have none.
        "cautions": [say_reason(it["code"], it["facts"]) for it in sheet.get("cautions", ())],
    }


def _view_search(search: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **search,
        "tries": [_try(row, search["objective"]) for row in search["tries"]],
        "walk": [
            {
                **_try(row, search["objective"]),
                "from_ms": row["from_ms"],
                "until_ms": row["until_ms"],
            }
            for row in search["walk"]
        ],
        "overfitting": None if search["overfitting"] is None else _percent(search["overfitting"]),
        "doubts": [say_reason(it["code"], it["facts"]) for it in search["warnings"]],
    }


def _try(row: Mapping[str, Any], objective: str) -> dict[str, Any]:
    chosen, judged = row["chosen_on"], row["judged_by"]
    return {
        "settings": pairs_of(row["settings"], "parameter"),
        "chosen_on": _score(chosen[objective], objective),
        "judged_by": _score(judged[objective], objective),
        "profit": _percent(judged["profit"]),
        "drawdown": _percent(judged["drawdown"]),
        "trades": formats.amount(judged["trades"]),
    }


def _month(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": row["name"],
        "profit": row["profit"],
        "share": "" if row["share"] is None else _percent(float(row["share"])),
        "trades": formats.amount(row["trades"]),
    }


def _score(value: float, objective: str) -> str:
    return _percent(value) if objective == "profit" else f"{value:.2f}"


def _percent(share: float) -> str:
    return formats.share(Decimal(str(share)), 1)


def _minutes(interval_ms: int) -> str:
    return say("span.minutes", count=interval_ms // _MINUTE_MS)
