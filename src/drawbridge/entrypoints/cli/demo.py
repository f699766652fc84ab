"""The command `demo`: the newcomer's whole way without a browser, printed step by step.

Nothing is made up: a paper exchange and a gateway run as processes of their own, and what is
printed is read from the rows and answers of real use. Everything is thrown away at the end,
unless a folder is named.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.cli.options import Json
from drawbridge.entrypoints.cli.output import print_json
from drawbridge.wording.say import say


def demo(
    *,
    exchange: Annotated[
        str, typer.Option("--exchange", metavar="ID", help=say("cli.option.exchange"))
    ] = "",
    amount: Annotated[
        str, typer.Option("--amount", metavar="N", help=say("cli.robot.create.amount"))
    ] = "1000",
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help=say("cli.demo.data"))
    ] = None,
    json: Json = False,
) -> None:
    """Show the whole way on a paper exchange, from a key to a robot's filled order."""
    from tempfile import TemporaryDirectory

    from drawbridge.core.money import parse_positive
    from drawbridge.entrypoints.cli.remote_choice import stay_here
    from drawbridge.entrypoints.cli.showing import Showing
    from drawbridge.entrypoints.paper_server.hosting import papered

    stay_here(data)
    parse_positive(amount.strip(), "amount")
    ids = [it.id for it in papered()]
    chosen = exchange.strip().lower() or ids[0]
    if chosen not in ids:
        raise NotFound("unknown_exchange", field="exchange", exchange=chosen[:40])
    with TemporaryDirectory(prefix="drawbridge-demo-") as folder:
        place = data.expanduser().absolute() if data else Path(folder)
        showing = Showing(place, chosen, amount.strip(), quiet=json)
        told = asyncio.run(showing.run())
    if json:
        print_json(told)
