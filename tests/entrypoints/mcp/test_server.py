"""The server for assistants, asked by the protocol's own client over standard input and output."""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent

from drawbridge.app.build import open_house
from drawbridge.app.settings import Settings
from drawbridge.core.secret import Secret

SECRET = "s" * 63 + "7"


@asynccontextmanager
async def assistant(data: Path, token_file: Path | None = None) -> AsyncIterator[ClientSession]:
    """Start the server as an assistant does, and greet it."""
    program = ["-m", "drawbridge.entrypoints.cli.main", "mcp", "--data", str(data)]
    if token_file is not None:
        program += ["--token-file", str(token_file)]
    server = StdioServerParameters(command=sys.executable, args=program, env=dict(os.environ))
    async with stdio_client(server) as (reads, writes), ClientSession(reads, writes) as session:
        await session.initialize()
        yield session


async def ask(session: ClientSession, tool: str, **given: object) -> tuple[bool, str]:
    """Call a tool; tell whether it went wrong, and what it said."""
    answer = await session.call_tool(tool, given)
    [said] = answer.content
    assert isinstance(said, TextContent)
    return bool(answer.is_error), said.text


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    async with open_house(Settings(data=tmp_path)) as house:
        await house.accounts.create_owner("Ada", Secret("correct horse battery"))
    return tmp_path


@pytest.mark.parametrize("name", ["--help", "--data", "nobody", "-", "'; drop table keys", "../.."])
async def test_what_an_assistant_writes_is_a_name_and_never_an_option(
    data: Path, name: str
) -> None:
    async with assistant(data) as session:
        wrong, said = await ask(session, "robot_status", robot=name)
        assert wrong
        assert "unknown_robot" in said


async def test_a_name_that_is_too_long_is_refused(data: Path) -> None:
    async with assistant(data) as session:
        wrong, said = await ask(session, "account_worth", key="k" * 101)
        assert wrong
        assert "100" in said


async def test_every_tool_says_what_it_does_and_only_reads_or_proposes(data: Path) -> None:
    async with assistant(data) as session:
        tools = (await session.list_tools()).tools
        assert len(tools) == 15
        for tool in tools:
            assert tool.annotations is not None
            proposes = tool.name.startswith("propose_")
            assert tool.annotations.read_only_hint is not proposes
            assert not tool.annotations.destructive_hint
            assert tool.description


async def test_an_assistant_is_told_what_a_script_is_told(data: Path) -> None:
    async with assistant(data) as session:
        wrong, said = await ask(session, "exchange_guide", exchange="Kraken")
        assert not wrong
        guide: dict[str, Any] = json.loads(said)
        assert guide["exchange"] == "Kraken"
        assert json.loads((await ask(session, "list_keys"))[1]) == []
        assert (await ask(session, "verify_audit"))[0] is False
        told = json.loads((await ask(session, "list_strategies"))[1])
        assert len(told["strategies"]) > 10
