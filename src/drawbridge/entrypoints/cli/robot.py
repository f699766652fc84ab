"""Commands about robots: create, list, start, stop, status, delete."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli import strategies
from drawbridge.entrypoints.cli.options import Data, Json, NoWait, Owner, read_pairs
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.robots.model import Robot
    from drawbridge.statistics.service import Report

app = typer.Typer(help=say("cli.robot.help"), no_args_is_help=True)
app.command("strategies", help=say("cli.robot.strategies.help"))(strategies.list_strategies)
app.command("check", help=say("cli.robot.check.help"))(strategies.check)

RobotName = Annotated[str, typer.Argument(metavar="ROBOT", help=say("cli.robot.argument"))]


@app.command(help=say("cli.robot.create.help"))
def create(
    *,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help=say("cli.robot.create.key"))],
    market: Annotated[
        str, typer.Option("--market", metavar="SYMBOL", help=say("cli.robot.create.market"))
    ],
    amount: Annotated[
        str, typer.Option("--amount", metavar="N", help=say("cli.robot.create.amount"))
    ],
    strategy: Annotated[
        str, typer.Option("--strategy", metavar="ID", help=say("cli.option.strategy"))
    ] = "ema_cross",
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=N", help=say("cli.option.set"))
    ] = None,
    interval: Annotated[
        str, typer.Option("--interval", metavar="SPAN", help=say("cli.robot.create.interval"))
    ] = "1m",
    on_stop: Annotated[
        str,
        typer.Option(
            "--on-stop", metavar="market|limit|keep", help=say("cli.robot.create.on_stop")
        ),
    ] = "market",
    join: Annotated[bool, typer.Option("--join", help=say("cli.robot.create.join"))] = False,
    name: Annotated[str, typer.Option("--name", help=say("cli.robot.create.name"))] = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a robot, stopped."""
    from drawbridge.entrypoints.cli.house import in_house, key_named, owner_of
    from drawbridge.robots.wishes import Wish

    settings: dict[str, object] = {**read_pairs(setting or [], "set")}

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        wish = Wish(
            key_id=(await key_named(house, person, key)).id,
            symbol=market,
            amount=amount,
            strategy=strategy,
            interval=interval,
            settings=settings,
            on_stop=on_stop,
            joins=join,
            name=name,
        )
        robot = await house.robots.create(person, wish)
        if json:
            print_json(_told(robot))
        else:
            print_line(say("cli.robot.create.done", name=robot.name))

    in_house(data, work)


@app.command("list", help=say("cli.robot.list.help"))
def list_robots(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the robots with their status."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of

    async def work(house: "House") -> None:
        robots = await house.robots.list_robots(await owner_of(house, owner))
        if json:
            print_json([_told(robot) for robot in robots])
        elif not robots:
            print_line(say("cli.robot.none"))
        else:
            columns = [say(f"cli.robot.column.{name}") for name in _COLUMNS]
            print_table(columns, [_row(robot) for robot in robots])

    in_house(data, work)


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
    _wish(robot, owner, data, lambda house: house.robots.start, _Manner(not no_wait, json))


@app.command(help=say("cli.robot.stop.help"))
def stop(
    robot: RobotName,
    *,
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Stop a robot in the way that was chosen when it was made."""
    _wish(robot, owner, data, lambda house: house.robots.stop, _Manner(not no_wait, json))


@app.command(help=say("cli.robot.status.help"))
def status(robot: RobotName, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Show a robot, what it holds, and its figures."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of, robot_named

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        found = await robot_named(house, person, robot)
        report = await _report(house, person, found)
        decisions = await house.robots.list_decisions(person, found.id)
        if json:
            from drawbridge.app.reports import is_simulated
            from drawbridge.entrypoints.cli.figures import told_report

            print_json(
                {
                    **_told(found),
                    "simulated": is_simulated(found),
                    "position": report.position,
                    **told_report(report),
                    "decisions": decisions,
                    "fills": report.fills,
                }
            )
            return
        _print_status(found, report)

    in_house(data, work)


@app.command(help=say("cli.robot.delete.help"))
def delete(robot: RobotName, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Delete a stopped robot; its orders stay on record."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of, robot_named

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        found = await robot_named(house, person, robot)
        await house.robots.delete(person, found.id)
        if json:
            print_json({"id": found.id, "deleted": True})
        else:
            print_line(say("cli.robot.delete.done", name=found.name))

    in_house(data, work)


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
    choose: Callable[["House"], Change],
    manner: _Manner,
) -> None:
    from drawbridge.entrypoints.cli.house import in_house, owner_of, robot_named

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        found = await robot_named(house, person, name)
        robot = await choose(house)(person, found.id)
        if manner.wait:
            robot = await _settled(house, robot)
        if manner.as_json:
            print_json(_told(robot))
            return
        status = say(f"robots.status.{robot.status.value}")
        print_line(say("cli.robot.changed", name=robot.name, status=status))
        if robot.reason:
            print_line(say_reason(robot.reason, robot.facts))

    in_house(data, work)


async def _settled(house: "House", robot: "Robot") -> "Robot":
    """Wait until the runner has taken the wish up; what it waits for is told meanwhile."""
    from drawbridge.app.gateway_lock import is_gateway_running
    from drawbridge.robots.model import RobotStatus

    moving = {RobotStatus.STARTING, RobotStatus.STOPPING}
    if not is_gateway_running(house.settings.gateway_lock):
        print_hint(say("cli.robot.no_gateway"))
        return robot
    told = ""
    for _ in range(int(_LONGEST_S / _LOOK_EVERY_S)):
        robot = await house.robots.get_robot(robot.owner, robot.id)
        if robot.status not in moving:
            return robot
        if robot.reason and robot.reason != told:
            told = robot.reason
            print_hint(say_reason(robot.reason, robot.facts))
        await asyncio.sleep(_LOOK_EVERY_S)
    print_hint(say("cli.robot.still_moving"))
    return robot


async def _report(house: "House", person: str, robot: "Robot") -> "Report":
    from drawbridge.app.reports import ground_of

    ground = ground_of(robot, await house.robots.list_candles(person, robot.id))
    return await house.statistics.report(robot.origin, ground)


_COLUMNS = ("name", "market", "strategy", "amount", "status", "reason", "id")
_LOOK_EVERY_S = 0.1
_LONGEST_S = 60


def _row(robot: "Robot") -> list[str]:
    plan = robot.plan
    return [
        robot.name,
        f"{plan.exchange} {plan.symbol}",
        f"{plan.strategy} {_settings(robot)}",
        f"{or_dash(plan.amount)} {plan.quote}",
        say(f"robots.status.{robot.status.value}"),
        or_dash(say_reason(robot.reason, robot.facts) if robot.reason else ""),
        robot.id,
    ]


def _settings(robot: "Robot") -> str:
    return " ".join(f"{name}={value}" for name, value in robot.plan.settings.items())


def _told(robot: "Robot") -> dict[str, object]:
    plan = robot.plan
    return {
        "id": robot.id,
        "name": robot.name,
        "key_id": plan.key_id,
        "exchange": plan.exchange,
        "venue": plan.venue,
        "market": plan.symbol,
        "strategy": plan.strategy,
        "settings": plan.settings,
        "interval_ms": plan.interval_ms,
        "amount": plan.amount,
        "on_stop": plan.on_stop,
        "join": plan.joins,
        "status": robot.status,
        "reason": robot.reason,
        "facts": robot.facts,
        "last_candle_ms": robot.last_candle_ms,
    }


def _print_status(robot: "Robot", report: "Report") -> None:
    from drawbridge.app.reports import is_simulated
    from drawbridge.entrypoints.cli.figures import print_report

    plan = robot.plan
    names = [say(f"cli.robot.column.{name}") for name in _COLUMNS]
    fields = dict(zip(names, _row(robot), strict=True))
    fields[say("cli.robot.column.on_stop")] = say(f"robots.on_stop.{plan.on_stop.value}")
    held = f"{or_dash(report.position.quantity)} {plan.base}"
    fields[say("cli.robot.column.held")] = held
    print_fields(fields)
    if is_simulated(robot):
        print_line(say("figures.simulated"))
    print_report(report, plan.quote)
