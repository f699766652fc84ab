"""What the runner needs from trading and the gateway: one small protocol each."""

from typing import Protocol, TypeVar

from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation, PlaceOrder
from drawbridge.core.orders import Fill, Order
from drawbridge.gateway.policy import Purpose

A = TypeVar("A")


class Desk(Protocol):
    """Where orders are placed and looked up; trading's broker is one."""

    async def place(self, key_id: str, origin: str, order: PlaceOrder) -> Order:
        """Place an order once.

        Raises: `Conflict("order_already_intended")` for a client id that came to nothing before,
        `ExchangeDown` when nothing happened, `OutcomeUnknown` when nobody knows; any other
        family is a definite no.
        """

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        """Give an order as it stands now, with all its fills on record.

        None when it certainly does not exist at the exchange.
        Raises: `OutcomeUnknown` while nobody knows, `ExchangeDown` when it cannot be told yet.
        """


class Record(Protocol):
    """Where fills stand on disk; trading's store is one."""

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
