"""Limits of keys and robots, and the stop for everything."""

import contextlib
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from drawbridge.core.errors import Conflict, NotFound
from drawbridge.entrypoints.api.caller import Caller, LimitKeeper, Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Amount,
    Asked,
    Moment,
    Text,
    Told,
    tell_amount,
)
from drawbridge.robots.model import OnStop
from drawbridge.trading.limit_store import EVERYBODY, Limited
from drawbridge.trading.limits import Limits

router = APIRouter(tags=["limits"])

Subject = Annotated[
    str,
    Path(
        max_length=LONGEST_TEXT,
        description="`key:` or `robot:` and its id.",
        examples=["robot:robot_4f7q2mabcdefghij"],
    ),
]


class LimitsTold(Told):
    """The limits of a subject; what is null is not limited.

    `collar` is in percent of the last price, the amounts in the quote currency of what is traded.
    """

    subject: str
    name: str
    position: Amount | None
    day_loss: Amount | None
    open_orders: int | None
    open_value: Amount | None
    collar: Amount | None
    changed_ms: Moment


class LimitsWish(Asked):
    """Limits in place of those there were; what is left out is not limited."""

    position: Text = ""
    day_loss: Text = ""
    open_orders: Text = ""
    open_value: Text = ""
    collar: Text = ""


class StopTold(Told):
    """Whether trading has stopped; `is_everybodys` where whoever runs this machine stopped it."""

    is_stopped: bool
    is_everybodys: bool
    is_cancelling: bool
    since_ms: Moment | None


class TradingStop(Asked):
    """What is to happen besides: cancel open orders, stop the robots, close what they hold."""

    cancel_orders: bool = False
    stop_robots: bool = False
    on_stop: OnStop | None = Field(
        None, strict=False, description="How robots close; null as chosen for each of them."
    )


@router.get("/limits")
async def list_limits(caller: Reader, paging: AskedPage) -> Page[LimitsTold]:
    """List what is limited."""
    found = await caller.house.limits.list_limits(caller.owner)
    return cut(found, paging, _tell_limits, lambda it: it.subject)


@router.put("/limits/{subject}")
async def set_limits(caller: LimitKeeper, subject: Subject, wish: LimitsWish) -> LimitsTold:
    """Limit a key or a robot."""
    name = await _name_of(caller, subject)
    limits = caller.house.limits
    texts: dict[str, str] = wish.model_dump()
    chosen = await limits.set_limits(caller.owner, subject, name, texts)
    for it in await limits.list_limits(caller.owner):
        if it.subject == subject:
            return _tell_limits(it)
    # Nothing is limited any more: that is no row.
    now_ms = caller.house.clock.now_ms()
    return _tell_limits(Limited(subject, caller.owner, name, chosen, now_ms))


@router.delete("/limits/{subject}", status_code=204)
async def clear_limits(caller: LimitKeeper, subject: Subject) -> None:
    """Take all limits off a key or a robot."""
    await caller.house.limits.clear_limits(caller.owner, subject)


@router.get("/stop")
async def get_stop(caller: Reader) -> StopTold:
    """Tell whether trading has stopped."""
    return await _tell_stop(caller)


@router.post("/stop")
async def stop(caller: LimitKeeper, wish: TradingStop | None = None) -> StopTold:
    """Keep everything from entering, at once; closing and reducing stay possible."""
    wish = wish or TradingStop(on_stop=None)
    owner, robots = caller.owner, caller.house.robots
    await caller.house.limits.stop(owner, of=owner, cancel=wish.cancel_orders)
    if wish.stop_robots:
        for robot in await robots.list_robots(owner):
            # The runner may move it at this very moment; the stop keeps it from entering all the
            # same, and it is seen still at work.
            with contextlib.suppress(Conflict):
                await robots.stop(owner, robot.id, on_stop=wish.on_stop)
    return await _tell_stop(caller)


@router.post("/resume")
async def resume(caller: LimitKeeper) -> StopTold:
    """Let trading go on."""
    await caller.house.limits.resume(caller.owner, of=caller.owner)
    return await _tell_stop(caller)


async def _name_of(caller: Caller, subject: str) -> str:
    """Name what is to be limited, once it is the caller's own. Raises: `NotFound`."""
    kind, _, name = subject.partition(":")
    if kind == "key":
        return (await caller.house.vault.get_key(caller.owner, name)).label
    if kind == "robot":
        return (await caller.house.robots.get_robot(caller.owner, name)).name
    raise NotFound("no_limits")


async def _tell_stop(caller: Caller) -> StopTold:
    found = await caller.house.limits.find_stop(caller.owner)
    return StopTold(
        is_stopped=found is not None,
        is_everybodys=found is not None and found.owner == EVERYBODY,
        is_cancelling=found is not None and found.is_cancelling,
        since_ms=found.since_ms if found else None,
    )


def _tell_limits(limited: Limited) -> LimitsTold:
    limits: Limits = limited.limits
    return LimitsTold(
        subject=limited.subject,
        name=limited.name,
        position=tell_amount(limits.position),
        day_loss=tell_amount(limits.day_loss),
        open_orders=limits.open_orders,
        open_value=tell_amount(limits.open_value),
        collar=tell_amount(limits.collar),
        changed_ms=limited.changed_ms,
    )
