"""Replacing a key from the command line, without a gateway and with one."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawbridge.app.build import open_house
from tests.kit.command_line import CommandLine
from tests.kit.house import Town, add_key, create_owner, enabled, found_town, until
from tests.kit.processes import drawbridge

_NEW = json.dumps({"api_key": "n" * 64, "api_secret": "m" * 64})


@pytest.fixture
def line(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    line = CommandLine(tmp_path_factory.mktemp("data"), capsys)
    line.furnish()
    line.add_key("Main")
    return line


def test_what_is_not_being_replaced_is_told_as_such(line: CommandLine) -> None:
    assert line.refused("key", "replacement", "Main")[1]["code"] == "no_replacement"
    assert line.refused("key", "replacement", "Other")[1]["code"] == "unknown_key"
    refused = line.refused("key", "replacement", "Main", "--do", "nothing")
    assert refused[1]["code"] == "bad_replacement_act"


def test_a_new_key_is_taken_in_shown_and_given_up(line: CommandLine) -> None:
    done = line.given(_NEW, "key", "replace", "Main", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["label"], told["state"], told["acts"]) == ("Main", "checking", ["give_up"])
    assert told["other_public_key"] == "n" * 64
    assert "m" * 64 not in done.stdout + done.stderr
    shown = line.told("key", "list")
    assert [key["label"] for key in shown] == ["Main"]
    assert line.refused("key", "delete", "Main", "--yes")[1]["code"] == "key_being_replaced"
    code, out, _ = line.on_data("key", "replacement", "Main", "--do", "give_up")
    assert code == 0
    assert "given up" in out
    assert line.told("key", "delete", "Main", "--yes")["deleted"]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with found_town(tmp_path) as found:
        yield found


async def _has_good_key(town: Town) -> str:
    async with open_house(town.settings) as house:
        key = await add_key(house, town, await create_owner(house), "binance")
        await enabled(house, key.id)
        return key.public_key


def test_what_fails_leaves_the_key_and_another_account_waits_for_a_word(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scenarios 39 and 40, with a gateway and a paper exchange."""
    town.gateway()
    old = asyncio.run(_has_good_key(town))
    line = CommandLine(town.settings.data, capsys)
    new, other = (
        town.paper.key("binance", "read,trade_spot", "--account", "somebody else") for _ in range(2)
    )
    wrong = {"api_key": new["api_key"], "api_secret": other["api_secret"]}
    failed = _replaced(town, wrong)
    assert (failed.returncode, json.loads(failed.stdout)["state"]) == (5, "failed")
    assert line.told("key", "show", "Binance #1")["key"] == old

    asked = json.loads(_replaced(town, {**new}).stdout)
    assert (asked["state"], asked["reason"]) == ("asking", "replacement_other_account")
    assert line.told("key", "show", "Binance #1")["key"] == old
    line.told("key", "replacement", "Binance #1", "--do", "confirm")

    async def is_switched() -> bool:
        return await _public_key(town) == new["api_key"]

    asyncio.run(until(is_switched, "the new key is in place"))


def _replaced(town: Town, fields: dict[str, str]) -> subprocess.CompletedProcess[str]:
    given = json.dumps({name: fields[name] for name in ("api_key", "api_secret")})
    return drawbridge(
        *("key", "replace", "Binance #1", "--json"),
        given=given,
        environment=town.settings.environment(),
    )


async def _public_key(town: Town) -> str:
    async with open_house(town.settings) as house:
        owner = (await house.accounts.list_owners())[0].id
        [key] = await house.vault.list_keys(owner)
        return key.public_key
