"""Keys of one account, where the exchange does not tell it: proven once, and forgotten in time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest_asyncio

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.rotation.kinship import Kinship
from drawbridge.rotation.replacement import AccountProof
from drawbridge.rotation.same_account import Finding
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.roles import are_of_one_account, reader_among
from tests.kit.robots import KEY, OWNER, SECOND_KEY, open_database


@dataclass
class Finder:
    """Answers as it is told to, and counts."""

    finding: Finding | None = field(default_factory=Finding)
    asked: int = 0

    async def find_out(self, key: KeyRecord, stand_in: KeyRecord) -> Finding:
        self.asked += 1
        assert (key.id, stand_in.id) == (KEY, SECOND_KEY)
        if self.finding is None:
            raise ExchangeDown("unreachable")
        return self.finding


@dataclass
class Family:
    """Two keys of one exchange, and who finds out about them."""

    database: Database
    clock: SteppedClock
    finder: Finder
    kinship: Kinship

    async def keys(self) -> tuple[KeyRecord, KeyRecord]:
        """Read the key that trades and the one that only reads."""
        trades, reads = await store.list_of_owner(self.database, OWNER)
        return trades, reads

    async def later(self, by_ms: int = MINUTE_MS) -> bool:
        """Look again after a time; tell whether they are known to be of one account."""
        self.clock.advance(by_ms)
        await self.kinship.step()
        trades, reads = await self.keys()
        return are_of_one_account(trades, reads)

    async def change(self, sql: str, *args: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(sql, *args)


class Shelf:
    """The keys of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_standing(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        return await store.list_standing(self._database, statuses)


@pytest_asyncio.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    async with open_database(tmp_path) as database:
        clock, finder = SteppedClock(1_790_000_000_000), Finder()
        kinship = Kinship(database, finder, Shelf(database), clock)
        made = Family(database, clock, finder, kinship)
        await made.change("UPDATE keys SET status = 'read_only' WHERE id = ?", SECOND_KEY)
        yield made


async def test_what_proves_nothing_is_asked_again_after_an_hour(family: Family) -> None:
    assert not await family.later()
    assert not await family.later(HOUR_MS - MINUTE_MS)
    assert family.finder.asked == 1
    family.finder.finding = Finding(differs=True)
    assert not await family.later()
    assert not await family.later(DAY_MS - MINUTE_MS)
    assert family.finder.asked == 2
    family.finder.finding = None
    assert not await family.later()
    assert not await family.later()
    assert family.finder.asked == 4, "trouble is asked about soon again"


async def test_what_is_proven_holds_and_the_account_is_read_by_the_key_that_only_reads(
    family: Family,
) -> None:
    family.finder.finding = Finding(AccountProof.ORDER)
    assert await family.later()
    trades, reads = await family.keys()
    assert reader_among(trades, (trades, reads)).id == SECOND_KEY
    assert await family.later(DAY_MS)
    assert family.finder.asked == 1
    rows = await family.database.fetch_all(
        "SELECT facts FROM audit_events WHERE tag = 'vault:key:kin_proven'"
    )
    assert len(rows) == 1


async def test_a_new_secret_is_proven_anew(family: Family) -> None:
    family.finder.finding = Finding(AccountProof.HOLDINGS)
    assert await family.later()
    family.finder.finding = Finding(differs=True)
    await family.change("UPDATE keys SET version = version + 1 WHERE id = ?", KEY)
    trades, reads = await family.keys()
    assert not are_of_one_account(trades, reads)
    assert not await family.later()
    assert family.finder.asked == 2


async def test_keys_whose_account_is_told_are_not_asked_about(family: Family) -> None:
    await family.change("UPDATE keys SET account_hint = '77' WHERE id = ?", KEY)
    assert not await family.later()
    await family.change("UPDATE keys SET account_hint = '', status = 'disabled' WHERE id = ?", KEY)
    assert not await family.later()
    assert family.finder.asked == 0
    trades, _ = await family.keys()
    assert replace(trades, kin="k").account == "k"
