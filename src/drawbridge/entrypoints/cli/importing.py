"""The command that brings in keys from another program's file, or writes a copy without secrets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, NoWait, Owner, Proving, Yes
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.build import House


def bring_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("cli.import.file"))],
    *,
    exchange: Annotated[
        str, typer.Option("--exchange", metavar="ID", help=say("cli.import.exchange"))
    ] = "",
    venue: Annotated[
        str, typer.Option("--venue", metavar="VENUE", help=say("cli.option.venue"))
    ] = "live",
    look: Annotated[bool, typer.Option("--look", help=say("cli.import.look"))] = False,
    copy: Annotated[
        Path | None, typer.Option("--copy", metavar="NEW_FILE", help=say("cli.import.copy"))
    ] = None,
    may: Annotated[
        str,
        typer.Option("--may", metavar="RIGHTS", help=say("cli.import.may"), show_default=False),
    ] = "read",
    pair: Annotated[
        list[str] | None, typer.Option("--pair", metavar="PAIR", help=say("cli.import.pair"))
    ] = None,
    proof: Proving = "order",
    yes: Yes = False,
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what a file holds, bring in what is new, and write a copy if one is wished for."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of
    from drawbridge.entrypoints.cli.importing_steps import Steps, Wanted
    from drawbridge.entrypoints.cli.options import read_list
    from drawbridge.entrypoints.cli.remote_choice import stay_here
    from drawbridge.virtual_keys.wishes import Wish

    # Before a file with secrets is opened that could not be brought in.
    stay_here(data)
    wish = Wish(scopes=read_list(may), pairs=tuple(pair or ()))
    wanted = Wanted(file, exchange.strip().lower(), venue, proof, wait=not no_wait)

    async def work(house: "House") -> int:
        steps = Steps(house, await owner_of(house, owner), wanted, as_json=json)
        if look:
            return await steps.show()
        with steps.kept_place(copy):
            return await steps.bring_in(wish if copy else None, yes=yes)

    raise typer.Exit(in_house(data, work))
