"""When keys end, from the command line: what is wrong is named, what is chosen is kept."""

import json
from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import Scope
from drawbridge.trading.foreign_trades import keep_trades
from drawbridge.vault.lives import Dated
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.command_line import KEY, SECRET, CommandLine
from tests.kit.trades import trade

ADD = ("key", "add", "--exchange", "binance", "--no-wait", "--json")
_SCOPES = frozenset({Scope.READ, Scope.TRADE_SPOT})


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    return made


def add(line: CommandLine, *more: str) -> str:
    done = line.given(f"{KEY}\n{SECRET}\n", *ADD, *more)
    assert done.returncode == 0, done.stderr
    return str(line.told("key", "list")[0]["id"])


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (("--made", "soon"), "bad_day", "made"),
        (("--made", "2999-01-01"), "made_in_future", "made"),
        (("--pause-days", "31"), "bad_pause_days", "pause_days"),
        (("--pause-days", "-1"), "bad_pause_days", "pause_days"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_changes_nothing(
    line: CommandLine, given: tuple[str, ...], code: str, field: str
) -> None:
    key = add(line)
    before = line.told("key", "life", key)
    status, told = line.refused("key", "life", key, *given)
    assert (status, told["code"], told["facts"]["field"]) == (2, code, field)
    assert line.told("key", "life", key) == before


def test_a_wrong_day_is_refused_before_a_key_is_stored(line: CommandLine) -> None:
    done = line.given(f"{KEY}\n{SECRET}\n", *ADD, "--made", "2999-01-01")
    assert json.loads(done.stderr)["code"] == "made_in_future"
    assert line.told("key", "list") == []


def test_the_day_on_which_a_key_was_made_moves_the_end_that_was_reckoned_from_it(
    line: CommandLine,
) -> None:
    """Scenario 18: asked for where the exchange does not tell it."""
    key = add(line, "--made", "2025-01-02")
    made_ms = 1_735_776_000_000
    assert line.told("key", "life", key)["made_ms"] == made_ms

    async def reckon(house: House) -> None:
        standing = Standing(
            KeyStatus.ENABLED,
            scopes=_SCOPES,
            expires_ms=made_ms + 30 * DAY_MS,
            dated=Dated.OWNER,
        )
        await house.vault.record_verdict(key, standing)

    line.house(reckon)
    told = line.told("key", "life", key, "--made", "2025-01-12", "--pause-days", "2", "--close")
    assert told["expires_ms"] == made_ms + 40 * DAY_MS
    assert told["pauses_ms"] == told["expires_ms"] - 2 * DAY_MS
    assert (told["closes"], told["dated"]) == (True, "owner")
    told = line.told("key", "life", key, "--made", "", "--keep", "--watch")
    assert (told["closes"], told["watched"], told["dated"]) == (False, True, "adding")
    shown = line.on_data("key", "life", key)[1]
    assert "The day on which it was added here" in shown
    assert line.told("key", "show", key)["pauses_ms"] == told["pauses_ms"]


def test_trades_from_elsewhere_are_listed(line: CommandLine) -> None:
    key = add(line)
    assert line.told("key", "strangers", key) == []
    assert "None was found" in line.on_data("key", "strangers", key)[1]

    async def find(house: House) -> None:
        async with house.database.transaction() as tx:
            fills = [trade("sell", "0.5", "100", at) for at in (7, 9)]
            await keep_trades(tx, key, fills, 10)

    line.house(find)
    assert [it["time_ms"] for it in line.told("key", "strangers", key)] == [9, 7]
    assert "o9" in line.on_data("key", "strangers", key, "--most", "1")[1]
