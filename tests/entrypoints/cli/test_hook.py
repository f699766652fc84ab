"""A robot's hook from the command line."""

import json
from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.robots.wishes import Wish
from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    owner = made.furnish()
    key = made.add_key("Alice")

    async def robot(house: House) -> None:
        wish = Wish(key, "BTC/USDT", "100", name="Anchor", trigger="signal")
        await house.robots.create(owner, wish)

    made.house(robot)
    return made


@pytest.mark.parametrize(
    ("arguments", "code"), [(("Bob",), "unknown_robot"), (("Anchor", "--remove"), "no_hook")]
)
def test_what_is_not_there_has_no_hook(
    line: CommandLine, arguments: tuple[str, ...], code: str
) -> None:
    exit_code, told = line.refused("robot", "hook", *arguments)
    assert (exit_code, told["code"]) == (5, code)


def test_a_hook_is_made_anew_each_time_and_taken_away(line: CommandLine) -> None:
    first, second = (line.told("robot", "hook", "Anchor") for _ in range(2))
    assert first["secret"] != second["secret"]
    assert first["address"] != second["address"]
    assert json.loads(second["message"])["secret"] == second["secret"]
    code, out, err = line.on_data("robot", "hook", "Anchor")
    assert code == 0
    assert "/hooks/hook_" in out
    assert "{{strategy.order.action}}" in out
    assert "one time" in err
    line.told("robot", "hook", "Anchor", "--remove")
    assert line.refused("robot", "hook", "Anchor", "--remove")[1]["code"] == "no_hook"
