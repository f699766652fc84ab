"""Backtests from the command line."""

import json
from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine

CANDLES = "open_time_ms,open,high,low,close,volume\n" + "".join(
    f"{number * 60_000},{close},{close},{close},{close},1\n"
    for number, close in enumerate([9, 8, 7, 6, 5, 9, 12, 12, 4, 1, 1])
)
SMALL = ("--set", "fast=2", "--set", "slow=4", "--amount", "100", "--fee", "0")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("--candles", "/nowhere/at.all"), "candles_unreadable", "candles"),
        (("--last", "-1"), "not_a_whole_number", "last"),
        (("--last", "0"), "not_positive", "last"),
        (("--amount", "lots"), "not_a_number", "amount"),
        (("--amount", "0"), "not_positive", "amount"),
        (("--amount", "99999"), "amount_above_cash", "amount"),
        (("--cash", "-1"), "not_positive", "cash"),
        (("--fee", "2"), "bad_fee", "fee"),
        (("--step", "0"), "not_positive", "quantity_step"),
        (("--market", "BTCUSD"), "bad_symbol", "symbol"),
        (("--set", "fast=0"), "out_of_bounds", "fast"),
    ],
)
def test_a_bad_option_is_named(
    line: CommandLine, arguments: tuple[str, ...], code: str, field: str
) -> None:
    exit_code, _, err = line.run("backtest", *arguments, "--json")

    assert exit_code == 2
    assert f'"code": "{code}"' in err
    assert f'"field": "{field}"' in err


def test_a_recording_that_is_not_there_is_named_with_those_that_are(line: CommandLine) -> None:
    exit_code, _, err = line.run("backtest", "--recorded", "LUNA-USD")

    assert exit_code == 5
    assert "BTC-USD" in err


def test_the_trades_of_a_file_are_told_exactly(line: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_text(CANDLES)

    code, out, err = line.run("backtest", "--candles", str(path), *SMALL, "--json")

    told = json.loads(out)
    assert code == 0, err
    # In is said at candle 5, whose close of 9 sizes it: 11.11111 bought at 12, sold at 1.
    assert told["trades"] == [
        {
            "opened_ms": 360_000,
            "open_price": "12",
            "quantity": "11.11111",
            "closed_ms": 540_000,
            "close_price": "1",
        }
    ]
    assert told["figures"]["net_profit"] == "-122.22221"
    assert told["figures"]["profit_factor"] == "0"
    assert told["candles"] == 11
    assert len(told["equity"]) == 11


def test_the_recorded_candles_need_no_file(line: CommandLine) -> None:
    code, out, _ = line.run("backtest", "--recorded", "xrp-usdt", "--last", "500")

    assert code == 0
    assert "500" in out


def test_a_strategy_that_places_orders_is_tried_as_any_other(line: CommandLine) -> None:
    code, out, err = line.run(
        "backtest", "--strategy", "rebalancing", "--recorded", "eth-btc", "--last", "800",
        "--amount", "0.5", "--cash", "1", "--step", "0.001", "--json",
    )  # fmt: skip

    assert code == 0, err
    assert json.loads(out)["figures"]["fees"] != "0"


def test_markets_of_different_money_cannot_share_a_wallet(line: CommandLine) -> None:
    code, _, err = line.run("backtest", "--recorded", "btc-usd,xrp-usdt", "--last", "800")

    assert code == 2
    assert "USD" in err
