"""The command `up`: everything of one machine, until Ctrl-C."""

import dataclasses
from typing import Annotated

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, settings_for
from drawbridge.wording.say import say

_PORTS = range(1, 65_536)


def up(
    *,
    with_paper: Annotated[
        bool, typer.Option("--with-paper", help=say("cli.up.with_paper"))
    ] = False,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help=say("cli.up.workers"))] = 1,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help=say("cli.up.port"))
    ] = None,
    data: Data = None,
) -> None:
    """Start the gateway, the pages and, if wished, the paper exchange."""
    from drawbridge.app.up import become

    settings = settings_for(data)
    if port is not None:
        if port not in _PORTS:
            raise BadInput("bad_port", field="port")
        settings = dataclasses.replace(settings, port=port)
    become(settings, with_paper=with_paper, workers=workers)
