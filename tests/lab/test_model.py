"""Trials as they are ordered: what is read, and what is refused by its field."""

from dataclasses import replace
from typing import Any

import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.lab.model import TrialWish, read_trial, symbol_of, wish_from
from drawbridge.robots.search.manner import Method, Objective

WISH = TrialWish(settings={"fast": "5", "slow": "20"}, guards={"stop_loss": "2.5"}, last="500")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"interval": "7m"}, "bad_interval", "interval"),
        ({"last": "x"}, "not_a_whole_number", "last"),
        ({"settings": {"fast": "0"}}, "out_of_bounds", "fast"),
        ({"guards": {"luck": "1"}}, "unknown_guard", "luck"),
        ({"guards": {"stop_loss": "99"}}, "out_of_bounds", "stop_loss"),
        ({"terms": {"symbol": "BTCUSD"}}, "bad_symbol", "symbol"),
        ({"terms": {"amount": "lots"}}, "not_a_number", "amount"),
        ({"terms": {"amount": "20000"}}, "amount_above_cash", "amount"),
        ({"terms": {"fee": "2"}}, "bad_fee", "fee"),
        ({"terms": {"quantity_step": "0"}}, "not_positive", "quantity_step"),
        ({"terms": {"judged": "sometimes"}}, "not_a_choice", "judged"),
        ({"terms": {"luck": "1"}}, "unknown_term", "luck"),
        ({"vary": {"fast": "9..5"}}, "bad_range", "vary.fast"),
        ({"candles": " , "}, "no_markets", "candles"),
        ({"candles": "BTC-USD,XRP-USDT", "vary": {"fast": "5,9"}}, "search_one_market", "candles"),
        ({"method": "guess"}, "not_a_choice", "method"),
        ({"objective": "fame"}, "not_a_choice", "objective"),
        ({"tries": "-1"}, "not_a_whole_number", "tries"),
        ({"tries": "0"}, "not_positive", "tries"),
        ({"folds": "0"}, "not_positive", "folds"),
        ({"out_of_sample": "x"}, "not_a_number", "out_of_sample"),
    ],
)
def test_what_makes_no_trial_is_refused_by_its_field(
    changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        read_trial(replace(WISH, **changes))

    assert caught.value.facts["field"] == field


def test_an_unknown_strategy_is_not_found() -> None:
    with pytest.raises(NotFound, match="unknown_strategy"):
        read_trial(replace(WISH, strategy="luck"))


def test_a_wish_is_read_whole() -> None:
    trial = read_trial(WISH)

    assert trial.strategy.id == "ema_cross"
    assert tuple(trial.settings) == (5, 20)
    assert trial.guards.stop_loss == 2.5
    assert [terms.symbol for terms in trial.terms] == ["BTC/USD"]
    assert (trial.last, trial.interval_ms, trial.space) == (500, 0, None)
    assert trial.manner.method is Method.GRID
    assert trial.manner.objective is Objective.SHARPE


def test_a_search_keeps_what_stays_and_takes_what_it_found() -> None:
    wish = replace(WISH, settings={"slow": "20"}, vary={"fast": "5..9", "guard.stop_loss": "1,2"})

    trial = read_trial(wish)

    assert trial.space is not None
    assert len(trial.space) == 10
    found = trial.with_settings({"fast": "7", "guard.stop_loss": "2"})
    assert tuple(found.settings) == (7, 20)
    assert found.guards.stop_loss == 2
    assert found.space is None


@pytest.mark.parametrize(
    ("name", "direction", "symbol"),
    [
        ("BTC-USD", "", "BTC/USD"),
        ("BTC-USD", "long", "BTC/USD"),
        ("BTC-USD", "both", "BTC/USD:USD"),
        ("binance/BTC-USDT/1m", "", "BTC/USDT"),
        ("binance_futures/BTC-USDT:USDT/1m", "both", "BTC/USDT:USDT"),
        ("x", "", "X"),
    ],
)
def test_a_name_of_candles_tells_its_market(name: str, direction: str, symbol: str) -> None:
    assert symbol_of(name, direction) == symbol


def test_a_wish_comes_back_as_it_was_written_and_leaves_out_what_is_not_known_any_more() -> None:
    assert wish_from(WISH.told() | {"from_a_later_version": 1}) == WISH
