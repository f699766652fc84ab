"""Limits and the stop from the command line."""

from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.audit.store import list_events
from drawbridge.audit.tags import Tag
from tests.kit.command_line import CommandLine

ROBOT = ("robot", "create", "--key", "Alice", "--market", "BTC/USDT", "--amount", "100")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    made.add_key("Alice")
    return made


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("--key", "Alice"), "limit_none_given", "position"),
        (("--position", "5"), "limit_of_what", "key"),
        (("--key", "Alice", "--robot", "Bob", "--position", "5"), "limit_of_what", "key"),
        (("--key", "Alice", "--position", "-5"), "not_positive", "position"),
        (("--key", "Alice", "--day-loss", "much"), "not_a_number", "day_loss"),
        (("--key", "Alice", "--open-value", "0"), "not_positive", "open_value"),
        (("--key", "Alice", "--collar", "5%"), "not_a_number", "collar"),
        (("--key", "Alice", "--open-orders", "1.5"), "limit_not_a_count", "open_orders"),
        (("--key", "Alice", "--open-orders", "99999"), "limit_not_a_count", "open_orders"),
    ],
)
def test_a_bad_limit_is_named_and_nothing_is_set(
    line: CommandLine, arguments: tuple[str, ...], code: str, field: str
) -> None:
    exit_code, told = line.refused("limit", "set", *arguments)
    assert exit_code == 2
    assert (told["code"], told["facts"]["field"]) == (code, field)
    assert line.told("limit", "list") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("set", "--key", "Bob", "--position", "5"), "unknown_key"),
        (("set", "--robot", "Bob", "--position", "5"), "unknown_robot"),
        (("clear", "--key", "Alice"), "no_limits"),
    ],
)
def test_what_is_not_there_is_not_limited(
    line: CommandLine, arguments: tuple[str, ...], code: str
) -> None:
    exit_code, told = line.refused("limit", *arguments)
    assert (exit_code, told["code"]) == (5, code)


def test_limits_are_set_one_by_one_and_cleared_together(line: CommandLine) -> None:
    line.told(*ROBOT, "--name", "Anchor")
    line.told("limit", "set", "--key", "Alice", "--position", "1000.50", "--collar", "5")
    line.told("limit", "set", "--key", "Alice", "--day-loss", "20", "--collar", "")
    line.told("limit", "set", "--robot", "Anchor", "--open-orders", "0")
    key, robot = line.told("limit", "list")
    assert key["limits"] == {
        "position": "1000.5",
        "day_loss": "20",
        "open_orders": None,
        "open_value": None,
        "collar": None,
    }
    assert (robot["name"], robot["limits"]["open_orders"]) == ("Anchor", 0)
    code, out, _ = line.on_data("limit", "list")
    assert code == 0
    assert "Alice (key)" in out
    line.told("limit", "clear", "--key", "Alice")
    line.told("robot", "delete", "Anchor")
    line.told("limit", "clear", "--robot", "Anchor")
    assert line.told("limit", "list") == []


def test_going_on_without_a_stop_is_refused(line: CommandLine) -> None:
    exit_code, told = line.refused("resume")
    assert (exit_code, told["code"]) == (5, "not_stopped")


def test_a_stop_stops_every_robot_that_works_and_ends(line: CommandLine) -> None:
    for name in ("Anchor", "Buoy"):
        line.told(*ROBOT, "--name", name)
    told = line.told("stop", "--all-robots", "--close", "--cancel-orders")
    assert told == {"stopped": True, "everybody": False, "robots": []}, "none of them works"
    assert line.told("stop")["stopped"], "stopping twice is stopping once"
    assert line.told("resume") == {"stopped": False}


def test_a_stop_for_everybody_is_another_one(line: CommandLine) -> None:
    line.told("stop", "--everybody")
    line.told("stop")
    assert line.told("resume") == {"stopped": True}
    assert line.told("resume", "--everybody") == {"stopped": False}


def test_stops_and_limits_stand_in_the_audit_log(line: CommandLine) -> None:
    line.told("limit", "set", "--key", "Alice", "--position", "5")
    line.told("limit", "clear", "--key", "Alice")
    line.told("stop")
    line.told("resume")

    async def events(house: House) -> list[str]:
        owner = (await house.accounts.list_owners())[0].id
        return [event.tag for event in await list_events(house.database, owner, limit=4)]

    assert line.house(events) == [
        Tag.TRADING_STOP_ENDED,
        Tag.TRADING_STOP_BEGUN,
        Tag.TRADING_LIMITS_CLEARED,
        Tag.TRADING_LIMITS_SET,
    ]
