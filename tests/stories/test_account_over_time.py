"""Scenario 56: the gateway's own process keeps an account's past.

What was traded with another key of the same account is neither deposit nor withdrawal.
"""

from decimal import Decimal
from pathlib import Path

from drawbridge.app.build import House, open_house
from drawbridge.core.money import plain
from drawbridge.statistics.account import Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.vault.model import KeyRecord
from tests.kit.house import Town, add_key, checked, create_owner, found_town, until
from tests.kit.processes import drawbridge

EXCHANGE, SYMBOL = "kraken", "BTC/USD"


async def _snapshots(house: House, key: KeyRecord, count: int) -> tuple[Snapshot, ...]:
    async def enough() -> tuple[Snapshot, ...] | None:
        found = await SnapshotStore(house.database).list_of(key.id)
        return found if len(found) >= count else None

    return await until(enough, f"{count} snapshots are taken")


def _run_robot(town: Town, key: KeyRecord) -> None:
    """Let a robot on a key buy at once."""
    data = ("--data", str(town.settings.data))
    wish = ("--market", SYMBOL, "--amount", "1000", "--strategy", "dca")
    for arguments in (
        ("create", "--key", key.label, *wish, "--name", "Ace"),
        ("start", "Ace"),
    ):
        assert drawbridge("robot", *arguments, *data).returncode == 0


async def test_what_another_key_trades_is_no_transfer(tmp_path: Path) -> None:
    with found_town(tmp_path) as town:
        gateway = town.gateway()
        async with open_house(town.settings) as house:
            owner = await create_owner(house)
            watched = await checked(house, (await add_key(house, town, owner, EXCHANGE)).id)
            trading = await checked(house, (await add_key(house, town, owner, EXCHANGE)).id)
            await _snapshots(house, watched, 1)
            _run_robot(town, trading)

            async def has_traded() -> bool:
                return bool(await house.orders.fills_of_key(trading.id))

            await until(has_traded, "the robot has bought")
            await house.portfolios.ask(watched.id, "USD")
            snapshots = await _snapshots(house, watched, 2)
            report = await house.statistics.account(watched.id)
        assert gateway.stop() == 0
    first, last = snapshots[0], snapshots[-1]
    assert {name: plain(it.amount) for name, it in first.held.items()} != {
        name: plain(it.amount) for name, it in last.held.items()
    }
    assert last.settled_ms is not None
    assert last.transfers == {}
    assert report is not None
    assert (report.paid_in, report.paid_out) == (Decimal(0), Decimal(0))
    assert report.total_return is not None
