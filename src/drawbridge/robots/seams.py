"""What the runner needs: orders and fills by small protocols, and the road that reads accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drawbridge.core.orders import Fill, Order
from drawbridge.trading.fanout import Placing
from drawbridge.trading.reading import Keys, Passage, Streams


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

    async def fills_of_each(
        self, asked: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Sequence[Fill]]:
        """Give every fill of these origins' orders with a key each, in the order of time."""

    async def fills_of_order(self, key_id: str, client_id: str) -> tuple[Fill, ...]:
        """Give every fill of an order that is on record, in the order of time."""


@dataclass(frozen=True, slots=True)
class Outside:
    """All that a runner reaches; without streams, everything is asked for over REST."""

    desk: Desk
    record: Record
    roads: Passage
    keys: Keys
    streams: Streams | None = None
