"""Keys lie in the shards that their ids say, also for SQL."""

from drawbridge.accounts.model import Owner
from drawbridge.core.shards import shard_of
from drawbridge.storage.database import Database
from drawbridge.vault.service import Vault
from drawbridge.vault.store import fill_shards

_FIELDS = {"api_key": "K" * 64, "api_secret": "k" * 64}


async def _shard(database: Database, key_id: str) -> int:
    row = await database.fetch_one("SELECT shard FROM keys WHERE id = ?", key_id)
    assert row is not None
    return int(row["shard"])


async def test_a_new_key_is_written_with_its_shard(
    database: Database, vault: Vault, ann: Owner
) -> None:
    key = (await vault.add(ann.id, "binance", "paper", _FIELDS)).key
    assert await _shard(database, key.id) == shard_of(key.id)
    assert await fill_shards(database) == 0


async def test_keys_from_before_there_were_shards_get_theirs_once(
    database: Database, vault: Vault, ann: Owner
) -> None:
    key = (await vault.add(ann.id, "binance", "paper", _FIELDS)).key
    async with database.transaction() as tx:
        await tx.execute("UPDATE keys SET shard = -1")
    assert await fill_shards(database) == 1
    assert await _shard(database, key.id) == shard_of(key.id)
    assert await fill_shards(database) == 0
