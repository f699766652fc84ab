"""Opening secrets: what was tampered with never opens, and every purpose is told."""

import asyncio
from dataclasses import dataclass

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.audit.store import list_events, verify
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Corrupted, DrawbridgeError, Forbidden, NotFound
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from tests.kit.credentials import binance_fields, kraken_fields
from tests.kit.store import ON_SERVER, ZERO
from tests.kit.turns import a_turn

_LONGER = f"sealed || {ZERO}" if ON_SERVER else f"CAST(sealed || {ZERO} AS BLOB)"
_SWAP = """
UPDATE key_secrets SET sealed = (SELECT other.sealed FROM key_secrets AS other
    WHERE other.key_id = ? AND other.field = key_secrets.field)
WHERE key_id = ?
"""


@pytest.fixture
async def key(vault: Vault, ann: Owner) -> KeyRecord:
    added = await vault.add(ann.id, "kraken", "live", kraken_fields())
    return await vault.record_verdict(added.key.id, Standing(KeyStatus.ENABLED))


async def _change(database: Database, sql: str, *args: str | int | bytes) -> None:
    async with database.transaction() as tx:
        assert await tx.execute(sql, *args) > 0


async def _refusal(opening: Opening, key_id: str) -> DrawbridgeError:
    with pytest.raises(DrawbridgeError) as told:
        async with opening.open_fields(key_id):
            pass
    return told.value


@pytest.mark.parametrize(
    "sql",
    [
        f"UPDATE key_secrets SET sealed = {ZERO} WHERE field = 'api_secret'",  # noqa: S608 - fixed text
        f"UPDATE key_secrets SET sealed = {_LONGER} WHERE field = 'api_secret'",  # noqa: S608 - fixed text
        "UPDATE key_secrets SET field = 'passphrase' WHERE field = 'api_secret'",
        "UPDATE keys SET venue = 'paper'",
        "UPDATE keys SET exchange = 'binance'",
        "UPDATE keys SET version = 2",
    ],
)
async def test_a_changed_secret_switches_the_key_off(
    database: Database, vault: Vault, key: KeyRecord, opening: Opening, sql: str
) -> None:
    """Scenario 33: disabled with its reason, told in the audit log, nothing opened."""
    await _change(database, sql)
    error = await _refusal(opening, key.id)
    assert isinstance(error, Corrupted)
    assert error.code == "sealed_value_damaged"
    after = await vault.get_record(key.id)
    assert (after.status, after.reason) == (KeyStatus.DISABLED, "sealed_value_damaged")
    told = (await list_events(database, key.owner))[0]
    assert (told.tag, told.subject) == (Tag.VAULT_SECRET_DAMAGED, key.id)
    assert (await verify(database)).count > 0


async def test_a_secret_copied_from_another_key_does_not_open(
    database: Database, vault: Vault, ann: Owner, key: KeyRecord, opening: Opening
) -> None:
    """Scenario 33: swapped ciphertexts, also between two keys of one person."""
    other = (await vault.add(ann.id, "kraken", "live", kraken_fields(2))).key
    await _change(database, _SWAP, other.id, key.id)
    assert (await _refusal(opening, key.id)).code == "sealed_value_damaged"


async def test_an_older_secret_put_back_does_not_open(
    database: Database, vault: Vault, ann: Owner, opening: Opening
) -> None:
    added = await vault.add(ann.id, "kraken", "live", kraken_fields(secret="old"))
    sql = "SELECT sealed FROM key_secrets WHERE field = 'api_secret'"
    row = await database.fetch_one(sql)
    assert row is not None
    await vault.add(ann.id, "kraken", "live", kraken_fields(secret="new"))
    await _change(
        database, "UPDATE key_secrets SET sealed = ? WHERE field = 'api_secret'", row["sealed"]
    )
    assert (await _refusal(opening, added.key.id)).code == "sealed_value_damaged"


async def test_the_wrong_key_file_blames_no_key(
    database: Database, vault: Vault, key: KeyRecord, clock: SteppedClock
) -> None:
    foreign = Keyring.create()
    error = await _refusal(Opening(database, clock, lambda: foreign), key.id)
    assert error.code == "sealed_for_another_key"
    assert (await vault.get_record(key.id)).status is KeyStatus.ENABLED


async def test_a_locked_vault_opens_nothing(
    database: Database, key: KeyRecord, clock: SteppedClock, keyring: Keyring
) -> None:
    @dataclass
    class Holder:
        is_open: bool = True

        def keyring(self) -> Keyring:
            if not self.is_open:
                raise Forbidden("vault_locked", rule="vault")
            return keyring

    holder = Holder()
    opening = Opening(database, clock, holder.keyring)
    async with opening.open_fields(key.id) as fields:
        assert fields
    holder.is_open = False
    assert (await _refusal(opening, key.id)).code == "vault_locked"
    opening.lock()
    holder.is_open = True
    async with opening.open_fields(key.id) as fields:
        assert fields


async def test_what_has_no_secret_does_not_open(
    vault: Vault, ann: Owner, key: KeyRecord, opening: Opening
) -> None:
    async with opening.open_fields(key.id) as fields:
        assert fields
    await vault.refuse(key.id, "may_withdraw", {})
    assert (await _refusal(opening, key.id)).code == "key_has_no_secret"
    await vault.delete(ann.id, key.id)
    for key_id in (key.id, "key_never", ""):
        assert isinstance(await _refusal(opening, key_id), NotFound)


async def test_at_once_opens_only_what_is_in_memory_and_was_told_for_the_purpose(
    vault: Vault, key: KeyRecord, opening: Opening
) -> None:
    assert opening.find_open(key.id, purpose="trade") is None
    async with opening.open_fields(key.id, purpose="trade"):
        pass
    assert opening.find_open(key.id, purpose="read") is None, "nobody was told of it yet"
    found = opening.find_open(key.id, purpose="trade")
    assert found is not None
    with found as fields:
        kept = fields
        assert set(kept) == {"api_key", "api_secret"}
    assert not kept
    await vault.refuse(key.id, "may_withdraw", {})
    assert opening.find_open(key.id, purpose="trade") is None
    with pytest.raises(NotFound):
        opening.find_open("key_never", purpose="trade")


async def test_fields_are_gone_when_the_block_is_left(key: KeyRecord, opening: Opening) -> None:
    async with opening.open_fields(key.id) as fields:
        kept = fields
        assert set(kept) == {"api_key", "api_secret"}
    assert not kept


async def test_every_purpose_is_told_when_it_first_opens_a_secret(
    database: Database, key: KeyRecord, opening: Opening, clock: SteppedClock, keyring: Keyring
) -> None:
    """Scenario 35: every opening stands in the audit log with its purpose."""
    restarted = Opening(database, clock, lambda: keyring)
    for opener, purpose in (
        (opening, "check"),
        (opening, "order"),
        (opening, "order"),
        (restarted, "order"),
    ):
        async with opener.open_fields(key.id, purpose=purpose):
            pass
    events = await list_events(database, key.owner)
    opened = [event for event in events if event.tag == Tag.VAULT_SECRET_OPENED]
    assert [event.facts["purpose"] for event in opened] == ["order", "order", "check"]


async def test_many_who_open_at_once_get_the_secret_and_tell_it_once(
    database: Database, key: KeyRecord, opening: Opening
) -> None:
    async def open_it() -> str:
        async with opening.open_fields(key.id) as fields:
            return fields["api_secret"].reveal()

    secrets = await asyncio.gather(*(open_it() for _ in range(32)))
    assert set(secrets) == {kraken_fields()["api_secret"]}
    events = await list_events(database, key.owner)
    assert sum(event.tag == Tag.VAULT_SECRET_OPENED for event in events) == 1


async def test_of_many_that_open_at_once_the_damaged_one_fails_alone(
    database: Database, vault: Vault, ann: Owner, opening: Opening
) -> None:
    added = [await vault.add(ann.id, "kraken", "live", kraken_fields(n)) for n in range(5)]
    ids = [one.key.id for one in added]
    spoil = f"UPDATE key_secrets SET sealed = {ZERO} WHERE key_id = ?"  # noqa: S608 - a constant
    await _change(database, spoil, ids[2])

    async def open_it(key_id: str) -> str:
        async with opening.open_fields(key_id) as fields:
            return fields["api_key"].reveal()

    told = await asyncio.gather(*map(open_it, ids), return_exceptions=True)
    assert isinstance(told[2], Corrupted)
    assert told[:2] + told[3:] == [kraken_fields(n)["api_key"] for n in (0, 1, 3, 4)]
    assert (await vault.get_record(ids[2])).status is KeyStatus.DISABLED
    events = await list_events(database, ann.id)
    assert sum(event.tag == Tag.VAULT_SECRET_OPENED for event in events) == 4
    assert (await verify(database)).count > 0


async def test_who_is_cancelled_while_opening_leaves_nobody_waiting(
    vault: Vault, ann: Owner, opening: Opening
) -> None:
    added = [await vault.add(ann.id, "kraken", "live", kraken_fields(n)) for n in range(4)]

    async def open_it(key_id: str) -> int:
        async with opening.open_fields(key_id) as fields:
            return len(fields)

    tasks = [asyncio.create_task(open_it(one.key.id)) for one in added]
    await a_turn()
    tasks[0].cancel()
    told = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1:] == [2, 2, 2]


async def test_a_key_that_moved_to_another_exchange_since_it_was_opened_does_not_open(
    database: Database, key: KeyRecord, opening: Opening
) -> None:
    """Scenario 33: the secret of one exchange is never used at another."""
    async with opening.open_fields(key.id) as fields:
        assert fields
    await _change(database, "UPDATE keys SET exchange = 'binance' WHERE id = ?", key.id)
    assert (await _refusal(opening, key.id)).code == "sealed_value_damaged"


async def test_a_new_secret_is_used_at_once(vault: Vault, ann: Owner, opening: Opening) -> None:
    for secret in ("first", "second", "third"):
        fields = binance_fields(secret=secret)
        added = await vault.add(ann.id, "binance", "live", fields)
        async with opening.open_fields(added.key.id) as opened:
            assert opened["api_secret"].reveal() == fields["api_secret"]


@pytest.mark.parametrize("purpose", ["trade", "read", "listen"])
async def test_a_stopped_key_opens_for_no_use_also_if_it_was_judged_before(
    vault: Vault, ann: Owner, key: KeyRecord, opening: Opening, purpose: str
) -> None:
    """Scenario 38: what waits for its turn at the exchange is stopped as well."""
    async with opening.open_fields(key.id, purpose=purpose):
        pass
    await vault.disable(ann.id, key.id)
    await a_turn()
    with pytest.raises(Forbidden, match="key_not_usable"):
        opening.find_open(key.id, purpose=purpose)
    async with opening.open_fields(key.id, purpose="clean_up"):
        pass
