"""Orders of which only the ids were told."""

from drawbridge.core.money import ZERO
from drawbridge.core.orders import OrderStatus
from drawbridge.wire.bare_orders import bare_order


def test_what_was_told_stands_in_the_order_and_nothing_is_made_up_beside_it() -> None:
    order = bare_order("17", "mine", "BTC/USD")
    assert (order.order_id, order.client_id, order.symbol) == ("17", "mine", "BTC/USD")
    assert order.status is OrderStatus.CANCELLED
    assert order.price is None
    assert (order.quantity, order.filled, order.fee) == (ZERO, ZERO, ZERO)
    assert (order.created_ms, order.updated_ms) == (0, 0)


def test_a_cancel_that_is_still_under_way_leaves_the_order_open() -> None:
    assert bare_order("17", "", "BTC/USD", OrderStatus.OPEN).status is OrderStatus.OPEN
