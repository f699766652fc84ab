"""Guides from the command line."""

import json
from pathlib import Path

import pytest

from drawbridge.catalogue.registry import exchange_ids
from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


def test_an_exchange_or_purpose_that_is_none_is_refused(line: CommandLine) -> None:
    assert line.run("guide", "moon")[0] == 5
    code, _, err = line.run("guide", "binance", "--purpose", "fun", "--json")
    assert code == 2
    assert json.loads(err)["facts"]["field"] == "purpose"


def test_without_an_exchange_all_are_listed(line: CommandLine) -> None:
    code, out, _ = line.run("guide", "--json")

    assert code == 0
    assert [it["id"] for it in json.loads(out)] == list(exchange_ids())


@pytest.mark.parametrize("exchange", exchange_ids())
@pytest.mark.parametrize("purpose", ["trading", "reading"])
def test_a_guide_says_which_switches_stay_off(
    line: CommandLine, exchange: str, purpose: str
) -> None:
    code, out, _ = line.run("guide", exchange.upper(), "--purpose", purpose, "--json")

    told = json.loads(out)
    assert code == 0
    withdrawing = [it for it in told["switches"] if "withdraw" in it["scopes"]]
    assert {it["wanted"] for it in withdrawing} <= {"off"}
    assert told["steps"]


def test_people_read_steps_and_switches(line: CommandLine) -> None:
    code, out, _ = line.run("guide", "kraken")

    assert code == 0
    assert out.startswith("1. ")
    assert "[off] Withdraw" in out


def test_a_former_name_leads_to_todays_exchange(line: CommandLine) -> None:
    """Scenario 3: whoever looks for a name of old finds what became of it."""
    code, out, _ = line.run("guide", "Neon Exchange")
    assert code == 0
    assert "was closed before" in out
    assert "Binance" in out, "says where to go instead"


def test_a_guide_can_be_had_as_a_page(line: CommandLine) -> None:
    code, out, _ = line.run("guide", "kraken", "--markdown")
    assert code == 0
    assert out.startswith("# Kraken")
    assert "- `[ ]` Withdraw: off" in out
