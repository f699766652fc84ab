"""Commands about robots: create, list, start, stop, status, delete."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli import robot_plans, strategies
from drawbridge.entrypoints.cli.options import Data, Json, NoWait, Owner, RiskFree
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.entrypoints.cli.robot_words import (
    COLUMNS,
    RobotName,
    print_accounts,
    print_foreign,
    print_orders,
    print_resting,
    print_robot,
    row_of,
    told_order,
    told_robot,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.robots.model import Robot
    from drawbridge.statistics.service import Report

app = typer.Typer(help=say("cli.robot.help"), no_args_is_help=True)
app.command("strategies", help=say("cli.robot.strategies.help"))(strategies.list_strategies)
app.command("create", help=say("cli.robot.create.help"))(robot_plans.create)
app.add_typer(robot_plans.accounts, name="account")
app.command("check", help=say("cli.robot.check.help"))(strategies.check)


@app.command("list", help=say("cli.robot.list.help"))
def list_robots(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the robots with their status."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        robots = await place.robots.list_robots(await owner_of(place, owner))
        if json:
            print_json([told_robot(robot) for robot in robots])
        elif not robots:
            print_line(say("cli.robot.none"))
        else:
            columns = [say(f"cli.robot.column.{name}") for name in COLUMNS]
            print_table(columns, [row_of(robot) for robot in robots])

    in_place(data, work)


@app.command(help=say("cli.robot.start.help"))
def start(
    robot: RobotName,
    *,
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Start a robot."""
    _wish(robot, owner, data, lambda place: place.robots.start, _Manner(not no_wait, json))


@app.command(help=say("cli.robot.stop.help"))
def stop(
    robot: RobotName,
    *,
    close: Annotated[
        str,
        typer.Option("--close", metavar="market|limit|keep", help=say("cli.robot.stop.close")),
    ] = "",
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Stop a robot in the way that was chosen when it was made, or in another one this once."""
    from drawbridge.robots.wishes import read_on_stop

    on_stop = read_on_stop(close) if close else None

    def choose(place: "Place") -> Change:
        return partial(place.robots.stop, on_stop=on_stop)

    _wish(robot, owner, data, choose, _Manner(not no_wait, json))


@app.command(help=say("cli.robot.status.help"))
def status(
    robot: RobotName,
    *,
    risk_free: RiskFree = "0",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show a robot, what it holds, and its figures."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of, robot_named
    from drawbridge.statistics.ratios import read_rate

    rate = read_rate(risk_free)

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await robot_named(place, person, robot)
        report = await _report(place, person, found, rate)
        decisions = await place.robots.list_decisions(person, found.id)
        orders = await place.orders.unsettled_of(found.origin)
        foreign = await place.robots.list_foreign_orders(person, found.id)
        if json:
            from drawbridge.app.reports import is_simulated
            from drawbridge.entrypoints.cli.figures import told_report

            print_json(
                {
                    **told_robot(found),
                    "simulated": is_simulated(found),
                    "position": report.position,
                    **told_report(report),
                    "open_orders": [told_order(order) for order in orders],
                    "foreign_orders": foreign,
                    "decisions": decisions,
                    "fills": report.fills,
                }
            )
            return
        labels = {str(key.id): key.label for key in await place.vault.list_keys(person)}
        print_robot(found, f"{or_dash(report.position.quantity)} {found.plan.base}")
        print_accounts(found, labels)
        print_orders(orders, labels)
        print_resting(found, len(orders))
        print_foreign(foreign, labels)
        _print_figures(found, report)

    in_place(data, work)


@app.command(help=say("cli.robot.delete.help"))
def delete(robot: RobotName, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Delete a stopped robot; its orders stay on record."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of, robot_named

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await robot_named(place, person, robot)
        await place.robots.delete(person, found.id)
        if json:
            print_json({"id": found.id, "deleted": True})
        else:
            print_line(say("cli.robot.delete.done", name=found.name))

    in_place(data, work)


Change = Callable[[str, str], Awaitable["Robot"]]


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a command behaves: whether it waits for its wish to come true, and how it prints."""

    wait: bool
    as_json: bool


def _wish(
    name: str,
    owner: str,
    data: Path | None,
    choose: Callable[["Place"], Change],
    manner: _Manner,
) -> None:
    from drawbridge.entrypoints.cli.house import in_place, owner_of, robot_named

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await robot_named(place, person, name)
        robot = await choose(place)(person, found.id)
        if manner.wait:
            robot = await _settled(place, robot)
        if manner.as_json:
            print_json(told_robot(robot))
            return
        status = say(f"robots.status.{robot.status.value}")
        print_line(say("cli.robot.changed", name=robot.name, status=status))
        if robot.reason:
            print_line(say_reason(robot.reason, robot.facts))

    in_place(data, work)


async def _settled(place: "Place", robot: "Robot") -> "Robot":
    """Wait until the runner has taken the wish up; what it waits for is told meanwhile."""
    from drawbridge.entrypoints.cli.house import has_gateway, looks
    from drawbridge.robots.model import RobotStatus

    moving = {RobotStatus.STARTING, RobotStatus.STOPPING}
    if not await has_gateway(place):
        print_hint(say("cli.robot.no_gateway"))
        return robot
    told = ""
    async for _ in looks(place, _LONGEST_S):
        robot = await place.robots.get_robot(robot.owner, robot.id)
        if robot.status not in moving:
            return robot
        if robot.reason and robot.reason != told:
            told = robot.reason
            print_hint(say_reason(robot.reason, robot.facts))
    print_hint(say("cli.robot.still_moving"))
    return robot


async def _report(place: "Place", person: str, robot: "Robot", rate: Decimal) -> "Report":
    from drawbridge.app.reports import ground_of

    ground = ground_of(robot, await place.robots.list_candles(person, robot.id), rate)
    return await place.statistics.report(robot.origin, ground)


_LONGEST_S = 60


def _print_figures(robot: "Robot", report: "Report") -> None:
    from drawbridge.app.reports import is_simulated
    from drawbridge.entrypoints.cli.figures import print_report

    if is_simulated(robot):
        print_line(say("figures.simulated"))
    print_report(report, robot.plan.quote)
