"""What robots have earned, at a glance: as their reports say it, and read anew only when needed."""

from collections.abc import AsyncIterator, Collection, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.orders import Fill
from drawbridge.statistics.earnings import Earned, Earnings, Trader, earned_by
from drawbridge.statistics.service import Ground, report_on
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.trading.trades import Mark, TradeStore
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.store import place_in
from tests.kit.trades import SYMBOL, trade

ROBOT = Trader("robot:one", SYMBOL)
BOUGHT = trade("buy", "2", "100", 1, "3 USD")
SOLD = trade("sell", "1", "130", 2, "1 USD")


class Watched:
    """The record, counting how often an origin's fills are read."""

    def __init__(self, record: TradeStore) -> None:
        self._record = record
        self.read = 0

    async def marks_of(self, origins: Collection[str]) -> Mapping[str, Mark]:
        return await self._record.marks_of(origins)

    async def fills_by_account(self, origin: str) -> tuple[tuple[Fill, ...], ...]:
        self.read += 1
        return await self._record.fills_by_account(origin)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(place_in(tmp_path), "app")
    yield database
    await database.close()


async def test_a_robot_without_trades_earned_nothing(database: Database) -> None:
    assert await Earnings(TradeStore(database)).of([]) == {}
    assert await Earnings(TradeStore(database)).of([ROBOT]) == {ROBOT.origin: Earned()}
    assert Earned().profit_at(None) == 0


async def test_without_a_price_nothing_is_said_about_what_is_held() -> None:
    assert earned_by([[BOUGHT]], ROBOT).profit_at(None) is None
    flat = [[BOUGHT, trade("sell", "2", "100", 2)]]
    assert earned_by(flat, ROBOT).profit_at(None) == Decimal(-3)


async def test_profit_is_made_and_not_yet_made_as_the_report_has_it() -> None:
    """2 bought at 100 for a fee of 3, 1 sold at 130 for a fee of 1; now it is 120.

    The half that was sold cost 101.5 and brought 129: 27.5. The other stands at 120 - 101.5.
    """
    earned = earned_by([[BOUGHT, SOLD]], ROBOT)
    assert (earned.realised, earned.trades) == (Decimal("27.5"), 0)
    assert earned.profit_at(Decimal(120)) == Decimal(46)
    ground = Ground(SYMBOL, Decimal(1000), prices=[(3, Decimal(120))])
    told = report_on([BOUGHT, SOLD], ground).figures
    assert told.open_profit is not None
    assert told.net_profit + told.open_profit == Decimal(46)


async def test_positions_of_different_accounts_stand_alone() -> None:
    """Bought on one account and sold short on the other: two positions, none closed."""
    short = trade("sell", "2", "110", 2)
    earned = earned_by([[BOUGHT], [short]], ROBOT)
    assert (earned.realised, earned.trades) == (Decimal(0), 0)
    assert earned.profit_at(Decimal(105)) == Decimal(2 * 105 - 203) + Decimal(220 - 2 * 105)


async def test_fills_are_read_again_only_when_there_are_new_ones(database: Database) -> None:
    record = Watched(TradeStore(database))
    earnings, whose = Earnings(record), Whose("owner_1", "key_a", origin=ROBOT.origin)
    await record_trades(database, whose, BOUGHT)
    for _ in range(3):
        assert (await earnings.of([ROBOT]))[ROBOT.origin].realised == 0
    assert record.read == 1
    await record_trades(database, whose, SOLD)
    assert (await earnings.of([ROBOT]))[ROBOT.origin].realised == Decimal("27.5")
    assert record.read == 2
