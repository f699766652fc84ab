"""What the runner needs from trading and the gateway: one small protocol each."""

from typing import Protocol, TypeVar

from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation, PlaceOrder
from drawbridge.core.orders import Fill, Order
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.model import OwnOrder

A = TypeVar("A")


class Desk(Protocol):
    """Where orders are placed; trading's broker is one."""

    async def place(self, key_id: str, origin: str, order: PlaceOrder) -> Order:
        """Place an order, or give the one that the same client id placed before.

        Raises: `ExchangeDown` when nothing happened, `OutcomeUnknown` when nobody knows (then
        asking again with the same order is right); any other family is a definite no.
        """

    async def refresh(self, key_id: str, client_id: str) -> Order:
        """Read an order at the exchange again."""


class Record(Protocol):
    """Where orders and fills stand on disk; trading's store is one."""

    async def find_order(self, key_id: str, client_id: str) -> OwnOrder | None:
        """Give an order, or None when it was never intended."""

    async def fills_of(self, origin: str) -> tuple[Fill, ...]:
        """Give every fill of this origin's orders, in the order of time."""


class Roads(Protocol):
    """What leads to the exchanges; the gateway is one."""

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        """Carry out an operation with a key."""

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key."""

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets."""
