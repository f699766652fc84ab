"""What the runner needs from trading, the gateway, the vault and streams: small protocols."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation
from drawbridge.core.orders import Fill, Order
from drawbridge.core.streams import Topic
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.streaming import Told
from drawbridge.trading.fanout import Placing
from drawbridge.vault.model import KeyRecord, KeyStatus

A = TypeVar("A")


class Desk(Placing, Protocol):
    """Where orders are placed, looked up and cancelled; trading's broker is one."""

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        """Give an order as it stands now, with all its fills on record.

        None when it certainly does not exist at the exchange.
        Raises: `OutcomeUnknown` while nobody knows, `ExchangeDown` when it cannot be told yet.
        """

    async def cancel(self, key_id: str, client_id: str) -> Order | None:
        """Cancel an order and give it as it ended. Raises: as `look_up`."""


class Record(Protocol):
    """Where fills stand on disk; trading's store is one."""

    async def fills_of(self, origin: str, key_id: str = "") -> tuple[Fill, ...]:
        """Give every fill of this origin's orders (of one key), in the order of time."""

    async def fills_of_order(self, key_id: str, client_id: str) -> tuple[Fill, ...]:
        """Give every fill of an order that is on record, in the order of time."""


class Roads(Protocol):
    """What leads to the exchanges; the gateway is one."""

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        """Carry out an operation with a key."""

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key."""

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets."""

    async def place_of(self, key_id: str) -> tuple[str, str]:
        """Give the exchange and the venue of a key."""


class Keys(Protocol):
    """Where keys stand; the vault is one."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""

    async def list_standing(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        """List the keys that stand in one of these ways, whoever owns them."""


class Streams(Protocol):
    """What tells of markets and accounts as things happen; the gateway's streams are one."""

    def follow(self, exchange_id: str, venue: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what everybody may see.

        Raises: `NotFound("no_streams")`, `BadInput` for a topic that is not told.
        """

    def follow_key(self, key_id: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what happens to a key's account."""


@dataclass(frozen=True, slots=True)
class Outside:
    """All that a runner reaches; without streams, everything is asked for over REST."""

    desk: Desk
    record: Record
    roads: Roads
    keys: Keys
    streams: Streams | None = None
