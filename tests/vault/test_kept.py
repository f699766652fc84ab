"""Keys kept in memory: what anybody changes on disk is seen before the next order."""

import os
from pathlib import Path

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.core.clock import SteppedClock
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.vault.kept import KeptKeys
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.service import Vault
from tests.kit.credentials import kraken_fields
from tests.kit.store import passed_on, place_in
from tests.kit.turns import a_turn


async def _turn() -> None:
    await a_turn()


async def test_a_key_that_was_never_there_is_looked_for_each_time(
    vault: Vault, database: Database, ann: Owner
) -> None:
    kept = KeptKeys(database)
    assert kept.find("key_never") is None
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    assert kept.find(key.id) == key


async def test_a_record_is_read_once_while_nothing_changes(
    vault: Vault, database: Database, ann: Owner
) -> None:
    kept = KeptKeys(database)
    first, other = [
        (await vault.add(ann.id, "kraken", "live", kraken_fields(n))).key for n in (1, 2)
    ]
    record = kept.find(first.id)
    await vault.disable(ann.id, other.id)
    await _turn()
    assert kept.find(first.id) is record, "another key's change is none of its own"


async def test_a_key_switched_off_by_another_process_is_off_at_once(
    vault: Vault,
    database: Database,
    ann: Owner,
    clock: SteppedClock,
    keyring: Keyring,
    tmp_path: Path,
) -> None:
    """Scenario 40: from now on nothing crosses with it."""

    async def public_key() -> VaultPublicKey:
        return keyring.public

    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    elsewhere = await open_database(place_in(tmp_path), "app")
    page = Vault(elsewhere, clock, os.urandom, public_key)
    kept = KeptKeys(database)
    for status, change in (
        (KeyStatus.DISABLED, page.disable),
        (KeyStatus.UNVERIFIED, page.enable),
        (KeyStatus.DISABLED, page.disable),
    ):
        before = kept.find(key.id)
        await change(ann.id, key.id)
        await passed_on()
        found = kept.find(key.id)
        assert before is not None
        assert found is not None
        assert (before.status is status, found.status) == (False, status)
    await page.delete(ann.id, key.id)
    await passed_on()
    assert kept.find(key.id) is None
    await elsewhere.close()


@pytest.mark.parametrize("many", [3, 1_100])
async def test_changes_of_any_number_are_seen(
    vault: Vault, database: Database, ann: Owner, many: int
) -> None:
    kept = KeptKeys(database)
    keys = [(await vault.add(ann.id, "kraken", "live", kraken_fields(n))).key for n in range(3)]
    assert [kept.find(key.id) for key in keys] == keys
    async with database.transaction() as tx:
        for number in range(many):
            sql = "UPDATE keys SET account_hint = ? WHERE id = ?"
            await tx.execute(sql, str(number), keys[number % 3].id)
    hints = {key.account_hint for key in map(kept.find, [key.id for key in keys]) if key}
    assert hints == {str(number) for number in range(many - 3, many)}
