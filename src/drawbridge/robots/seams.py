"""What the runner needs from trading, the gateway and the vault: one small protocol each."""

from typing import Protocol, TypeVar

from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation, PlaceOrder
from drawbridge.core.orders import Fill, Order
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.model import KeyRecord

A = TypeVar("A")


class Desk(Protocol):
    """Where orders are placed and looked up; trading's broker is one."""

    async def place(self, key_id: str, origin: str, order: PlaceOrder) -> Order:
        """Place an order once.

        Raises: `Conflict("order_already_intended")` for a client id that was used before,
        `ExchangeRefused` and its like for a definite no, `ExchangeDown` when nothing happened,
        `OutcomeUnknown` when nobody knows.
        """

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        """Give an order as it stands now, with all its fills on record.

        None when it certainly does not exist at the exchange.
        Raises: `OutcomeUnknown` while nobody knows, `ExchangeDown`.
        """

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


class KeyBook(Protocol):
    """Where keys are looked up by id, whoever owns them."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""
