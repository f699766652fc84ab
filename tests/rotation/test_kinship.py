"""Keys of one account, where the exchange does not tell it: proven once, and forgotten in time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.money import ZERO
from drawbridge.rotation.kinship import Kinship
from drawbridge.rotation.replacement import AccountProof
from drawbridge.rotation.same_account import Finding
from drawbridge.storage.database import Database
from drawbridge.trading.holdings import Holding, Portfolio, PortfolioStore
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.roles import are_of_one_account, reader_among
from drawbridge.vault.roster import News
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

    async def sees_orders_of(self, key: KeyRecord, other: KeyRecord) -> Finding:
        return await self.find_out(key, other)


class Shelf:
    """The keys of the database, of which another worker may have some."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.elsewhere: set[str] = set()

    async def news(self, seen: int) -> News:
        every = await store.list_after(self._database, "", 100)
        ours = tuple(it for it in every if self.holds(it.id))
        return News(seen + 1, ours, tuple(self.elsewhere))

    async def list_beside(self, key: KeyRecord) -> tuple[KeyRecord, ...]:
        return await store.list_at_place_of(self._database, key)

    def holds(self, key_id: str) -> bool:
        return key_id not in self.elsewhere


@dataclass
class Family:
    """Two keys of one exchange, and who finds out about them."""

    database: Database
    clock: SteppedClock
    finder: Finder
    kinship: Kinship
    shelf: Shelf
    readings: PortfolioStore

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

    async def read(self, *amounts: str) -> None:
        """Let each worker read its key's account: the one that trades, then the other."""
        for key_id, amount in zip((KEY, SECOND_KEY), amounts, strict=True):
            held = Holding("BTC", Decimal(amount), Decimal(0), None, None)
            now_ms = self.clock.now_ms()
            await self.readings.keep(key_id, Portfolio("USDT", ZERO, (held,), (), now_ms))

    async def change(self, sql: str, *args: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(sql, *args)


@pytest_asyncio.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    async with open_database(tmp_path) as database:
        clock, finder = SteppedClock(1_790_000_000_000), Finder()
        shelf, readings = Shelf(database), PortfolioStore(database, clock)
        kinship = Kinship(database, finder, shelf, readings, clock)
        made = Family(database, clock, finder, kinship, shelf, readings)
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


# ------------------------------------------------- of two keys, another worker has one

ODD = "0.73190284"


async def test_orders_that_the_key_which_reads_sees_prove_it_alone(family: Family) -> None:
    family.shelf.elsewhere = {KEY}
    assert not await family.later()
    family.finder.finding = Finding(AccountProof.ORDER)
    assert await family.later(HOUR_MS)


async def test_who_has_only_the_key_that_trades_leaves_it_to_who_has_the_other(
    family: Family,
) -> None:
    family.shelf.elsewhere = {SECOND_KEY}
    family.finder.finding = Finding(AccountProof.ORDER)
    assert not await family.later()
    assert family.finder.asked == 0


async def test_accounts_that_are_read_alike_again_and_again_are_one(family: Family) -> None:
    family.shelf.elsewhere = {KEY}
    looks = 0
    await family.read(ODD, ODD)
    while not await family.later():
        looks += 1
        await family.read(ODD, ODD)
        assert looks < 10
    assert looks == 4, "one was read after the other, and that one again after it"


@pytest.mark.parametrize("amounts", [("10000", "10000"), (ODD, "0.73190285")])
async def test_round_amounts_and_other_amounts_prove_nothing(
    family: Family, amounts: tuple[str, str]
) -> None:
    family.shelf.elsewhere = {KEY}
    for _ in range(10):
        await family.read(*amounts)
        assert not await family.later()


async def test_all_that_was_moved_from_one_to_the_other_makes_no_kin(family: Family) -> None:
    """The row that is older than the move shows what the other account holds since."""
    family.shelf.elsewhere = {KEY}
    await family.read(ODD, "0")
    for _ in range(10):
        held = Holding("BTC", Decimal(ODD), Decimal(0), None, None)
        moved = Portfolio("USDT", ZERO, (held,), (), family.clock.now_ms())
        await family.readings.keep(SECOND_KEY, moved)
        assert not await family.later()
