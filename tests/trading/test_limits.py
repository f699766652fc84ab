"""Limits, judged by hand-worked examples."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.markets import Level
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.trading.limits import Exposure, Limits, average_price, is_entry, judge

SPOT = "BTC/USDT"
CONTRACT = "BTC/USDT:USDT"
CALM = Exposure(last=Decimal(100))


def _order(side: Side = Side.BUY, **changes: object) -> PlaceOrder:
    wanted: dict[str, object] = {
        "symbol": SPOT,
        "side": side,
        "type": OrderType.LIMIT,
        "quantity": Decimal(1),
        "price": Decimal(100),
    }
    return PlaceOrder(**{**wanted, **changes})  # type: ignore[arg-type]  # names and values come from the test


def _code(limits: Limits, exposure: Exposure, order: PlaceOrder) -> str:
    refused = judge(limits, exposure, order)
    return refused.code if refused else ""


# -------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("limits", "exposure", "code"),
    [
        (Limits(position=Decimal("99.99")), CALM, "limit_position"),
        (
            Limits(position=Decimal(250)),
            Exposure(last=Decimal(100), held=Decimal(1), entering=Decimal("0.6")),
            "limit_position",
        ),
        (Limits(open_orders=2), Exposure(last=Decimal(100), open_orders=2), "limit_open_orders"),
        (
            Limits(open_value=Decimal(150)),
            Exposure(last=Decimal(100), open_value=Decimal("50.01")),
            "limit_open_value",
        ),
        (
            Limits(day_loss=Decimal(10)),
            Exposure(last=Decimal(100), day_profit=Decimal(-10)),
            "limit_day_loss",
        ),
        (Limits(collar=Decimal(1)), Exposure(last=Decimal("98.9")), "limit_collar"),
        (Limits(collar=Decimal(1)), Exposure(last=Decimal("101.1")), "limit_collar"),
    ],
)
def test_an_order_that_breaks_a_limit_is_refused(
    limits: Limits, exposure: Exposure, code: str
) -> None:
    assert _code(limits, exposure, _order()) == code


def test_a_refusal_names_the_limit_and_what_it_would_become() -> None:
    refused = judge(Limits(position=Decimal(50)), CALM, _order())
    assert refused is not None
    assert refused.facts == {
        "rule": "limit",
        "limit": "50",
        "value": "100",
        "symbol": SPOT,
        "currency": "USDT",
    }


def test_an_order_by_cost_is_judged_by_its_cost() -> None:
    order = _order(
        type=OrderType.MARKET, quantity=None, price=None, quote_quantity=Decimal("50.01")
    )
    assert _code(Limits(position=Decimal(50)), CALM, order) == "limit_position"
    assert _code(Limits(position=Decimal("50.01")), CALM, order) == ""


def test_an_order_at_market_is_judged_by_what_it_would_trade_at() -> None:
    """Scenario 76: a thin pair."""
    order = _order(type=OrderType.MARKET, price=None)
    limits = Limits(collar=Decimal(2))
    dear = Exposure(last=Decimal(100), expected=Decimal("102.01"))
    assert _code(limits, dear, order) == "limit_collar"
    assert _code(limits, CALM, order) == "limit_thin"
    assert _code(limits, Exposure(last=Decimal(100), expected=Decimal(102)), order) == ""


def test_a_limit_order_that_closes_at_a_price_out_of_all_reason_is_refused() -> None:
    order = _order(Side.SELL, price=Decimal(1))
    assert _code(Limits(collar=Decimal(10)), CALM, order) == "limit_collar"


# -------------------------------------------------------------------------------- allowed


@pytest.mark.parametrize(
    "order",
    [
        _order(Side.SELL),
        _order(Side.SELL, type=OrderType.MARKET, price=None),
        _order(symbol=CONTRACT, reduce_only=True),
        _order(symbol=CONTRACT, close_position=True, quantity=None),
    ],
)
def test_whatever_the_limits_closing_is_allowed(order: PlaceOrder) -> None:
    broken = Limits(Decimal(0), Decimal(0), 0, Decimal(0), Decimal(5))
    lost = Exposure(last=Decimal(100), held=Decimal(9), day_profit=Decimal(-99), open_orders=9)
    assert _code(broken, lost, order) == ""


def test_what_just_reaches_a_limit_is_allowed() -> None:
    limits = Limits(Decimal(100), Decimal(10), 1, Decimal(100), Decimal(0))
    assert _code(limits, CALM, _order()) == ""


@pytest.mark.parametrize(
    ("side", "held", "quantity", "entry"),
    [
        (Side.BUY, 0, 1, True),
        (Side.SELL, 0, 1, True),
        (Side.SELL, 2, 2, False),
        (Side.SELL, 2, 3, True),
        (Side.BUY, -2, 2, False),
        (Side.BUY, 2, 1, True),
    ],
)
def test_in_contracts_an_entry_is_what_adds_or_turns_around(
    side: Side, held: int, quantity: int, *, entry: bool
) -> None:
    order = _order(side, symbol=CONTRACT, quantity=Decimal(quantity))
    assert is_entry(order, Decimal(held)) is entry


def test_a_spot_account_enters_by_buying_only() -> None:
    assert is_entry(_order(Side.BUY), Decimal(-5))
    assert not is_entry(_order(Side.SELL), Decimal(0))


# ------------------------------------------------------------------------------- the book


def test_the_average_price_goes_through_the_book() -> None:
    levels = (Level(Decimal(100), Decimal(1)), Level(Decimal(110), Decimal(3)))
    assert average_price(levels, Decimal(2)) == Decimal(105)
    assert average_price(levels, Decimal(5)) is None
    assert average_price((), Decimal(1)) is None


amounts = st.decimals(Decimal("0.01"), Decimal(10_000), places=2)


@given(amounts, amounts, amounts, st.sampled_from(list(Side)))
def test_a_tighter_limit_never_allows_what_a_wider_one_refuses(
    tight: Decimal, more: Decimal, quantity: Decimal, side: Side
) -> None:
    order = _order(side, quantity=quantity)
    wide, narrow = tight + more, tight
    for wider, narrower in (
        (Limits(position=wide), Limits(position=narrow)),
        (Limits(open_value=wide), Limits(open_value=narrow)),
        (Limits(collar=wide), Limits(collar=narrow)),
    ):
        assert judge(wider, CALM, order) is None or judge(narrower, CALM, order) is not None
