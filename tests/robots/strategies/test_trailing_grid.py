"""Trailing grid: a grid that moves when prices leave it."""

from drawbridge.robots.strategies.trailing_grid import TRAILING_GRID
from tests.kit.order_desk import Desk, begun, told

# Lines at 100 * 1.1 ** n; at first from -1 to 1: 90.90, 100 and 110; two lots of 50.
CHOSEN: dict[str, object] = {"gap": 10, "lots": 2}


def desk_at(price: str, **chosen: object) -> Desk:
    return begun(TRAILING_GRID, "100.1", price, **CHOSEN | chosen)


def prices(desk: Desk) -> list[tuple[str, str]]:
    return [(side, price) for side, _, price in told(desk.open)]


def test_it_begins_around_the_price() -> None:
    desk = desk_at("100")

    assert prices(desk) == [("buy", "90.9")]
    desk.trade("101")
    assert prices(desk) == [("buy", "100"), ("buy", "90.9")]


def test_it_moves_up_when_prices_are_a_step_beyond_its_top() -> None:
    desk = desk_at("101")

    # Lines at 101 * 1.1 ** n: the top is 111.1, and 122.21 a step beyond it.
    desk.trade("122")
    assert prices(desk) == [("buy", "101"), ("buy", "91.81")]
    desk.trade("123")
    # The lowest lot is taken back; only when it has come back it stands at the top.
    assert prices(desk) == [("buy", "101")]
    desk.trade("123")
    assert prices(desk) == [("buy", "111.1"), ("buy", "101")]


def test_upwards_only_it_keeps_its_lots_when_prices_fall() -> None:
    desk = desk_at("100")
    desk.trade("101")
    desk.trade("80")
    desk.trade("60")

    assert prices(desk) == [("sell", "110"), ("sell", "100")]


def test_downwards_too_it_sells_the_highest_lot_and_moves_it_to_the_bottom() -> None:
    desk = desk_at("100", follow="both")
    desk.trade("101")
    desk.trade("89")
    assert prices(desk) == [("sell", "110"), ("sell", "100")]

    desk.trade("82")  # below 82.64, a step under the lowest line
    assert prices(desk) == [("sell", "100")]
    desk.trade("82")
    assert prices(desk) == [("sell", "100"), ("sell", "none")]
    desk.trade("83")
    assert prices(desk) == [("sell", "100"), ("buy", "82.64")]


def test_a_loss_lessens_what_it_may_spend() -> None:
    desk = desk_at("100", follow="both")
    for price in ("101", "89", "82", "82", "83"):
        desk.trade(price)

    # Two lots cost 45.4 + 50 and more; selling one at 82 brought less than it had cost.
    (want,) = (want for want in desk.open.values() if want.side.value == "buy")
    assert desk.spent + want.quantity * (want.price or 0) <= desk.amount
