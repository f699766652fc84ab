"""Prices that an exchange cuts to so many significant digits."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.orders import Side
from drawbridge.paper.feed import Feed, Pace
from drawbridge.paper.house import House
from drawbridge.paper.rules import Rules, cut, cut_up, rules_of, unit_of
from drawbridge.paper.sources import get_series, get_source

CARD = get_card("bitfinex")
PAIR = CARD.paper_markets[0]
PLACES = {row.code: row.places for row in CARD.currencies}
NOW_MS = 1_700_000_000_000


def rules(digits: int = 5) -> Rules:
    return rules_of(CARD, replace(PAIR, price_digits=digits), PLACES)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [("35206.4", "35206"), ("0.123456789", "0.12345"), ("123456", "123450"), ("1.2", "1.2")],
)
def test_a_price_is_cut_to_its_digits(asked: str, taken: str) -> None:
    it = rules()
    assert it.price(it.ticks_of(Decimal(asked))) == Decimal(taken)


def test_a_price_that_is_cut_to_nothing_is_refused() -> None:
    with pytest.raises(ExchangeRefused, match="price_out_of_range"):
        rules().ticks_of(Decimal("0.000000001"))


def test_without_such_a_rule_a_price_off_the_tick_is_refused() -> None:
    with pytest.raises(ExchangeRefused, match="price_off_tick"):
        rules(0).ticks_of(Decimal("0.000000001"))


@given(ticks=st.integers(1, 10**15))
def test_cutting_goes_down_and_up_to_the_nearest_price_there_is(ticks: int) -> None:
    it = rules()
    below, above = cut(it, ticks), cut_up(it, ticks)
    assert below <= ticks <= above
    assert above - below in {0, unit_of(it, ticks)}
    assert len(str(below).rstrip("0")) <= 5
    assert len(str(above).rstrip("0")) <= 5


def test_the_house_quotes_such_prices_only() -> None:
    it = rules()
    feed = Feed(partial(get_series, PAIR.feed), Pace(NOW_MS), get_source(PAIR.feed).depth)
    quote = House(it, feed, PAIR.spread_bps).at(NOW_MS)
    for side in Side:
        prices = [ticks for ticks, _ in quote.depth(side)]
        assert len(set(prices)) == len(prices) > 10
        assert all(cut(it, ticks) == ticks for ticks in prices)
    assert quote.bid <= quote.last <= quote.ask
