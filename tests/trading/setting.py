"""Broker and reconciliation over a gateway and a stub exchange."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from drawbridge.core.operations import PlaceOrder
from drawbridge.trading.broker import Broker
from drawbridge.trading.reconcile import Reconciliation
from drawbridge.trading.store import OrderStore
from drawbridge.trading.watch import Watch
from tests.gateway.setting import Setting, setting

ORIGIN = "robot:1"


@dataclass
class Desk:
    """The house of the gateway, and trading in it."""

    house: Setting
    store: OrderStore
    reconciliation: Reconciliation
    broker: Broker

    def order(self, client_id: str = "db1", **changes: object) -> PlaceOrder:
        """Give a limit order far below the market."""
        return self.house.order(client_id, **changes)

    async def place(self, order: PlaceOrder | None = None) -> object:
        """Place it for the test's robot."""
        return await self.broker.place(self.house.key, ORIGIN, order or self.order())


@asynccontextmanager
async def desk(folder: Path, exchange_id: str) -> AsyncIterator[Desk]:
    """Build all of it."""
    async with setting(folder, exchange_id) as house:
        store = OrderStore(house.database)
        reconciliation = Reconciliation(
            house.gateway, house.vault, store, house.journal, house.clock
        )
        watch = Watch(house.database, store, house.vault, house.gateway, house.clock)
        broker = Broker(house.gateway, store, reconciliation, watch)
        yield Desk(house, store, reconciliation, broker)
