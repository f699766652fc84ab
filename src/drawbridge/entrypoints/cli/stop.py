"""The stop for everything, and going on: `drawbridge stop`, `drawbridge resume`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place

Everybody = Annotated[bool, typer.Option("--everybody", help=say("cli.stop.everybody"))]


def stop(
    *,
    all_robots: Annotated[
        bool, typer.Option("--all-robots", help=say("cli.stop.all_robots"))
    ] = False,
    cancel_orders: Annotated[
        bool, typer.Option("--cancel-orders", help=say("cli.stop.cancel_orders"))
    ] = False,
    close: Annotated[bool, typer.Option("--close", help=say("cli.stop.close"))] = False,
    everybody: Everybody = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Keep everything from entering, at once; the rest is done in the way that was wished."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of, owners_of
    from drawbridge.trading.limit_store import EVERYBODY

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        of = EVERYBODY if everybody else person
        # The stop first: what robots do while they are stopped may not enter either.
        await place.limits.stop(person, of=of, cancel=cancel_orders)
        stopped: list[str] = []
        if all_robots or close:
            owners = await owners_of(place) if everybody else [person]
            stopped = await _stop_robots(place, owners, close=close)
        if json:
            print_json({"stopped": True, "everybody": everybody, "robots": stopped})
            return
        print_line(say("cli.stop.done"))
        if all_robots or close:
            print_line(say("cli.stop.robots", count=len(stopped)))
        await _hint_without_gateway(place, needed=all_robots or close or cancel_orders)

    in_place(data, work)


def resume(
    *, everybody: Everybody = False, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Let trading go on; robots that were stopped stay so."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.trading.limit_store import EVERYBODY

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        await place.limits.resume(person, of=EVERYBODY if everybody else person)
        if json:
            print_json({"stopped": await place.limits.find_stop(person) is not None})
            return
        print_line(say("cli.resume.done"))
        if await place.limits.find_stop(person):
            print_hint(say("cli.resume.other"))

    in_place(data, work)


async def _stop_robots(place: "Place", owners: Sequence[str], *, close: bool) -> list[str]:
    """Ask every robot that works to stop, and give their names."""
    from drawbridge.robots.model import OnStop, RobotStatus

    on_stop = OnStop.MARKET if close else None
    at_rest = {RobotStatus.STOPPED, RobotStatus.STOPPING}
    stopped = []
    for owner in owners:
        for robot in await place.robots.list_robots(owner):
            if robot.status in at_rest:
                continue
            await place.robots.stop(owner, robot.id, on_stop=on_stop)
            stopped.append(robot.name)
    return stopped


async def _hint_without_gateway(place: "Place", *, needed: bool) -> None:
    from drawbridge.entrypoints.cli.house import has_gateway

    if needed and not await has_gateway(place):
        print_hint(say("cli.stop.no_gateway"))
