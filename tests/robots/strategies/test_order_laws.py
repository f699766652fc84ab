"""Laws of every order strategy, whatever happens to its orders.

What holds for each answer (means, minimums, steps, tags, a pure function, memory as JSON) is
asserted by the desk itself, `tests/kit/order_desk.py`.
"""

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.robots.slate import MOST_REFUSALS
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.robots.strategy import Strategy
from tests.kit.order_desk import MARKET, Desk

ORDERS = [strategy for strategy in STRATEGIES.values() if strategy.orders]
EACH = pytest.mark.parametrize("strategy", ORDERS, ids=lambda it: it.id)

# Few lots, so that a short story reaches all their states.
SHORT: dict[str, list[dict[str, object]]] = {
    "grid": [
        {"lines": 4, "below": 5, "above": 5},
        {"lines": 3, "spacing": "arithmetic", "start": "buy"},
    ],
    "trailing_grid": [{"lots": 3, "gap": 3}, {"lots": 2, "gap": 2, "follow": "both"}],
    "step_grid": [{"lots": 3, "down": 3, "gain": 2}],
    "dca": [{"safeties": 2, "down": 3}, {"safeties": 0, "gain": 1}],
    "rebalancing": [{"share": 50, "band": 2}, {"share": 90, "band": 1}],
}
CASES = [
    pytest.param(it, chosen, id=f"{it.id}-{number}")
    for it in ORDERS
    for number, chosen in enumerate(SHORT[it.id])
]


class Event(NamedTuple):
    """How prices move (percent), and what happens to orders before that candle closes."""

    move: int
    chosen: int
    what: str


events = st.lists(
    st.builds(
        Event,
        st.integers(-6, 6),
        st.integers(0, 7),
        st.sampled_from(["trade", "trade", "part", "cancel", "nothing"]),
    ),
    max_size=40,
)


@pytest.mark.parametrize("fee_in_base", [False, True], ids=["fee-quote", "fee-base"])
@pytest.mark.parametrize(("strategy", "chosen"), CASES)
@given(story=events, amount=st.sampled_from(["60", "100", "1000"]))
def test_whatever_happens_it_keeps_within_its_means(
    strategy: Strategy,
    chosen: dict[str, object],
    *,
    fee_in_base: bool,
    story: list[Event],
    amount: str,
) -> None:
    """Law: sold is at most bought, spent at most the amount, tags are used once."""
    desk = Desk(strategy, chosen, Decimal(amount), fee_in_base=fee_in_base)
    price = Decimal(100)
    desk.ask(price)
    for event in story:
        price = max(Decimal(1), round(price * (100 + event.move) / 100, 2))
        tags = sorted(desk.open)
        tag = tags[event.chosen % len(tags)] if tags else None
        if event.what == "part" and tag:
            at = desk.open[tag].price or desk.asked_at[tag]
            desk.fill(tag, Decimal("0.4"), at)
        if event.what in {"part", "cancel"} and tag and tag in desk.open and event.chosen > 3:
            desk.end(tag, desk.open[tag].price or desk.asked_at[tag])
        if event.what == "trade":
            desk.trade(price)
        else:
            desk.ask(price)
        assert desk.held >= 0


@EACH
def test_what_is_always_refused_is_not_asked_for_endlessly(strategy: Strategy) -> None:
    desk = Desk(strategy, SHORT[strategy.id][0], Decimal(1000))
    for _ in range(60):
        for tag in desk.ask("100"):
            desk.end(tag)

    assert desk.ask("100") == {}
    assert 0 < len(desk.tags) <= MOST_REFUSALS * 4


@EACH
def test_an_amount_that_is_too_small_is_refused_and_the_lowest_one_named(
    strategy: Strategy,
) -> None:
    settings = strategy.read_settings({})
    with pytest.raises(BadInput, match="amount_too_small_for_strategy") as caught:
        strategy.check_amount(settings, MARKET, Decimal(100), Decimal(1))

    assert caught.value.facts["field"] == "amount"
    lowest = caught.value.facts["lowest"]
    assert isinstance(lowest, Decimal)
    strategy.check_amount(settings, MARKET, Decimal(100), lowest)


@EACH
def test_with_the_lowest_amount_it_does_trade(strategy: Strategy) -> None:
    settings = strategy.read_settings({})
    with pytest.raises(BadInput) as caught:
        strategy.check_amount(settings, MARKET, Decimal(100), Decimal(1))
    desk = Desk(strategy, {}, Decimal(str(caught.value.facts["lowest"])), fee_in_base=True)

    for price in (100, 99, 97, 94, 91, 93, 96, 99, 102, 107, 112, 118, 140, 99, 90, 80):
        desk.trade(Decimal(price))

    sides = {want.side.value for want in desk.tags.values()}
    assert sides == {"buy", "sell"}
    assert any(desk.done) or desk.held > 0 or desk.spent < 0


@EACH
@pytest.mark.parametrize("tick", ["1", "0.00000001", "0.000000000000000001"])
def test_ticks_may_be_as_coarse_or_fine_as_markets_have_them(strategy: Strategy, tick: str) -> None:
    market = replace(MARKET, price_tick=Decimal(tick), quantity_step=Decimal("0.00000001"))
    price = Decimal("43210.98")
    with pytest.raises(BadInput, match="amount_too_small_for_strategy"):
        strategy.check_amount(strategy.read_settings({}), market, price, Decimal(1))
    desk = Desk(strategy, {}, Decimal(10_000), market=market)

    for percent in (100, 98, 96, 93, 97, 101, 105, 112, 125):
        desk.trade(round(price * percent / 100, 0))

    assert {want.side.value for want in desk.tags.values()} == {"buy", "sell"}
