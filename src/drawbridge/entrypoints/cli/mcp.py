"""Serving assistants on standard input and output."""

from importlib.util import find_spec

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Owner
from drawbridge.entrypoints.cli.remote_choice import stay_here


def mcp(*, owner: Owner = "", data: Data = None) -> None:
    """Serve until the assistant goes."""
    stay_here(data)
    if find_spec("mcp") is None:
        raise BadInput("mcp_not_installed")
    from drawbridge.entrypoints.mcp.server import build_server

    build_server(data, owner).run("stdio")
