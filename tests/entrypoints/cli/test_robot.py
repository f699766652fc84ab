"""Robots from the command line."""

from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine

CREATE = ("robot", "create", "--key", "Alice", "--market", "BTC/USDT", "--amount", "100")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    made.add_key("Alice")
    return made


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("--market", ""), "bad_symbol", "symbol"),
        (("--market", "x" * 1_000_000), "bad_symbol", "symbol"),
        (("--amount", ""), "not_a_number", "amount"),
        (("--amount", '"100"'), "not_a_number", "amount"),
        (("--amount", "1" * 1_000_000), "not_a_number", "amount"),
        (("--amount", "0"), "not_positive", "amount"),
        (("--interval", "2m"), "bad_interval", "interval"),
        (("--on-stop", "burn"), "bad_on_stop", "on_stop"),
        (("--set", "fast"), "bad_pair", "set"),
        (("--set", "=5"), "bad_pair", "set"),
        (("--set", "fast=5", "--set", "fast=6"), "pair_twice", "set"),
        (("--set", "fast=x"), "not_a_whole_number", "fast"),
        (("--set", "fast=50"), "fast_not_below_slow", "fast"),
        (("--guard", "stop_loss"), "bad_pair", "guard"),
        (("--guard", "stop_loss=x"), "not_a_number", "stop_loss"),
        (("--guard", "stop_loss=99"), "out_of_bounds", "stop_loss"),
        (("--guard", "airbag=1"), "unknown_guard", "airbag"),
        (("--guard", "days=never"), "not_of_these", "days"),
        (("--confirm", "grid"), "confirm_needs_signals", "confirm"),
        (("--confirm", "macd:fast=x"), "not_a_whole_number", "fast"),
        (("--confirm", "macd", "--confirm", "macd"), "pair_twice", "confirm"),
        (("--direction", "up"), "bad_direction", "direction"),
        (("--direction", "short"), "short_needs_contract", "direction"),
        (("--market", "BTC/USDT:USDT"), "robot_wrong_market_kind", "symbol"),
        (("--trigger", "moon"), "bad_trigger", "trigger"),
        (("--strategy", "grid", "--trigger", "signal"), "orders_take_no_guards", "trigger"),
        (("--strategy", "grid", "--guard", "trail=5"), "orders_take_no_guards", "guards"),
        (("--key", "Alice=50"), "key_twice", "key"),
        (("--set", "pace=5"), "unknown_parameter", "pace"),
        (("--name", "a\nb\x00"), "label_unreadable", "label"),
    ],
)
def test_a_bad_option_is_named_and_no_robot_is_made(
    line: CommandLine, arguments: tuple[str, ...], code: str, field: str
) -> None:
    exit_code, told = line.refused(*CREATE, *arguments)

    assert exit_code == 2
    assert (told["code"], told["facts"]["field"]) == (code, field)
    assert line.told("robot", "list") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--key", "Bob"), "unknown_key"), (("--strategy", "oracle"), "unknown_strategy")],
)
def test_what_is_not_there_is_not_found(
    line: CommandLine, arguments: tuple[str, ...], code: str
) -> None:
    exit_code, told = line.refused(*CREATE, *arguments)

    assert (exit_code, told["code"]) == (5, code)


@pytest.mark.parametrize("command", ["start", "stop", "status", "delete"])
def test_a_robot_that_is_not_there_is_not_found(line: CommandLine, command: str) -> None:
    exit_code, told = line.refused("robot", command, "nobody")

    assert (exit_code, told["code"]) == (5, "unknown_robot")


def test_a_robot_is_not_started_with_a_key_that_is_not_proven(line: CommandLine) -> None:
    """Scenario 59."""
    line.told(*CREATE)

    exit_code, told = line.refused("robot", "start", "BTC/USDT #1")

    assert (exit_code, told["code"]) == (4, "robot_key_not_proven")


def test_a_robot_is_made_listed_shown_and_deleted(line: CommandLine) -> None:
    made = line.told(*CREATE, "--name", "Ace", "--set", "fast=5", "--set", "slow=9", "--join")

    assert made["settings"] == {"fast": 5, "slow": 9}
    assert (made["amount"], made["join"], made["status"]) == ("100", True, "stopped")
    assert [robot["name"] for robot in line.told("robot", "list")] == ["Ace"]
    status = line.told("robot", "status", "ace")
    assert status["figures"]["trades"] == 0
    assert status["figures"]["win_rate"] is None
    assert line.told("robot", "delete", "Ace") == {"id": made["id"], "deleted": True}
    assert line.told("robot", "list") == []


def test_guards_confirmations_and_accounts_are_kept_as_they_were_wished(
    line: CommandLine,
) -> None:
    line.add_key("Bob", "B" * 64)
    guards = ("--guard", "stop_loss=3", "--guard", "cool_down=5", "--guard", "days=mon-fri,sun")
    more = ("--key", "Bob=250", *guards)
    confirm = ("--confirm", "macd:fast=5,slow=9", "--confirm", "rsi_bands", "--trigger", "tick")

    made = line.told(*CREATE, *more, *confirm, "--on-stop", "limit")

    assert made["guards"] == {"stop_loss": 3, "cool_down": 5, "days": "mon-fri,sun"}
    assert [*made["confirm"]] == ["macd", "rsi_bands"]
    assert made["confirm"]["macd"]["fast"] == 5
    assert (made["trigger"], made["direction"], made["on_stop"]) == ("tick", "long", "limit")
    assert [it["amount"] for it in made["accounts"]] == ["100", "250"]
    assert line.told("robot", "status", made["name"])["open_orders"] == []


def test_accounts_are_added_and_taken_off(line: CommandLine) -> None:
    line.add_key("Bob", "B" * 64)
    made = line.told(*CREATE, "--name", "Ace")

    added = line.told("robot", "account", "add", "Ace", "--key", "Bob", "--amount", "50")
    assert [it["amount"] for it in added["accounts"]] == ["100", "50"]
    code, out, _ = line.on_data("robot", "status", "Ace")
    assert code == 0
    assert "Bob" in out
    left = line.told("robot", "account", "remove", "Ace", "--key", "Alice")

    assert [it["key_id"] for it in left["accounts"]] != [made["key_id"]]
    exit_code, told = line.refused("robot", "account", "remove", "Ace", "--key", "Bob")
    assert (exit_code, told["code"]) == (5, "robot_needs_account")


def test_people_see_dashes_where_a_figure_is_not_defined(line: CommandLine) -> None:
    """Scenario 58."""
    line.told(*CREATE, "--name", "Ace")

    code, out, _ = line.on_data("robot", "status", "Ace")

    assert code == 0
    figures = dict(text.split("  ", 1) for text in out.splitlines() if "  " in text)
    assert figures["win rate"].strip() == "\N{EN DASH}"
    assert figures["Sharpe ratio"].strip() == "\N{EN DASH}"
    assert figures["holds"].strip() == "0 BTC"


def test_the_risk_free_rate_is_stated(line: CommandLine) -> None:
    """Scenario 57."""
    line.told(*CREATE, "--name", "Ace")

    told = line.told("robot", "status", "Ace", "--risk-free", "0.04")
    assert told["ratios"]["risk_free_rate"] == "0.04"
    assert line.refused("robot", "status", "Ace", "--risk-free", "4")[1]["code"] == "bad_rate"


def test_play_money_is_told_from_money(line: CommandLine) -> None:
    """Scenario 64."""
    line.told(*CREATE, "--name", "Ace")

    assert line.told("robot", "status", "Ace")["simulated"] is True
    assert "Simulated" in line.on_data("robot", "status", "Ace")[1]


def test_a_wish_is_kept_also_while_the_gateway_does_not_run(line: CommandLine) -> None:
    line.told(*CREATE, "--name", "Ace")

    code, out, err = line.on_data("robot", "stop", "Ace")

    assert (code, out) == (0, "Ace: stopped\n")
    assert "drawbridge up" in err


def test_another_way_to_stop_is_read_before_anything_is_done(line: CommandLine) -> None:
    line.told(*CREATE, "--name", "Dawn")

    code, told = line.refused("robot", "stop", "Dawn", "--close", "burn")

    assert (code, told["code"]) == (2, "bad_on_stop")
    assert line.told("robot", "stop", "Dawn", "--close", "keep")["status"] == "stopped"
