"""Checks that are followed from the command line, with a gateway and a paper exchange."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drawbridge.app.build import open_house
from tests.kit.command_line import CommandLine
from tests.kit.house import Town, add_key, create_owner, enabled, found_town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with found_town(tmp_path) as found:
        yield found


async def has_good_key(town: Town) -> None:
    async with open_house(town.settings) as house:
        key = await add_key(house, town, await create_owner(house), "kraken")
        await enabled(house, key.id)


def verified(town: Town, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    line = CommandLine(town.settings.data, capsys)
    code, out, _ = line.on_data("key", "verify", "Kraken #1", "--json")
    told: dict[str, Any] = json.loads(out)
    return code, told


def test_a_check_that_reached_nobody_fails_and_leaves_a_good_key_good(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    town.gateway()
    asyncio.run(has_good_key(town))
    assert verified(town, capsys)[0] == 0

    town.paper.process.stop()
    code, told = verified(town, capsys)

    assert (code, told["status"], told["reason"]) == (7, "enabled", "unreachable")
    assert told["check"][-1]["state"] == "failed"
