"""What trading keeps of an order, and the one rule of how its state may move. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce


class OrderState(StrEnum):
    """Where an order of ours stands; after `UNKNOWN` comes what the look-up finds."""

    INTENDED = "intended"
    UNKNOWN = "unknown"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REFUSED = "refused"
    NEVER_ARRIVED = "never_arrived"

    @property
    def is_unknown(self) -> bool:
        """Tell whether nobody knows if the order exists."""
        return self in {OrderState.INTENDED, OrderState.UNKNOWN}

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing can happen to the order any more."""
        return self not in _UNSETTLED


_UNSETTLED: Final = frozenset(
    {
        OrderState.INTENDED,
        OrderState.UNKNOWN,
        OrderState.OPEN,
        OrderState.PARTIALLY_FILLED,
    }
)
# An order that never came to be is, to whoever placed it, one that the exchange did not take.
_AS_STATUS: Final = {
    OrderState.INTENDED: OrderStatus.OPEN,
    OrderState.UNKNOWN: OrderStatus.OPEN,
    OrderState.REFUSED: OrderStatus.REJECTED,
    OrderState.NEVER_ARRIVED: OrderStatus.REJECTED,
}


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order as it was meant and as it stands; `reason` says why it was refused."""

    key_id: str
    client_id: str
    origin: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    quantity: Decimal | None
    quote_quantity: Decimal | None
    price: Decimal | None
    state: OrderState
    reason: str
    order_id: str
    filled: Decimal
    filled_quote: Decimal
    fee: Decimal
    fee_currency: str
    intended_ms: int
    updated_ms: int

    def as_order(self) -> Order:
        """Give it in the form in which exchanges tell orders."""
        return Order(
            order_id=self.order_id,
            client_id=self.client_id,
            symbol=self.symbol,
            side=self.side,
            type=self.type,
            time_in_force=self.time_in_force,
            status=_AS_STATUS.get(self.state) or OrderStatus(self.state.value),
            quantity=self.quantity or ZERO,
            price=self.price,
            created_ms=self.intended_ms,
            updated_ms=self.updated_ms,
            filled=self.filled,
            filled_quote=self.filled_quote,
            fee=self.fee,
            fee_currency=self.fee_currency,
            quote_quantity=self.quote_quantity,
            post_only=self.post_only,
        )


@dataclass(frozen=True, slots=True)
class OwnTrade:
    """An execution of an order of ours, and where it was: with which key, and who wanted it."""

    fill: Fill
    key_id: str
    exchange: str
    venue: str
    origin: str


def missing_fills(order: OwnOrder, fills: tuple[Fill, ...]) -> bool:
    """Tell whether an order filled more than the fills that we hold of it."""
    return sum((fill.quantity for fill in fills), ZERO) < order.filled
