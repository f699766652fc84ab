"""Rebalancing: trade when the share has left its band, and only then."""

from drawbridge.robots.strategies.rebalancing import REBALANCING
from tests.kit.order_desk import Desk, begun, told

CHOSEN: dict[str, object] = {"share": 50, "band": 5}


def desk_at(price: str) -> Desk:
    return begun(REBALANCING, "1000", price, **CHOSEN)


def test_it_begins_with_its_share() -> None:
    assert told(desk_at("100").open) == [("buy", "5", "none")]


def test_within_the_band_nothing_is_traded() -> None:
    desk = desk_at("100")

    assert desk.trade("100") == {}
    # 5 at 120 are 600 of about 1099.5: 54.6 %.
    assert desk.trade("120") == {}


def test_above_the_band_it_sells_down_to_the_share() -> None:
    desk = desk_at("100")
    desk.trade("100")

    # 5 at 130 are 650 of 1149.5 (half a unit went as fee); half of it is 574.75.
    assert told(desk.trade("130")) == [("sell", "0.5788", "none")]


def test_below_the_band_it_buys_up_to_the_share() -> None:
    desk = desk_at("100")
    desk.trade("100")

    # 5 at 80 are 400 of 899.5, of which 449.75 are half.
    assert told(desk.trade("80")) == [("buy", "0.6218", "none")]


def test_one_order_at_a_time() -> None:
    desk = desk_at("100")

    assert told(desk.ask("50")) == [("buy", "5", "none")]
