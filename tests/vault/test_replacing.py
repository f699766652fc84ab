"""Two secrets change places while the key is being used: nobody sees a half of it."""

import asyncio
import os
from collections.abc import Mapping

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.vault import replacing
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from tests.kit.turns import a_turn


def _fields(letter: str) -> Mapping[str, str]:
    return {"api_key": letter * 64, "api_secret": letter.lower() * 64}


@pytest.fixture
async def key(vault: Vault, ann: Owner) -> KeyRecord:
    return (await vault.add(ann.id, "binance", "paper", _fields("K"), "Main")).key


async def _stand_in(
    database: Database, keyring: Keyring, key: KeyRecord, fields: Mapping[str, str]
) -> KeyRecord:
    entry = await replacing.read_entry(database, key, fields, "order")
    async with database.transaction() as tx:
        at = (f"key_{os.urandom(5).hex()}", key.created_ms)
        return await replacing.insert_stand_in(tx, key, entry, keyring.public, at)


async def test_what_is_no_key_or_is_in_use_stands_in_for_nothing(
    database: Database, vault: Vault, ann: Owner, eve: Owner, key: KeyRecord
) -> None:
    with pytest.raises(BadInput):
        await replacing.read_entry(database, key, {"api_key": "short"}, "order")
    with pytest.raises(BadInput, match="bad_proof"):
        await replacing.read_entry(database, key, _fields("N"), "by eye")
    with pytest.raises(Conflict, match="replacement_is_same"):
        await replacing.read_entry(database, key, _fields("K"), "order")
    await vault.add(eve.id, "binance", "paper", _fields("E"))
    with pytest.raises(Conflict, match="key_known_elsewhere"):
        await replacing.read_entry(database, key, _fields("E"), "order")
    await vault.add(ann.id, "binance", "paper", _fields("A"))
    with pytest.raises(Conflict, match="key_already_yours"):
        await replacing.read_entry(database, key, _fields("A"), "order")
    with pytest.raises(NotFound, match="unknown_key"):
        await replacing.get_stand_in(database, key.id)


async def test_a_swap_of_what_has_changed_meanwhile_is_refused_whole(
    database: Database, vault: Vault, keyring: Keyring, opening: Opening, key: KeyRecord
) -> None:
    stand_in = await _stand_in(database, keyring, key, _fields("N"))
    swap = await replacing.prepare_swap(opening, keyring.public, key, stand_in)
    await vault.disable(key.owner, key.id)
    before = await database.fetch_all("SELECT * FROM key_secrets ORDER BY key_id, field")
    with pytest.raises(Conflict, match="key_has_changed"):
        async with database.transaction() as tx:
            await replacing.write_swap(tx, swap)
    after = await database.fetch_all("SELECT * FROM key_secrets ORDER BY key_id, field")
    assert [tuple(row) for row in before] == [tuple(row) for row in after]
    async with opening.open_fields(key.id) as fields:
        assert fields["api_key"].reveal() == "K" * 64


async def test_each_row_opens_with_the_others_secret_and_no_older_one(
    database: Database, vault: Vault, keyring: Keyring, opening: Opening, key: KeyRecord
) -> None:
    stand_in = await _stand_in(database, keyring, key, _fields("N"))
    swap = await replacing.prepare_swap(opening, keyring.public, key, stand_in)
    async with database.transaction() as tx:
        await replacing.write_swap(tx, swap)
    for key_id, letter in ((key.id, "N"), (stand_in.id, "K")):
        async with opening.open_fields(key_id) as fields:
            assert fields["api_secret"].reveal() == letter.lower() * 64
        assert (await vault.get_record(key_id)).public_key == letter * 64
    await vault.get_key(key.owner, key.id)
    with pytest.raises(NotFound):
        await vault.get_key(key.owner, stand_in.id)


async def test_who_asked_for_a_key_before_its_swap_and_is_served_after_it_gets_the_new_secret(
    database: Database, vault: Vault, keyring: Keyring, opening: Opening, key: KeyRecord
) -> None:
    async def opened(key_id: str) -> str:
        async with opening.open_fields(key_id) as fields:
            return fields["api_secret"].reveal()

    other = (await vault.add(key.owner, "binance", "paper", _fields("O"))).key
    stand_in = await _stand_in(database, keyring, key, _fields("N"))
    swap = await replacing.prepare_swap(opening, keyring.public, key, stand_in)
    opening.lock()
    async with database.transaction() as tx:
        # The first waits for its audit event, the second for the first, with the record of before.
        waiting = [asyncio.create_task(opened(it)) for it in (other.id, key.id)]
        for _ in range(3):
            await a_turn()
        await replacing.write_swap(tx, swap)
    assert await asyncio.gather(*waiting) == ["o" * 64, "n" * 64]
    assert (await vault.get_record(key.id)).status is KeyStatus.UNVERIFIED
    assert await replacing.get_stand_in(database, stand_in.id) == swap.new_stand_in
