"""Scenario 56: at every exchange, trades made elsewhere are told from deposits and withdrawals.

The exchange is the real paper one, asked over sockets by the real gateway; of the trades, our own
record knows nothing.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.orders import Fill
from drawbridge.statistics.snapshots import Snapshots, Sources
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.trading.portfolio import Portfolios
from tests.kit.stream_house import StreamHouse, stream_house

CARDS = [get_card(exchange_id) for exchange_id in exchange_ids()]
PAPERED = [card.id for card in CARDS if card.level >= Level.PAPERED and card.takes_keys]


class NothingOfOurs:
    async def fills_of_key(self, key_id: str, since_ms: int = 0) -> tuple[Fill, ...]:
        assert key_id
        assert since_ms >= 0
        return ()


@pytest.fixture
async def house(tmp_path: Path, exchange_id: str) -> AsyncIterator[StreamHouse]:
    async with stream_house(tmp_path, exchange_id) as it:
        yield it


@pytest.mark.parametrize("exchange_id", PAPERED)
async def test_trades_made_elsewhere_are_no_transfers(house: StreamHouse) -> None:
    key_id = await house.new_key()
    read, kept = PortfolioStore(house.database, house.clock), SnapshotStore(house.database)
    portfolios = Portfolios(house.gateway, house.vault, read, house.clock)
    snapshots = Snapshots(Sources(house.gateway, house.vault, NothingOfOurs(), read), kept)
    for orders in (0, 3):
        for _ in range(orders):
            await house.buy(key_id)
        house.clock.advance(1)
        await read.ask(key_id, house.symbol.partition("/")[2].partition(":")[0])
        await portfolios.refresh(key_id)
        await snapshots.take(key_id)
    before, after = await kept.list_of(key_id)
    assert {name: it.amount for name, it in before.held.items()} != {
        name: it.amount for name, it in after.held.items()
    }
    assert after.settled_ms is not None
    assert after.transfers == {}
