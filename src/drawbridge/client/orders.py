"""The operations of the group “orders”."""

from typing import Literal, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import OrderType, Reason, Side, Trade, Venue

OrderState = Literal[
    "intended",
    "unknown",
    "open",
    "partially_filled",
    "filled",
    "cancelled",
    "expired",
    "rejected",
    "refused",
    "never_arrived",
]
Standing = Literal["all", "open", "filled", "ended"]
TimeInForce = Literal["gtc", "ioc", "fok"]


class Order(TypedDict):
    """An order as it was meant and as it stands."""

    client_id: str
    order_id: str
    key_id: str
    exchange: str
    venue: Venue
    origin: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    is_post_only: bool
    quantity: str | None
    quote_quantity: str | None
    price: str | None
    state: OrderState
    reason: Reason | None
    filled: str
    filled_quote: str
    fee: str
    fee_currency: str
    intended_ms: int
    updated_ms: int


class OrdersOperations:
    """The operations of the group “orders”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_orders(
        self,
        *,
        key: str | None = None,
        robot: str | None = None,
        standing: Standing | None = None,
        text: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[Order]:
        """List orders, those of deleted keys and robots included."""
        told: Page[Order] = self._calling.ask(
            "GET",
            "/orders",
            {},
            query={
                "key": key,
                "robot": robot,
                "standing": standing,
                "text": text,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return told

    def list_trades(
        self,
        *,
        key: str | None = None,
        robot: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[Trade]:
        """List executions."""
        told: Page[Trade] = self._calling.ask(
            "GET",
            "/trades",
            {},
            query={"key": key, "robot": robot, "limit": limit, "cursor": cursor},
        )
        return told
