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
    assert withdrawing
    assert {it["wanted"] for it in withdrawing} == {"off"}
    assert told["steps"]


def test_people_read_steps_and_switches(line: CommandLine) -> None:
    code, out, _ = line.run("guide", "kraken")

    assert code == 0
    assert out.startswith("1. ")
    assert "[off] Withdraw" in out
