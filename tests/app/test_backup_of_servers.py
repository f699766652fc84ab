"""Backups of what is on a PostgreSQL server, put back there and in a file, and the other way."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.app.backup_reading import verify
from drawbridge.app.backup_restoring import restore
from drawbridge.app.build import open_house
from drawbridge.app.data_folder import database_file
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.audit.store import verify as verify_chain
from drawbridge.core.errors import Conflict, ExchangeDown
from drawbridge.core.secret import Secret
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.opening import Opening
from drawbridge.vault.unlock import Wish as VaultWish
from tests.kit.backups import PASSPHRASE, SECRET, START_MS, Kept, kept_house
from tests.kit.holding import held_here
from tests.kit.postgres import PrivateServer


@pytest.fixture
async def kept(tmp_path: Path, postgres_url: str) -> AsyncIterator[Kept]:
    async with kept_house(tmp_path / "data", url=postgres_url) as opened:
        yield opened


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Kept]:
    """Give a house on one machine, with its rows in a file."""
    async with kept_house(tmp_path / "small") as opened:
        yield opened


async def _holds_all_and_stands_still(settings: Settings, kept: Kept) -> None:
    async with open_house(settings, kept.clock) as house:
        assert house.limits.is_stopped(kept.owner)
        await verify_chain(house.database)
        holder = KeyHolder(house.database, kept.clock, settings.vault_key)
        await holder.start()
        await held_here(house).door.ask(kept.owner, VaultWish.UNLOCK, Secret(PASSPHRASE))
        await holder.answer()
        opening = Opening(house.database, kept.clock, holder.keyring)
        async with opening.open_fields(kept.key_id) as fields:
            assert fields["api_secret"] == Secret(SECRET)
        await holder.stop()


async def test_a_machine_without_the_vaults_key_makes_none(kept: Kept, tmp_path: Path) -> None:
    """It would look whole, and open nothing once it is put back."""
    kept.house.settings.vault_key.rename(tmp_path / "elsewhere")
    with pytest.raises(Conflict) as told:
        await kept.backup(tmp_path)
    assert told.value.code == "backup_vault_key_elsewhere"


async def test_nothing_is_put_back_where_somebody_is(kept: Kept, tmp_path: Path) -> None:
    file = await kept.backup(tmp_path)
    again = Settings(tmp_path / "again", store=kept.house.settings.store)
    with pytest.raises(Conflict) as told:
        await restore(file, kept.recovery, again)
    assert told.value.code == "database_in_use"
    assert not again.data.exists()
    assert [it.name for it in await kept.house.accounts.list_owners()] == ["Ada"]


async def test_of_a_server_that_is_away_no_folder_is_left(kept: Kept, tmp_path: Path) -> None:
    file = await kept.backup(tmp_path)
    away = StoreSettings(f"postgresql://drawbridge@/nothing?host={tmp_path}")
    with pytest.raises(ExchangeDown) as told:
        await restore(file, kept.recovery, Settings(tmp_path / "again", store=away))
    assert told.value.code == "database_unreachable"
    assert not (tmp_path / "again").exists()


async def test_a_backup_of_a_server_is_verified_like_any_other(kept: Kept, tmp_path: Path) -> None:
    chain = await verify_chain(kept.house.database)
    found = await verify(await kept.backup(tmp_path), kept.recovery)
    assert (found.people, found.keys, found.made_ms) == (1, 1, START_MS)
    assert (found.events, found.head) == (chain.count, chain.head.hex())
    assert set(found.files) == {"drawbridge.db", "vault.key", "local.key"}


async def test_from_one_server_to_another(
    kept: Kept, tmp_path: Path, postgres_server: PrivateServer
) -> None:
    """The database was lost with its machine: an empty one takes its place."""
    url = postgres_server.new_database()
    try:
        new = Settings(tmp_path / "new", store=StoreSettings(url))
        await restore(await kept.backup(tmp_path), kept.recovery, new, kept.clock)
        assert {it.name for it in new.data.iterdir()} == {"vault.key", "local.key", "settings.env"}
        await _holds_all_and_stands_still(new, kept)
    finally:
        postgres_server.drop_database(url)


async def test_from_a_server_to_a_file(kept: Kept, tmp_path: Path) -> None:
    new = Settings(tmp_path / "new")
    await restore(await kept.backup(tmp_path), kept.recovery, new, kept.clock)
    await _holds_all_and_stands_still(new, kept)


async def test_from_a_file_to_a_server(small: Kept, tmp_path: Path, postgres_url: str) -> None:
    """One machine became too small."""
    new = Settings(tmp_path / "new", store=StoreSettings(postgres_url))
    await restore(await small.backup(tmp_path), small.recovery, new, small.clock)
    assert not database_file(new).exists()
    await _holds_all_and_stands_still(new, small)
