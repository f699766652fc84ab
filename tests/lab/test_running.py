"""Trials as they are carried out: one market, several with one wallet, orders, searches."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.lab.model import Trial, TrialWish, read_trial
from drawbridge.lab.running import candles_for, run_trial
from drawbridge.lab.shelf import Shelf
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.candle_files.names import SeriesName
from drawbridge.robots.candle_files.store import CandleFiles
from drawbridge.robots.columns import CandleColumns

SHELF = Shelf(Path("/nowhere"))
WISH = TrialWish(candles="XRP-USDT", last="1200", terms={"amount": "100", "cash": "1000"})


def ran(trial: Trial, candles: Sequence[CandleColumns]) -> dict[str, Any]:
    return run_trial(trial, candles, lambda _done, _of: None)


def test_candles_that_are_not_there_are_named_with_those_that_are() -> None:
    with pytest.raises(NotFound, match="unknown_candles") as caught:
        candles_for(read_trial(replace(WISH, candles="LUNA-USD")), SHELF)

    assert "BTC-USD" in str(caught.value.facts["known"])


def test_stored_candles_are_found_by_name_and_put_together(tmp_path: Path) -> None:
    name = SeriesName("binance", "XRP/USDT", 300_000)
    CandleFiles(tmp_path).append(name, read_recorded("XRP-USDT"))
    shelf = Shelf(tmp_path)
    trial = read_trial(replace(WISH, candles="binance/XRP-USDT/15m", last=""))

    (candles,) = candles_for(trial, shelf)

    assert "binance/XRP-USDT/5m" in shelf.names()
    assert candles.interval_ms == 900_000
    assert trial.terms[0].symbol == "XRP/USDT"
    with pytest.raises(NotFound, match="unknown_candles"):
        shelf.check("binance/XRP-USDT/1m")


def test_an_interval_that_the_candles_cannot_be_put_together_to_is_refused() -> None:
    with pytest.raises(BadInput, match="interval_not_there"):
        candles_for(read_trial(replace(WISH, interval="1m")), SHELF)


def test_a_sheet_holds_figures_charts_and_what_it_ran_with() -> None:
    trial = read_trial(replace(WISH, interval="15m", guards={"stop_loss": "2"}))

    sheet = ran(trial, candles_for(trial, SHELF))

    assert sheet["candles"]["interval_ms"] == 900_000
    assert sheet["values"]["trades"] == sheet["trips"] > 0
    assert sheet["guards"] == {"stop_loss": 2.0}
    assert len(sheet["equity"]) <= 1_001
    assert min(row[2] for row in sheet["equity"]) < 0


def test_funding_belongs_to_the_profit_of_a_trade_and_margin_is_spoken_of() -> None:
    """Law: what began, what was realised and what is still open make up the last equity."""
    trial = read_trial(
        replace(WISH, terms={**WISH.terms, "symbol": "XRP/USDT:USDT", "funding": "0.01"})
    )

    sheet = ran(trial, candles_for(trial, SHELF))

    values = sheet["values"]
    assert Decimal(values["fees"]) > 0
    together = 1_000 + Decimal(values["net_profit"]) + Decimal(values["open_profit"])
    assert sheet["equity"][-1][1] == pytest.approx(float(together), abs=1e-6)
    free = replace(trial, terms=tuple(replace(it, funding=Decimal(0)) for it in trial.terms))
    unfunded = ran(free, candles_for(trial, SHELF))["values"]
    assert Decimal(unfunded["net_profit"]) != Decimal(values["net_profit"])
    assert [it["code"] for it in sheet["cautions"]] == ["backtest_liquidated_at"]


def test_two_markets_share_one_wallet_and_one_sheet() -> None:
    """What one market spends, the other cannot: with cash for one position only one is held."""
    first = read_recorded("XRP-USDT").last(1_200)
    second = replace(first, close=first.close[::-1].copy(), open=first.open[::-1].copy(),
                     high=first.high[::-1].copy(), low=first.low[::-1].copy())  # fmt: skip
    wish = replace(WISH, candles="XRP-USDT,TWO-USDT", terms={"amount": "900", "cash": "1000"})

    sheet = ran(read_trial(wish), [first, second])

    assert sheet["markets"] == ["XRP/USDT", "TWO/USDT"]
    held: dict[str, bool] = {}
    for fill in sheet["fills"]:
        held[fill["market"]] = fill["side"] == "buy"
        assert sum(held.values()) <= 1
    assert {fill["market"] for fill in sheet["fills"]} == {"XRP/USDT", "TWO/USDT"}


def test_a_search_ends_with_a_backtest_of_the_best_settings() -> None:
    trial = read_trial(replace(WISH, vary={"fast": "3,6", "slow": "12,24"}))

    sheet = ran(trial, candles_for(trial, SHELF))

    best = sheet["search"]["tries"][0]["settings"]
    assert {name: str(value) for name, value in sheet["settings"].items()} == best
    assert len(sheet["search"]["tries"]) == 4
