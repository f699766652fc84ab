"""Linking a Telegram chat without a browser, and ending the link."""

from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.errors import NotProven
from drawbridge.core.secret import Secret
from tests.kit.command_line import CommandLine

CHAT = 4_242


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


def add_owner(line: CommandLine) -> str:
    async def work(house: House) -> str:
        await house.telegram.tell_bot_name("drawbridge_test_bot")
        return (await house.accounts.create_owner("Ann", Secret("seven quiet herons"))).id

    return line.house(work)


def test_without_an_owner_there_is_nothing_to_link(line: CommandLine) -> None:
    code, told = line.refused("owner", "telegram")
    assert code != 0
    assert told["code"]


def test_a_code_is_shown_with_its_address_and_the_one_before_ends(line: CommandLine) -> None:
    owner = add_owner(line)
    first = line.told("owner", "telegram")
    second = line.told("owner", "telegram")
    assert second["address"] == f"https://t.me/drawbridge_test_bot?start={second['code']}"

    async def link(house: House) -> str:
        with pytest.raises(NotProven, match="link_code_wrong"):
            await house.telegram.link(first["code"], CHAT, "Ann")
        return (await house.telegram.link(second["code"], CHAT, "Ann of Telegram")).id

    assert line.house(link) == owner
    code, out, err = line.on_data("owner", "telegram")
    assert code == 0
    assert "/start " in out
    assert "Ann of Telegram" in out + err


def test_a_link_is_ended_once(line: CommandLine) -> None:
    add_owner(line)
    code = line.told("owner", "telegram")["code"]
    line.house(lambda house: house.telegram.link(code, CHAT, "Ann"))
    assert line.told("owner", "telegram", "--unlink") == {"unlinked": True}
    assert line.told("owner", "telegram", "--unlink") == {"unlinked": False}
    assert line.on_data("owner", "telegram", "--unlink")[1] == "No chat is linked.\n"
