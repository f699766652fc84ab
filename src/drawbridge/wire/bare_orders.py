"""Orders of which an answer tells the ids and nothing else, as many exchanges answer a cancel.

Who must know the rest asks for the order itself.
"""

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce


def bare_order(
    order_id: str, client_id: str, symbol: str, status: OrderStatus = OrderStatus.CANCELLED
) -> Order:
    """Make an order of what was told.

    Why: an order has no empty places, so side, type, amounts and times are filled in here, alike
    for all exchanges. Nothing may be read from them.
    """
    return Order(
        order_id=order_id,
        client_id=client_id,
        symbol=symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        status=status,
        quantity=ZERO,
        price=None,
        created_ms=0,
        updated_ms=0,
    )
