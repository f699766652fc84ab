"""All accounts together, from the command line."""

from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.clock import HOUR_MS
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.command_line import CommandLine

BEGAN_MS = 1_790_000_000_000


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    return made


def live(line: CommandLine, key: str, *worths: int) -> None:
    """Let a key be in use, its account worth so much from hour to hour."""

    async def work(house: House) -> None:
        await house.vault.record_verdict(key, Standing(KeyStatus.READ_ONLY))
        store = SnapshotStore(house.database)
        for hour, worth in enumerate(worths):
            at_ms, held = BEGAN_MS + hour * HOUR_MS, {"USDT": Held(Decimal(worth), Decimal(worth))}
            await store.keep(key, Snapshot(at_ms, "USDT", held, at_ms))
        holding = Holding("USDT", Decimal(worths[-1]), Decimal(0), Decimal(worths[-1]), 0)
        told = Portfolio("USDT", Decimal(worths[-1]), (holding,), (), BEGAN_MS)
        await house.portfolios.keep(key, told)

    line.house(work)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--currency", "<b>"), "bad_currency"), (("--risk-free", "much"), "not_a_number")],
)
def test_what_cannot_be_read_is_refused(
    line: CommandLine, arguments: tuple[str, ...], code: str
) -> None:
    exit_code, _, errors = line.on_data("wealth", *arguments, "--json")
    assert exit_code != 0
    assert code in errors


def test_without_an_account_it_says_what_to_do(line: CommandLine) -> None:
    assert "Add a key and check it." in line.on_data("wealth")[1]
    assert line.told("wealth") == {"portfolios": []}


def test_accounts_are_added_up_and_did_what_they_did_together(line: CommandLine) -> None:
    """Scenario 56: 100 and 300 become 120 and 300, so 400 became 420."""
    first, second = line.add_key("Alice"), line.add_key("Bob", "b" * 64)
    live(line, first, 100, 120)
    live(line, second, 300, 300)
    [told] = line.told("wealth")["portfolios"]
    assert (told["currency"], told["total"]) == ("USDT", "420")
    assert told["accounts"] == {first: "120", second: "300"}
    assert told["performance"]["total_return"] == "0.05"
    out = line.on_data("wealth")[1]
    for words in ("Play money", "Alice", "420 USDT", "5.00 %"):
        assert words in out, words


def test_in_a_currency_without_a_price_accounts_are_named_and_not_added(line: CommandLine) -> None:
    live(line, line.add_key("Alice"), 100)
    out = line.on_data("wealth", "--currency", "jpy")[1]
    assert "no price in JPY was found: Alice" in out
