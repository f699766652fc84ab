"""Trials of the lab: order a backtest or a search, watch it, read its sheet."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, JsonValue

from drawbridge.entrypoints.api.caller import Reader, RobotKeeper
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Asked,
    Facts,
    Moment,
    Name,
    Reason,
    Settings,
    Text,
    Told,
    read_settings,
    tell_facts,
    tell_reason,
)
from drawbridge.lab.model import AS_STORED, TrialStatus, TrialWish
from drawbridge.lab.store import Ordered
from drawbridge.robots.search.manner import Method, Objective

router = APIRouter(tags=["trials"])

TrialPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["trial_4f7q2mabcdefghij"])]


class TrialAsked(Asked):
    """A trial. `vary` makes a search of it: the name of a setting, and what to try for it.

    `terms` say what it trades with (`amount`, `cash`, `fee`, …); what is left out is as usual.
    """

    candles: Name = Field("BTC-USD", description="A recording, or a name of the candle store.")
    interval: Name = AS_STORED
    last: Text = Field("", description="How many of the newest candles; empty for all.")
    strategy: Name = "ema_cross"
    settings: Settings = Field(default_factory=dict)
    guards: Settings = Field(default_factory=dict)
    terms: Settings = Field(default_factory=dict)
    vary: Annotated[dict[Text, Text], Field(max_length=20)] = Field(default_factory=dict)
    method: Method = Field(Method.GRID, strict=False)
    objective: Objective = Field(Objective.SHARPE, strict=False)
    tries: Text = "200"
    folds: Text = "4"
    out_of_sample: Text = "0.3"

    def read(self) -> TrialWish:
        """Give it as forms and command lines give it."""
        return TrialWish(
            candles=self.candles,
            interval=self.interval,
            last=self.last,
            strategy=self.strategy,
            settings=read_settings(self.settings),
            guards=read_settings(self.guards),
            terms=read_settings(self.terms),
            vary=self.vary,
            method=self.method,
            objective=self.objective,
            tries=self.tries,
            folds=self.folds,
            out_of_sample=self.out_of_sample,
        )


class TrialTold(Told):
    """A trial as it stands: so many of so many `runs` are `done`."""

    id: str
    wish: Facts
    status: TrialStatus
    done: int
    runs: int
    reason: Reason | None
    created_ms: Moment
    changed_ms: Moment


class Sheet(Told):
    """What came of a trial; null while nothing did."""

    trial_id: str
    status: TrialStatus
    sheet: dict[str, JsonValue] | None


class CandleSource(Told):
    """Candles that a trial can be run on, by the name that `candles` of a trial takes."""

    name: str


@router.get("/candles")
async def list_candle_sources(caller: Reader, paging: AskedPage) -> Page[CandleSource]:
    """List the recordings and the stored candles."""
    names = await asyncio.to_thread(caller.house.lab.shelf.names)
    return cut(names, paging, lambda it: CandleSource(name=it), str)


@router.get("/trials")
async def list_trials(caller: Reader, paging: AskedPage) -> Page[TrialTold]:
    """List the trials, newest first."""
    return cut(
        await caller.house.lab.list_trials(caller.owner), paging, _tell_trial, lambda it: it.id
    )


@router.post("/trials", status_code=202)
async def order_trial(caller: RobotKeeper, wish: TrialAsked) -> TrialTold:
    """Order a backtest, or with `vary` a search."""
    return _tell_trial(await caller.house.lab.order(caller.owner, wish.read()))


@router.get("/trials/{trial}")
async def get_trial(caller: Reader, trial: TrialPath) -> TrialTold:
    """Give one trial; while it is under way, look again."""
    return _tell_trial(await caller.house.lab.get_trial(caller.owner, trial))


@router.get("/trials/{trial}/sheet")
async def get_sheet(caller: Reader, trial: TrialPath) -> Sheet:
    """Give what came of a trial: figures, equity, trades."""
    found = await caller.house.lab.get_trial(caller.owner, trial)
    sheet = await caller.house.lab.get_sheet(caller.owner, trial)
    told = tell_facts(sheet) if sheet else None
    return Sheet(trial_id=found.id, status=found.status, sheet=told)


@router.post("/trials/{trial}/stop")
async def stop_trial(caller: RobotKeeper, trial: TrialPath) -> TrialTold:
    """Stop a trial; one that has ended stays as it is."""
    await caller.house.lab.stop(caller.owner, trial)
    return _tell_trial(await caller.house.lab.get_trial(caller.owner, trial))


@router.delete("/trials/{trial}", status_code=204)
async def delete_trial(caller: RobotKeeper, trial: TrialPath) -> None:
    """Delete a trial; one under way is stopped by that."""
    await caller.house.lab.delete(caller.owner, trial)


def _tell_trial(ordered: Ordered) -> TrialTold:
    return TrialTold(
        id=ordered.id,
        wish=tell_facts(ordered.wish.told()),
        status=ordered.status,
        done=ordered.done,
        runs=ordered.runs,
        reason=tell_reason(ordered.reason, ordered.facts),
        created_ms=ordered.created_ms,
        changed_ms=ordered.changed_ms,
    )
