"""Commands about the audit log."""

from typing import TYPE_CHECKING

import typer

from drawbridge.entrypoints.cli.options import Data, Json
from drawbridge.entrypoints.cli.output import print_json, print_line
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.build import House

app = typer.Typer(help=say("cli.audit.help"), no_args_is_help=True)


@app.callback()
def begin() -> None:
    """Keep this a group, so that its one command is called by its name."""


@app.command(help=say("cli.audit.verify.help"))
def verify(*, data: Data = None, json: Json = False) -> None:
    """Follow the chain of hashes from the first event to the last."""
    from drawbridge.audit.store import verify as follow
    from drawbridge.entrypoints.cli.house import in_house

    async def work(house: "House") -> None:
        verified = await follow(house.database)
        if json:
            print_json({"events": verified.count, "head": verified.head.hex()})
        else:
            print_line(say("cli.audit.whole", count=verified.count))
            print_line(say("cli.audit.head", head=verified.head.hex()))

    in_house(data, work)
