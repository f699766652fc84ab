"""Serving assistants on standard input and output."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from drawbridge.app.remotes import mean_this_machine
from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Owner
from drawbridge.entrypoints.cli.remote_choice import stay_here
from drawbridge.wording.say import say


def mcp(
    *,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help=say("cli.mcp.token_file")),
    ] = None,
    owner: Owner = "",
    data: Data = None,
) -> None:
    """Serve until the assistant goes; with a token it may propose, and never acts itself."""
    stay_here(data)
    # Each question of the assistant starts a command, which must not ask somebody else.
    mean_this_machine()
    if find_spec("mcp") is None:
        raise BadInput("mcp_not_installed")
    from drawbridge.entrypoints.mcp.server import build_server

    build_server(data, owner, token_file).run("stdio")
