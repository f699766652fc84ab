"""How an account did, from the command line."""

from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.clock import HOUR_MS
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from tests.kit.command_line import CommandLine

BEGAN_MS = 1_790_000_000_000


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    return made


def keep(line: CommandLine, key: str, *worths: tuple[int, int]) -> None:
    """Keep a snapshot an hour; the second number is what came in before it."""

    async def work(house: House) -> None:
        store = SnapshotStore(house.database)
        for hour, (worth, paid) in enumerate(worths):
            at_ms = BEGAN_MS + hour * HOUR_MS
            held = {"USDT": Held(Decimal(worth), Decimal(worth))}
            moved = {"USDT": Decimal(paid)} if paid else {}
            await store.keep(key, Snapshot(at_ms, "USDT", held, at_ms, moved))

    line.house(work)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("Bob",), "unknown_key"),
        (("Alice", "--currency", "U S D"), "bad_currency"),
        (("Alice", "--risk-free", "4%"), "not_a_number"),
        (("Alice", "--risk-free", "4"), "bad_rate"),
        (("Alice", "--risk-free", "-1"), "bad_rate"),
    ],
)
def test_what_is_not_there_or_no_currency_is_refused(
    line: CommandLine, arguments: tuple[str, ...], code: str
) -> None:
    line.add_key("Alice")
    assert line.refused("key", "stats", *arguments)[1]["code"] == code


def test_an_account_without_a_past_has_no_figures(line: CommandLine) -> None:
    """Scenario 58."""
    key = line.add_key("Alice")
    told = line.told("key", "stats", "Alice")
    assert told == {"id": key, "simulated": True, "performance": None}
    assert "no snapshot" in line.on_data("key", "stats", "Alice")[1]


def test_a_deposit_is_told_apart_from_a_gain(line: CommandLine) -> None:
    """Scenarios 56 and 64."""
    key = line.add_key("Alice")
    keep(line, key, (1000, 0), (1100, 0), (2000, 900), (1800, 0))
    told = line.told("key", "stats", "Alice")["performance"]
    assert (told["total_return"], told["gain"], told["paid_in"]) == ("-0.01", "-100", "900")
    assert told["transfers"][0]["amount"] == "900"
    assert told["worth"][-1] == [BEGAN_MS + 3 * HOUR_MS, "1800"]

    code, out, _ = line.on_data("key", "stats", "Alice")
    assert code == 0
    for words in ("Simulated", "return without transfers", "-1.00 %", "900 USDT", "2026-09"):
        assert words in out, words


def test_the_risk_free_rate_is_stated(line: CommandLine) -> None:
    """Scenario 57."""
    keep(line, line.add_key("Alice"), (1000, 0), (1100, 0))
    told = line.told("key", "stats", "Alice", "--risk-free", "0.04")["performance"]
    assert told["ratios"]["risk_free_rate"] == "0.04"


def test_what_cannot_be_told_in_a_currency_is_said(line: CommandLine) -> None:
    """Scenario 56."""
    keep(line, line.add_key("Alice"), (1000, 0), (1100, 0))
    out = line.on_data("key", "stats", "Alice", "--currency", "btc")[1]
    assert "2 older snapshots were taken in another currency" in out
