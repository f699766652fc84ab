"""All figures of a robot from the command line: exact for scripts, in groups for people."""

from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.clock import DAY_MS, HOUR_MS
from tests.kit.command_line import CommandLine
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade

BEGAN_MS = 1_790_000_000_000
CREATE = ("robot", "create", "--key", "Alice", "--market", "BTC/USDT", "--amount", "1000")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    made.add_key("Alice")
    made.told(*CREATE, "--name", "Ace")
    return made


def trade_with(line: CommandLine) -> None:
    """Let the robot buy for 101 and sell for 109, buy for 121 and sell for 99."""

    async def work(house: House) -> None:
        owner = (await house.accounts.list_owners())[0].id
        (robot,) = await house.robots.list_robots(owner)
        await record_trades(
            house.database,
            Whose(owner, robot.plan.key_id, origin=robot.origin),
            trade("buy", "1", "100", BEGAN_MS, "1 USDT", "BTC/USDT"),
            trade("sell", "1", "110", BEGAN_MS + HOUR_MS, "1 USDT", "BTC/USDT"),
            trade("buy", "1", "120", BEGAN_MS + DAY_MS, "1 USDT", "BTC/USDT"),
            trade("sell", "1", "100", BEGAN_MS + 40 * DAY_MS, "1 USDT", "BTC/USDT"),
        )

    line.house(work)


def test_without_trades_every_figure_is_a_dash_or_a_number(line: CommandLine) -> None:
    """Scenario 58."""
    told = line.told("robot", "status", "Ace")
    assert told["figures"]["expectancy"] is None
    assert told["ratios"]["sharpe"] is None
    assert told["drawdown"]["deepest"] is None
    assert told["activity"]["exposure"] is None
    assert (told["months"], told["quarters"], told["years"]) == ([], [], [])
    _, out, _ = line.on_data("robot", "status", "Ace")
    assert not {"inf", "nan", "None"} & set(out.split())


def test_figures_equal_a_hand_worked_example(line: CommandLine) -> None:
    """Scenario 57."""
    trade_with(line)
    told = line.told("robot", "status", "Ace")
    assert told["figures"]["net_profit"] == "-14"
    assert told["figures"]["profit_factor"] == "0.36363636"
    assert told["figures"]["fees"] == "4"
    assert told["drawdown"]["amount"] == "22"
    assert told["drawdown"]["deepest"]["recovered_ms"] is None
    assert told["activity"]["fees"] == [["USDT", "4"]]
    assert [month["name"] for month in told["months"]] == ["2026-09", "2026-10"]
    assert [month["closed_profit"] for month in told["months"]] == ["8", "-22"]
    assert told["years"][0]["share"] == "-0.014"


def test_people_see_groups_dates_and_months(line: CommandLine) -> None:
    """Scenarios 57 and 64."""
    trade_with(line)
    _, out, _ = line.on_data("robot", "status", "Ace")
    for words in (
        "Simulated",
        "Profit\n",
        "net profit              -14 USDT",
        "deepest fall          22 USDT",
        "height reached again  not yet",
        "By month\n",
        "2026-10",
    ):
        assert words in out, words
