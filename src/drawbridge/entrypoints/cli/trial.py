"""Commands about trials: backtests and searches that run where Drawbridge runs.

`drawbridge backtest` runs one in this very process; these are rows that the lab takes up, and so
can be ordered from elsewhere, left, and looked at again.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from drawbridge.entrypoints.cli.backtest import (
    Guard,
    Interval,
    Last,
    Objective,
    Recorded,
    Term,
    Vary,
)
from drawbridge.entrypoints.cli.options import (
    Data,
    Json,
    NoWait,
    Owner,
    Setting,
    StrategyName,
    read_pairs,
)
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
    progress_bar,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.lab.store import Ordered

app = typer.Typer(help=say("cli.trial.help"), no_args_is_help=True)

_COLUMNS: Final = ("strategy", "candles", "status", "done", "ordered", "id")
_LONGEST_S: Final = 3_600
Trial = Annotated[str, typer.Argument(metavar="TRIAL", help=say("cli.trial.argument"))]


@app.command(help=say("cli.trial.order.help"))
def order(
    *,
    strategy: StrategyName = "ema_cross",
    setting: Setting = None,
    guard: Guard = None,
    recorded: Recorded = "BTC-USD",
    interval: Interval = "as_stored",
    last: Last = "",
    term: Term = None,
    vary: Vary = None,
    objective: Objective = "sharpe",
    no_wait: NoWait = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Order a trial, and show what comes of it."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.lab.model import TrialWish

    wish = TrialWish(
        candles=recorded,
        interval=interval,
        last=last,
        strategy=strategy,
        settings=read_pairs(setting or [], "set"),
        guards=read_pairs(guard or [], "guard"),
        terms=read_pairs(term or [], "term"),
        vary=read_pairs(vary or [], "vary"),
        objective=objective,
    )

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        ordered = await place.lab.order(person, wish)
        if not no_wait:
            ordered = await _ended(place, person, ordered)
        await _show(place, person, ordered, as_json=json)

    in_place(data, work)


@app.command("list", help=say("cli.trial.list.help"))
def list_trials(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the trials, newest first."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        found = await place.lab.list_trials(await owner_of(place, owner))
        if json:
            print_json([_told(it) for it in found])
        elif not found:
            print_line(say("lab.none"))
        else:
            columns = [say(f"cli.trial.column.{name}") for name in _COLUMNS]
            print_table(columns, [_row(it) for it in found])

    in_place(data, work)


@app.command(help=say("cli.trial.show.help"))
def show(trial: Trial, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Show how a trial stands, and what came of it."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        await _show(place, person, await place.lab.get_trial(person, trial), as_json=json)

    in_place(data, work)


@app.command(help=say("cli.trial.stop.help"))
def stop(trial: Trial, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Stop a trial; one that has ended stays as it is."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        await place.lab.stop(person, trial)
        found = await place.lab.get_trial(person, trial)
        if json:
            print_json(_told(found))
        else:
            print_line(say(f"lab.status.{found.status.value}"))

    in_place(data, work)


@app.command(help=say("cli.trial.delete.help"))
def delete(trial: Trial, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Delete a trial; one under way is stopped by that."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        await place.lab.delete(await owner_of(place, owner), trial)
        if json:
            print_json({"id": trial, "deleted": True})
        else:
            print_line(say("cli.trial.delete.done"))

    in_place(data, work)


async def _ended(place: "Place", person: str, ordered: "Ordered") -> "Ordered":
    """Wait until a trial has ended, and show how far it is; it goes on without being watched."""
    from drawbridge.entrypoints.cli.house import looks

    with progress_bar(say("cli.trial.under_way")) as progress:
        async for _ in looks(place, _LONGEST_S):
            ordered = await place.lab.get_trial(person, ordered.id)
            if not ordered.is_at_work:
                break
            progress(ordered.done, ordered.runs)
    return ordered


async def _show(place: "Place", person: str, ordered: "Ordered", *, as_json: bool) -> None:
    sheet = await place.lab.get_sheet(person, ordered.id)
    if as_json:
        print_json({**_told(ordered), "sheet": sheet or None})
        return
    columns = [say(f"cli.trial.column.{name}") for name in _COLUMNS]
    print_fields(dict(zip(columns, _row(ordered), strict=True)))
    if ordered.reason:
        print_line(say_reason(ordered.reason, ordered.facts))
    if sheet:
        _print_sheet(sheet)


def _print_sheet(sheet: Mapping[str, Any]) -> None:
    from drawbridge.core.markets import currencies_of
    from drawbridge.entrypoints.cli.figures import print_groups, print_search
    from drawbridge.statistics.telling import groups_of, values_from

    for caution in sheet.get("cautions", ()):
        print_hint(say_reason(caution["code"], caution["facts"]))
    if sheet.get("search"):
        print_line()
        print_search(sheet["search"])
    quote = currencies_of(sheet["market"])[1]
    print_groups(groups_of(values_from(sheet["values"]), quote))


def _row(ordered: "Ordered") -> list[str]:
    from drawbridge.wording.formats import moment

    wish = ordered.wish
    chosen = " ".join(f"{name}={value}" for name, value in wish.settings.items())
    return [
        f"{wish.strategy} {chosen}".rstrip(),
        or_dash(wish.candles),
        say(f"lab.status.{ordered.status.value}"),
        say("lab.done_of", done=ordered.done, runs=ordered.runs),
        moment(ordered.created_ms),
        ordered.id,
    ]


def _told(ordered: "Ordered") -> dict[str, object]:
    return {
        "id": ordered.id,
        "wish": ordered.wish.told(),
        "status": ordered.status,
        "done": ordered.done,
        "runs": ordered.runs,
        "reason": ordered.reason,
        "facts": ordered.facts,
        "created_ms": ordered.created_ms,
        "changed_ms": ordered.changed_ms,
    }
