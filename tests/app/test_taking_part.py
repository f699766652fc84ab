"""Which part of the work a process takes, and when."""

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drawbridge.app.build import House, open_house
from drawbridge.app.gateway_lock import is_gateway_running
from drawbridge.app.presence import is_worker_there
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.app.taking_part import Settled, part_of, take_part
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.secret import Secret
from drawbridge.core.shards import HOUSE, SHARDS
from drawbridge.sealing.local import LocalKey
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import Wish
from tests.kit.house import until


@dataclass
class Told:
    """A part that only tells that it was begun."""

    share: Share = WHOLE
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self, settled: Settled) -> None:
        await settled(HOUSE)
        self.begun.set()

    async def leave(self) -> None:
        """Leave."""


async def at_once(_shard: int) -> None:
    """Wait for nothing."""


async def test_over_a_file_one_process_has_everything_and_a_second_is_refused(
    tmp_path: Path,
) -> None:
    async with open_house(Settings(tmp_path)) as house:
        assert not await is_worker_there(house)
        async with part_of(house, is_served=True) as part:
            assert part.share is WHOLE
            assert is_gateway_running(house.settings.gateway_lock)
            assert await is_worker_there(house)
            with pytest.raises(Conflict, match="gateway_running"):
                await part_of(house, is_served=True).__aenter__()


async def test_over_a_server_workers_claim_shares_and_whoever_goes_gives_back(
    tmp_path: Path, postgres_url: str
) -> None:
    settings = Settings(tmp_path, store=StoreSettings(postgres_url))
    async with open_house(settings) as house:
        assert not await is_worker_there(house)
        async with part_of(house, is_served=False) as first:
            await first.begin(at_once)
            assert first.share.shards == frozenset(range(SHARDS))
            async with part_of(house, is_served=False) as second:
                await second.begin(at_once)

                async def is_shared() -> bool:
                    return second.share.shards is not None and len(second.share.shards) > 0

                await until(is_shared, "the second has some")
                await first.leave()
                assert first.share.shards == frozenset()
                assert await is_worker_there(house)
        assert not await is_worker_there(house)
        assert not settings.gateway_lock.exists()


async def test_who_cannot_open_the_vault_takes_no_accounts_from_who_can(
    tmp_path: Path, postgres_url: str
) -> None:
    settings = Settings(tmp_path, store=StoreSettings(postgres_url))
    async with open_house(settings) as house, part_of(house, is_served=False) as able:
        await able.begin(at_once)
        await _make_vault(house, able.share)
        late, opened = Told(), asyncio.Event()
        beginning = asyncio.create_task(take_part(late, house, at_once, opened.is_set))
        waiting, _ = await asyncio.wait((beginning,), timeout=0.2)
        assert not waiting
        assert not late.begun.is_set()
        opened.set()
        await beginning
        assert late.begun.is_set()
        # Where nobody is left who could, somebody has to answer who unlocks it.
        await able.leave()
        last = Told()
        await take_part(last, house, at_once, asyncio.Event().is_set)
        assert last.begun.is_set()


async def test_a_machine_without_the_clusters_key_makes_no_second_one(
    tmp_path: Path, postgres_url: str
) -> None:
    store = StoreSettings(postgres_url)
    async with open_house(Settings(tmp_path / "one", store=store)) as house:
        await house.accounts.create_owner("Ada", Secret("a long password of her own"), first=True)
    with pytest.raises(NotFound, match="local_key_missing"):
        await open_house(Settings(tmp_path / "two", store=store)).__aenter__()
    assert not (tmp_path / "two" / "local.key").exists()


async def test_of_two_machines_that_begin_at_once_one_keeps_its_key(
    tmp_path: Path, postgres_url: str
) -> None:
    """Nobody is there yet, so both may draw a key; what one seals, the other could never open."""
    store = StoreSettings(postgres_url)
    async with open_house(Settings(tmp_path / "one", store=store)):
        (tmp_path / "two").mkdir()
        LocalKey.load_or_create(tmp_path / "two" / "local.key")
        with pytest.raises(Conflict, match="local_key_other"):
            await open_house(Settings(tmp_path / "two", store=store)).__aenter__()
        shutil.copy(tmp_path / "one" / "local.key", tmp_path / "two" / "local.key")
        async with open_house(Settings(tmp_path / "two", store=store)) as other:
            await other.accounts.create_owner("Ada", Secret("a long password"), first=True)


async def test_a_file_of_one_machine_asks_nobody_for_its_key(tmp_path: Path) -> None:
    async with open_house(Settings(tmp_path)):
        pass
    (tmp_path / "local.key").unlink()
    async with open_house(Settings(tmp_path)) as house:
        assert await house.database.fetch_one("SELECT * FROM local_key_proof") is None


async def _make_vault(house: House, share: Share) -> None:
    holder = KeyHolder(house.database, house.clock, house.settings.vault_key, {}, share)
    await holder.start()
    await house.door.ask("owner_a", Wish.CREATE, None)
    assert await holder.answer() == 1
    assert holder.is_open
