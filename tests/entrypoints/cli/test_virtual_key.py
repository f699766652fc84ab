"""Virtual keys from the command line: made and shown once, narrowed, revoked."""

import json
from pathlib import Path

import pytest

from drawbridge.app.build import House
from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.command_line import CommandLine

MAKE = ("virtual-key", "make", "Alice", "--may", "trade_spot", "--pair", "BTC/USDT")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    key_id = made.add_key("Alice")

    async def check(house: House) -> None:
        scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
        await house.vault.record_verdict(key_id, Standing(KeyStatus.ENABLED, scopes=scopes))

    made.house(check)
    return made


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("make", "Bob"), "unknown_key", 5),
        (("make", "Alice", "--may", "withdraw"), "virtual_bad_scope", 2),
        (("make", "Alice", "--may", "trade_margin"), "virtual_scope_beyond_key", 2),
        (("make", "Alice", "--largest-order", "500"), "virtual_amount_needs_currency", 2),
        (("make", "Alice", "--lives", "soon"), "bad_span", 2),
        (("make", "Alice", "--recipe", "excel"), "virtual_no_such_recipe", 2),
        (("show", "bot"), "unknown_virtual_key", 5),
        (("narrow", "bot", "--rate", "5"), "unknown_virtual_key", 5),
        (("revoke", "bot", "--yes"), "unknown_virtual_key", 5),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_made(
    line: CommandLine, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    told = line.refused("virtual-key", *arguments)
    assert (told[0], told[1]["code"]) == (exit_code, code)
    assert line.told("virtual-key", "list") == []


def test_a_virtual_key_is_shown_once_with_what_to_paste(line: CommandLine) -> None:
    """Scenario 77."""
    made = line.told(*MAKE, "--name", "bot", "--turnover", "5000", "--rate", "20", "--lives", "30d")
    assert len(made["api_key"]) == len(made["api_secret"]) == 64
    assert made["base_url"].startswith("http://127.0.0.1:")
    for program in ("ccxt_python", "ccxt_javascript", "freqtrade", "python_binance", "curl"):
        assert made["api_key"] in made["recipes"][program]
        assert made["api_secret"] in made["recipes"][program]
        assert made["base_url"] in made["recipes"][program]
    freqtrade = json.loads(made["recipes"]["freqtrade"])["exchange"]
    assert freqtrade["pair_whitelist"] == ["BTC/USDT"]
    assert [it["number"] for it in made["restrictions"]] == [1, 2, 7, 11, 12]
    for again in (("list",), ("show", "bot")):
        code, out, err = line.on_data("virtual-key", *again, "--json")
        assert code == 0
        assert made["api_secret"] not in out + err


def test_people_read_the_same_with_labels(line: CommandLine) -> None:
    code, out, err = line.on_data(*MAKE, "--name", "bot", "--recipe", "curl")
    assert code == 0
    assert "shown once" in err
    assert "Secret Key" in out
    assert "openssl" in out
    assert "import ccxt" not in out
    assert "openssl" not in line.on_data(*MAKE, "--recipe", "none")[1]
    shown = line.on_data("virtual-key", "show", "bot")[1]
    assert "BTC/USDT" in shown
    assert "Trade spot" in shown
    assert "Not used in the last 24 hours." in shown
    assert "bot" in line.on_data("virtual-key", "list")[1]


def test_narrowed_and_revoked_it_stays_so(line: CommandLine) -> None:
    line.told(*MAKE, "--name", "bot")
    narrowed = line.told(
        "virtual-key",
        "narrow",
        "bot",
        "--hours",
        "08:00-17:00",
        "--days",
        "mon,tue",
        "--side",
        "buy",
    )
    assert [it["number"] for it in narrowed["restrictions"]] == [1, 2, 3, 10]
    shown = line.on_data("virtual-key", "show", "bot")[1]
    assert "Monday, Tuesday, 08:00 to 17:00, UTC" in shown
    told = line.refused("virtual-key", "revoke", "bot")
    assert told[1]["code"] == "not_confirmed"
    assert line.told("virtual-key", "revoke", "bot", "--yes")["revoked_ms"]
    assert line.refused("virtual-key", "show", "bot")[1]["code"] == "unknown_virtual_key"
    assert "Revoked" in line.on_data("virtual-key", "list")[1]


def test_the_real_key_is_kept_while_a_virtual_one_needs_it(line: CommandLine) -> None:
    line.told(*MAKE, "--name", "bot")
    told = line.refused("key", "delete", "Alice", "--yes")
    assert told[1]["code"] == "key_used_by_virtual_keys"
    line.told("virtual-key", "revoke", "bot", "--yes")
    assert line.on_data("key", "delete", "Alice", "--yes")[0] == 0
