"""Commands that say what a robot is to do, and on which accounts: create, account add, remove."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import (
    Data,
    Json,
    Owner,
    Setting,
    StrategyName,
    read_pairs,
    settings_for,
)
from drawbridge.entrypoints.cli.output import print_json, print_line
from drawbridge.entrypoints.cli.robot_words import RobotName, told_robot
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place

accounts = typer.Typer(help=say("cli.robot.account.help"), no_args_is_help=True)

Key = Annotated[str, typer.Option("--key", metavar="KEY", help=say("cli.robot.account.key"))]
Keys = Annotated[
    list[str], typer.Option("--key", metavar="KEY[=N]", help=say("cli.robot.create.key"))
]
Market = Annotated[
    str, typer.Option("--market", metavar="SYMBOL", help=say("cli.robot.create.market"))
]
Amount = Annotated[str, typer.Option("--amount", metavar="N", help=say("cli.robot.create.amount"))]
Guards = Annotated[
    list[str] | None,
    typer.Option("--guard", metavar="NAME=N", help=say("cli.robot.create.guard")),
]
Confirm = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm", metavar="STRATEGY[:NAME=N,NAME=N]", help=say("cli.robot.create.confirm")
    ),
]
Direction = Annotated[
    str,
    typer.Option("--direction", metavar="long|short|both", help=say("cli.robot.create.direction")),
]
Trigger = Annotated[
    str,
    typer.Option("--trigger", metavar="candle|tick|signal", help=say("cli.robot.create.trigger")),
]
Interval = Annotated[
    str, typer.Option("--interval", metavar="SPAN", help=say("cli.robot.create.interval"))
]
OnStop = Annotated[
    str,
    typer.Option("--on-stop", metavar="market|limit|keep", help=say("cli.robot.create.on_stop")),
]
Join = Annotated[bool, typer.Option("--join", help=say("cli.robot.create.join"))]
Ask = Annotated[bool, typer.Option("--ask", help=say("cli.robot.create.ask"))]
Name = Annotated[str, typer.Option("--name", help=say("cli.robot.create.name"))]


def create(
    *,
    key: Keys,
    market: Market,
    amount: Amount,
    strategy: StrategyName = "ema_cross",
    setting: Setting = None,
    guard: Guards = None,
    confirm: Confirm = None,
    direction: Direction = "long",
    trigger: Trigger = "candle",
    interval: Interval = "1m",
    on_stop: OnStop = "market",
    join: Join = False,
    ask: Ask = False,
    name: Name = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a robot, stopped."""
    from drawbridge.app.own_strategies import own_strategies_of
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.remote_choice import chosen_remote
    from drawbridge.robots.wishes import Wish

    settings, guards = read_pairs(setting or [], "set"), read_pairs(guard or [], "guard")
    confirming = read_confirmations(confirm or [])

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        first, *more = await _keys_of(place, person, key)
        wish = Wish(
            key_id=first[0],
            symbol=market,
            amount=first[1] or amount,
            also_on={key_id: own or amount for key_id, own in more},
            strategy=strategy,
            interval=interval,
            settings={**settings},
            guards={**guards},
            confirm=confirming,
            direction=direction,
            trigger=trigger,
            on_stop=on_stop,
            joins=join,
            asks=ask,
            name=name,
        )
        robot = await place.robots.create(person, wish)
        if json:
            print_json(told_robot(robot))
        else:
            print_line(say("cli.robot.create.done", name=robot.name))

    # Elsewhere a robot's own strategy is found where it will run.
    here = chosen_remote(data) is None
    with own_strategies_of(settings_for(data)) if here else nullcontext():
        in_place(data, work)


@accounts.command("add", help=say("cli.robot.account.add.help"))
def add_account(
    robot: RobotName,
    *,
    key: Key,
    amount: Annotated[
        str, typer.Option("--amount", metavar="N", help=say("cli.robot.account.amount"))
    ] = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Let a robot trade on one account more."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of, robot_named

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await robot_named(place, person, robot)
        chosen = await key_named(place, person, key)
        changed = await place.robots.add_account(person, found.id, chosen.id, amount)
        if json:
            print_json(told_robot(changed))
        else:
            print_line(say("cli.robot.account.add.done", name=found.name, key=chosen.label))

    in_place(data, work)


@accounts.command("remove", help=say("cli.robot.account.remove.help"))
def remove_account(
    robot: RobotName, *, key: Key, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Take an account off a robot."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of, robot_named

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await robot_named(place, person, robot)
        chosen = await key_named(place, person, key)
        changed = await place.robots.remove_account(person, found.id, chosen.id)
        if json:
            print_json(told_robot(changed))
        else:
            print_line(say("cli.robot.account.remove.done", name=found.name, key=chosen.label))

    in_place(data, work)


def read_confirmations(texts: list[str]) -> dict[str, Mapping[str, object]]:
    """Read `strategy:name=n,name=n`, each strategy once. Raises: `BadInput("pair_twice")`."""
    found: dict[str, Mapping[str, object]] = {}
    for text in texts:
        strategy, _, pairs = text.partition(":")
        name = strategy.strip()
        if name in found:
            raise BadInput("pair_twice", field="confirm", name=name)
        found[name] = {**read_pairs([it for it in pairs.split(",") if it.strip()], "confirm")}
    return found


async def _keys_of(place: "Place", person: str, texts: list[str]) -> list[tuple[str, str]]:
    """Give each key's id with its own amount, empty where none was named.

    Raises: `BadInput("key_twice")`, `NotFound("unknown_key")`.
    """
    from drawbridge.entrypoints.cli.house import key_named

    found: dict[str, str] = {}
    labels = {key.label for key in await place.vault.list_keys(person)}
    for text in texts:
        # A key's name may have an equals sign in it.
        name, _, amount = (text, "", "") if text in labels else text.rpartition("=")
        key_id = (await key_named(place, person, name or amount)).id
        if key_id in found:
            raise BadInput("key_twice", field="key")
        found[key_id] = amount if name else ""
    return list(found.items())
