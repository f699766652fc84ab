"""DCA: safeties below the first purchase, one sale at the average, deal after deal."""

from decimal import Decimal

import numpy as np
import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.dca import DCA, Seen
from tests.kit.order_desk import Desk, begun, told

# Purchases of 100, 200 and 400, the safeties 10 % and 30 % below the first; sold with 10 %.
CHOSEN: dict[str, object] = {
    "safeties": 2,
    "down": 10,
    "step_scale": 2,
    "volume_scale": 2,
    "gain": 10,
}


def desk_at(price: str, **chosen: object) -> Desk:
    return begun(DCA, "700.7", price, **CHOSEN | chosen)


def test_safeties_below_a_price_of_zero_are_refused() -> None:
    with pytest.raises(BadInput, match="steps_too_deep") as caught:
        DCA.read_settings({"safeties": 5, "down": 20})

    assert caught.value.facts["field"] == "down"


def test_it_begins_at_market_and_then_wants_all_safeties_and_the_sale() -> None:
    desk = desk_at("100")

    assert told(desk.open) == [("buy", "1", "none")]
    assert told(desk.trade("100")) == [
        ("sell", "1", "110"),
        ("buy", "2.2222", "90"),
        ("buy", "5.7142", "70"),
    ]


def test_a_safety_moves_the_sale_to_the_new_average() -> None:
    desk = desk_at("100")
    desk.trade("100")

    # The old sale comes back first, lest more is for sale than there is.
    assert told(desk.trade("90")) == [("buy", "5.7142", "70")]
    # 1 at 100 and 2.2222 at 90 cost 93.1034 on average.
    assert told(desk.ask("90"))[0] == ("sell", "3.2222", "102.42")


def test_a_sale_ends_the_deal_and_the_next_one_begins() -> None:
    desk = desk_at("100")
    desk.trade("100")

    assert told(desk.trade("110")) == []  # the safeties come back
    assert told(desk.trade("110")) == [("buy", "0.909", "none")]


def test_a_safety_that_was_refused_is_not_asked_for_again_in_this_deal() -> None:
    desk = desk_at("100")
    desk.trade("100")
    (tag,) = (tag for tag, want in desk.open.items() if want.price == 90)
    desk.end(tag)

    assert [price for _, _, price in told(desk.ask("100"))] == ["110", "70"]


def test_a_safety_bought_while_the_deal_ended_is_sold_as_well() -> None:
    desk = desk_at("100")
    desk.trade("100")
    (tag,) = (tag for tag, want in desk.open.items() if want.price == 90)
    desk.fill(tag, Decimal("0.5"))

    desk.trade("110")
    # The sale ended the deal; the safety came back with what it had bought by then.
    assert told(desk.ask("95")) == [("sell", "1.1111", "99")]


def test_with_the_index_it_waits_until_prices_have_fallen_much() -> None:
    desk = Desk(DCA, CHOSEN | {"begin": "rsi", "low": 30}, Decimal(700))
    desk.seen = Seen(np.array([31.0]))
    assert desk.ask("100") == {}

    desk.seen = Seen(np.array([30.0]))
    assert len(desk.ask("100")) == 1


def test_while_the_index_is_not_known_it_waits() -> None:
    desk = Desk(DCA, CHOSEN | {"begin": "rsi"}, Decimal(700))
    desk.seen = Seen(np.array([np.nan]))

    assert desk.ask("100") == {}
