"""A server of the Model Context Protocol on standard input and output: tools that read or propose.

Each tool is a command of the command line with `--json`, in a process of its own: an assistant is
told what a script is told, in the same words. No tool acts: with a token some write a question
that a person answers elsewhere. None can name an option: what an assistant writes is read by us
as a name and by nobody as a command.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from drawbridge.wording.say import say

_COMMANDS: Final = "drawbridge.entrypoints.cli.main"
_READS: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
# It changes nothing but the list of questions, and the same question is asked once.
_PROPOSES: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_WITHIN_S: Final = 60
_MOST_TEXT: Final = 100

Name = Annotated[str, Field(max_length=_MOST_TEXT)]
_Tool = Callable[..., Awaitable[str]]


def build_server(data: Path | None, owner: str, token_file: Path | None = None) -> MCPServer:
    """Build the server over a data folder, for one owner; only with a token it can propose."""
    house, desk = _House(data, owner), _Desk(data, token_file)
    server = MCPServer(
        "drawbridge", instructions=say("mcp.instructions"), version=version("drawbridge")
    )
    reads: tuple[_Tool, ...] = (
        *(house.list_keys, house.account_worth, house.account_performance, house.list_robots),
        *(house.robot_status, house.list_strategies, house.exchange_guide, house.list_limits),
        *(house.list_notices, house.verify_audit),
    )
    proposes: tuple[_Tool, ...] = (
        *(desk.propose_start_robot, desk.propose_stop_robot),
        *(desk.propose_stop_everything, desk.propose_check_key),
    )
    for tool, annotations in (
        *((it, _READS) for it in (*reads, desk.proposal)),
        *((it, _PROPOSES) for it in proposes),
    ):
        name = tool.__name__
        server.add_tool(
            tool,
            name=name,
            title=say(f"mcp.tool.{name}.title"),
            description=say(f"mcp.tool.{name}.what"),
            annotations=annotations,
            structured_output=False,
        )
    return server


class _House:
    """The commands that read, as tools."""

    def __init__(self, data: Path | None, owner: str) -> None:
        folder = () if data is None else ("--data", str(data))
        self._own = (*folder, *(("--owner", owner) if owner else ()))
        self._folder = folder

    async def list_keys(self) -> str:
        return await _told("key", "list", *self._own)

    async def account_worth(self, key: Name, currency: Name = "") -> str:
        wished = ("--currency", currency) if currency else ()
        return await _told("key", "show", *wished, *self._own, "--", key)

    async def account_performance(self, key: Name) -> str:
        return await _told("key", "stats", *self._own, "--", key)

    async def list_robots(self) -> str:
        return await _told("robot", "list", *self._own)

    async def robot_status(self, robot: Name) -> str:
        return await _told("robot", "status", *self._own, "--", robot)

    async def list_strategies(self) -> str:
        return await _told("robot", "strategies")

    async def exchange_guide(self, exchange: Name = "", *, reading_only: bool = False) -> str:
        purpose = ("--purpose", "reading" if reading_only else "trading")
        return await _told("guide", *purpose, *(("--", exchange) if exchange else ()))

    async def list_limits(self) -> str:
        return await _told("limit", "list", *self._own)

    async def list_notices(self) -> str:
        return await _told("notice", "list", *self._own)

    async def verify_audit(self) -> str:
        return await _told("audit", "verify", *self._folder)


class _Desk:
    """The commands that ask a person for something, as tools."""

    def __init__(self, data: Path | None, token_file: Path | None) -> None:
        folder = () if data is None else ("--data", str(data))
        self._token_file = token_file
        self._own = (*folder, *(("--token-file", str(token_file)) if token_file else ()))

    async def propose_start_robot(self, robot: Name) -> str:
        return await self._propose("start-robot", robot)

    async def propose_stop_robot(self, robot: Name) -> str:
        return await self._propose("stop-robot", robot)

    async def propose_stop_everything(self) -> str:
        return await self._propose("stop-everything")

    async def propose_check_key(self, key: Name) -> str:
        return await self._propose("check-key", key)

    async def proposal(self, proposal: Name) -> str:
        self._check()
        return await _told("approval", "show", *self._own, "--", proposal)

    async def _propose(self, act: str, *names: str) -> str:
        self._check()
        return await _told("approval", "propose", *self._own, "--", act, *names)

    def _check(self) -> None:
        # Asked at every call, because a token may be revoked or end at any time.
        if self._token_file is None:
            raise ToolError(say("mcp.no_token"))


async def _told(*arguments: str) -> str:
    """Run a command and give the JSON that it prints; its error is the tool's error."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    line = (*arguments[:at], "--json", *arguments[at:])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", _COMMANDS, *line),
        # Ours carries the protocol: a command that read from it would swallow a message.
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            out, err = await process.communicate()
    except TimeoutError:
        raise ToolError(say("mcp.too_slow")) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise ToolError(_sentence(err))
    return out.decode()


def _sentence(err: bytes) -> str:
    try:
        told: dict[str, Any] = json.loads(err)
    except ValueError:
        return say("mcp.failed")
    return f"{told['message']} ({told['code']})"
