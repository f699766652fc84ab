"""`drawbridge robot hook`: the hook by which signals from outside reach a robot."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.build import House


def hook(
    robot: Annotated[str, typer.Argument(metavar="ROBOT", help=say("cli.robot.argument"))],
    *,
    remove: Annotated[bool, typer.Option("--remove", help=say("cli.robot.hook.remove"))] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a robot's hook anew and show its address, secret and message this one time."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of, robot_named
    from drawbridge.robots.wishes import check_listens
    from drawbridge.trading.hook_message import hook_address, hook_message

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        found = await robot_named(house, person, robot)
        if remove:
            await house.signals.remove_hook(person, found.id)
            if json:
                print_json({"robot": found.id, "removed": True})
            else:
                print_line(say("cli.robot.hook.removed", name=found.name))
            return
        check_listens(found)
        made = await house.signals.make_hook(person, found.id, found.name)
        address = hook_address(house.settings.public_address, made.hook.id)
        secret = made.secret.reveal()
        if json:
            told = {"robot": found.id, "address": address, "secret": secret}
            print_json({**told, "message": hook_message(secret)})
            return
        print_line(say("cli.robot.hook.address", address=address))
        print_line(say("cli.robot.hook.message"))
        print_line(hook_message(secret))
        print_hint(say("cli.robot.hook.once"))

    in_house(data, work)
