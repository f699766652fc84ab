"""What a person chooses for a check, and who is asked before a key is deleted."""

import os

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.operations import Scope
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus, Proof, Standing
from drawbridge.vault.service import Vault
from tests.kit.credentials import kraken_fields

_ENABLED = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


@pytest.mark.parametrize("proof", ["", "Order!", "x" * 1_000_000, "\ud800"])
async def test_a_proof_that_is_none_is_refused_and_nothing_is_stored_or_asked_for(
    vault: Vault, ann: Owner, database: Database, proof: str
) -> None:
    with pytest.raises(BadInput, match="bad_proof") as refusal:
        await vault.add(ann.id, "kraken", "live", kraken_fields(), proof=proof)
    assert refusal.value.facts["field"] == "proof"
    assert not await database.fetch_all("SELECT * FROM keys")
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    await vault.record_verdict(key.id, _ENABLED)
    with pytest.raises(BadInput, match="bad_proof"):
        await vault.request_check(ann.id, key.id, proof=proof)
    assert (await vault.get_key(ann.id, key.id)).check_requested_ms is None


async def test_a_key_that_somebody_still_needs_is_not_deleted(
    vault: Vault, database: Database, clock: SteppedClock, keyring: Keyring, ann: Owner
) -> None:
    """Scenario 41, the vault's part: who needs a key is asked in the same transaction."""

    async def public_key() -> VaultPublicKey:
        return keyring.public

    async def needed(_tx: Transaction, key: KeyRecord) -> None:
        raise Conflict("key_used_by_robots", label=key.label, robots=["Dawn"])

    strict = Vault(database, clock, os.urandom, public_key, needs=(needed,))
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    with pytest.raises(Conflict, match="key_used_by_robots"):
        await strict.delete(ann.id, key.id)
    assert (await vault.get_key(ann.id, key.id)).status is KeyStatus.UNVERIFIED
    assert await store.read_sealed(database, (key.id,))


async def test_a_check_waiting_to_begin_takes_the_newest_choice_and_one_begun_keeps_its_own(
    vault: Vault, ann: Owner
) -> None:
    """Scenario 6: who wants no order after all gets none."""
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields(), proof="dry_run")).key
    assert key.check_proof is Proof.DRY_RUN
    key = await vault.request_check(ann.id, key.id, proof="skip")
    assert key.check_proof is Proof.SKIP
    await vault.record_verdict(key.id, Standing(KeyStatus.CHECKING))
    key = await vault.request_check(ann.id, key.id)
    assert key.check_proof is Proof.SKIP
    [waiting] = await vault.list_asked()
    assert waiting.check_proof is Proof.SKIP


async def test_a_key_switched_on_again_is_proven_as_last_time(vault: Vault, ann: Owner) -> None:
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields(), proof="skip")).key
    await vault.record_verdict(key.id, _ENABLED)
    await vault.disable(ann.id, key.id)
    assert (await vault.enable(ann.id, key.id)).check_proof is Proof.SKIP
    assert (await vault.request_check(ann.id, key.id)).check_proof is Proof.ORDER
