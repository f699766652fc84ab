"""The paper exchange from the command line; the script interface is kept stable."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import CommandLine
from tests.kit.processes import Process


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("--scopes", ""), "scopes_missing", "scopes"),
        (("--scopes", "read,fly"), "unknown_scope", "scopes"),
        (("--scopes", "x" * 1_000_000), "unknown_scope", "scopes"),
        (("--ip", "not-an-address"), "bad_address", "ip_list"),
        (("--expires", "soon"), "bad_span", "expires"),
        (("--expires", "0d"), "bad_span", "expires"),
        (("--expires", "9" * 1_000_000 + "d"), "bad_span", "expires"),
        (("--account", "  "), "bad_account", "account"),
        (("--account", "a\x1b[31m"), "bad_account", "account"),
        (("--label", "x" * 1_000_000), "bad_label", "label"),
        (("--public-key", "/nowhere/at.all"), "file_unreadable", "public_key"),
    ],
)
def test_a_bad_option_is_named_and_no_key_is_made(
    line: CommandLine, tmp_path: Path, arguments: tuple[str, ...], code: str, field: str
) -> None:
    state = ("--state", str(tmp_path))

    exit_code, out, err = line.run(
        "paper", "key", "--exchange", "binance", *state, *arguments, "--json"
    )

    told = json.loads(err)
    assert (exit_code, out) == (2, "")
    assert (told["code"], told["facts"]["field"]) == (code, field)


def test_an_exchange_that_is_not_there_is_not_found(line: CommandLine, tmp_path: Path) -> None:
    exit_code, _, _ = line.run("paper", "key", "--exchange", "x", "--state", str(tmp_path))

    assert exit_code == 5


def test_a_ledger_that_is_not_there_is_not_found(line: CommandLine, tmp_path: Path) -> None:
    exit_code, _, _ = line.run("paper", "ledger", "--state", str(tmp_path / "nothing"))

    assert exit_code == 5


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_is_none_is_refused(line: CommandLine, tmp_path: Path, port: str) -> None:
    exit_code, _, err = line.run("paper", "--state", str(tmp_path), "--port-base", port)

    assert exit_code == 2
    assert "port" in err


def test_the_script_interface_is_as_promised(line: CommandLine, tmp_path: Path) -> None:
    """While the exchange runs: its one line, a key, the ledger."""
    state = str(tmp_path / "state")
    arguments = ["paper", "--state", state, "--port-base", "0", "--json"]
    process = Process("drawbridge.entrypoints.cli.main", arguments)
    try:
        ready = process.ready
        made = line.run(
            *("paper", "key", "--state", state, "--exchange", "kraken"),
            *("--scopes", "read,trade_spot", "--expires", "90d", "--json"),
        )
        ledger = _ledger_with_money(line, state)
    finally:
        assert process.stop() == 0
    assert set(ready) == {"exchanges", "account_site"}
    assert {"rest", "ws", "ccxt_urls"} <= set(ready["exchanges"]["binance"])
    key = json.loads(made[1])
    assert set(key) == {"api_key", "api_secret", "passphrase"}
    assert key["passphrase"] is None
    assert ledger["balanced"] is True
    assert {proof["difference"] for proof in ledger["proof"]} == {"0"}


def _ledger_with_money(line: CommandLine, state: str) -> dict[str, Any]:
    """Read the ledger until the running exchange has credited the new account."""
    for _ in range(30):
        ledger: dict[str, Any] = json.loads(
            line.run("paper", "ledger", "--state", state, "--json")[1]
        )
        if ledger["proof"]:
            return ledger
    pytest.fail("the account was not credited in time")


def test_people_see_a_new_key_once_with_a_warning(line: CommandLine, tmp_path: Path) -> None:
    code, out, err = line.run("paper", "key", "--exchange", "binance", "--state", str(tmp_path))

    assert code == 0
    assert [text.split("  ")[0] for text in out.splitlines()] == ["API key", "API secret"]
    assert "one time" in err


def test_all_and_single_exchanges_exclude_each_other(line: CommandLine, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path), "--json")
    code, _, err = line.run("paper", *state, "--all", "--exchange", "kraken")
    assert (code, json.loads(err)["facts"]["field"]) == (2, "exchange")
    assert line.run("paper", *state, "--exchange", "moon")[0] == 5


def test_one_exchange_alone_is_served_at_the_root_of_the_second_port(tmp_path: Path) -> None:
    running = Process(
        "drawbridge.entrypoints.cli.main",
        ["paper", "--state", str(tmp_path), "--port-base", "0", "--exchange", "kraken", "--json"],
    )
    try:
        assert list(running.ready["exchanges"]) == ["kraken"]
    finally:
        running.stop()
