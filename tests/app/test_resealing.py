"""A new key for the vault: refused where it would lose something, and else nothing is lost."""

import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from drawbridge.app.resealing import Resealing
from drawbridge.audit.store import list_events
from drawbridge.core.errors import Corrupted
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import header_for, seal
from drawbridge.sealing.key_file import read_key_file
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.vault.opening import Opening
from drawbridge.vault.rotations import SETTLED_MS, Rotation, find_rotation
from drawbridge.vault.service import binding_of
from drawbridge.vault.unlock import Wish, read_vault_key, read_vault_state
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.opening import VirtualOpening
from drawbridge.virtual_keys.service import VirtualKeys
from drawbridge.virtual_keys.wishes import Wish as VirtualWish
from tests.kit.backups import PASSPHRASE, SECRET, Kept, kept_house
from tests.kit.proxied import NobodyElse

_PASSPHRASE = Secret(PASSPHRASE)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept_house(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def open_file(tmp_path: Path) -> AsyncIterator[Kept]:
    """Give a house whose vault has no passphrase."""
    async with kept_house(tmp_path / "data", passphrase="") as opened:
        yield opened


async def _ask(kept: Kept, wish: Wish, passphrase: Secret | None = None) -> str:
    """Have the holder do it, and give the code of its refusal, if it refused."""
    await kept.house.door.ask(kept.owner, wish, passphrase)
    await kept.holder.answer()
    return (await read_vault_state(kept.house.database)).error


def _resealing(kept: Kept) -> Resealing:
    return Resealing(kept.house.database, kept.clock, kept.holder.keyring)


async def _rotation(kept: Kept) -> Rotation:
    found = await find_rotation(kept.house.database)
    assert found is not None
    return found


async def _count_old(kept: Kept) -> int:
    header = header_for(kept.holder.keyring().public)
    row = await kept.house.database.fetch_one(
        "SELECT count(*) AS n FROM key_secrets WHERE substr(sealed, 1, ?) <> ?", len(header), header
    )
    assert row is not None
    return int(row["n"])


async def _secret(kept: Kept, holder: KeyHolder, key_id: str) -> Secret:
    opening = Opening(kept.house.database, kept.clock, holder.keyring)
    async with opening.open_fields(key_id) as fields:
        return fields["api_secret"]


async def _restarted(kept: Kept) -> KeyHolder:
    await kept.holder.stop()
    again = KeyHolder(kept.house.database, kept.clock, kept.house.settings.vault_key)
    await again.start()
    return again


async def _virtual(kept: Kept) -> VirtualKey:
    keys = VirtualKeys(
        kept.house.database,
        kept.clock,
        os.urandom,
        partial(read_vault_key, kept.house.database),
        NobodyElse(),
    )
    trading = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ}))
    await kept.house.vault.record_verdict(kept.key_id, trading)
    return (await keys.make(kept.owner, kept.key_id, VirtualWish(), "bot")).virtual


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [(None, "passphrase_needed"), ("wrong horse battery", "passphrase_wrong")],
)
async def test_without_the_passphrase_no_new_key_leads(
    kept: Kept, passphrase: str | None, code: str
) -> None:
    before = (await read_vault_key(kept.house.database)).data
    given = None if passphrase is None else Secret(passphrase)
    assert await _ask(kept, Wish.ROTATE, given) == code
    assert (await read_vault_key(kept.house.database)).data == before
    assert await find_rotation(kept.house.database) is None


async def test_the_old_key_stays_as_long_as_anything_needs_it(open_file: Kept) -> None:
    assert await _ask(open_file, Wish.DESTROY) == "vault_no_old_key"
    assert await _ask(open_file, Wish.ROTATE) == ""
    assert await _ask(open_file, Wish.ROTATE) == "vault_old_key_kept"
    assert await _ask(open_file, Wish.DESTROY) == "vault_resealing"
    await _resealing(open_file).step()
    # Somebody may have read the old public half and seal to it just now.
    assert await _ask(open_file, Wish.DESTROY) == "vault_resealing"
    assert "older" in read_key_file(open_file.house.settings.vault_key).content


async def test_everything_is_sealed_anew_and_opens_without_the_old_key(kept: Kept) -> None:
    """Scenario 32: a master-key rotation; the old version can be destroyed."""
    before = (await read_vault_key(kept.house.database)).data
    assert await _ask(kept, Wish.ROTATE, _PASSPHRASE) == ""
    assert (await read_vault_key(kept.house.database)).data != before
    assert await _secret(kept, kept.holder, kept.key_id) == Secret(SECRET)
    resealing = _resealing(kept)
    await resealing.step()
    assert ((await _rotation(kept)).resealed, await _count_old(kept)) == (2, 0)
    kept.clock.advance(SETTLED_MS)
    await resealing.step()
    assert (await _rotation(kept)).resealed_ms is not None
    assert await _ask(kept, Wish.DESTROY) == ""
    assert (await _rotation(kept)).destroyed_ms is not None
    assert kept.holder.keyring().older == ()
    assert "older" not in read_key_file(kept.house.settings.vault_key).content
    again = await _restarted(kept)
    await kept.house.door.ask(kept.owner, Wish.UNLOCK, _PASSPHRASE)
    await again.answer()
    assert await _secret(kept, again, kept.key_id) == Secret(SECRET)
    tags = [it.tag for it in await list_events(kept.house.database, kept.owner)]
    assert {"vault:keyring:rotated", "vault:keyring:old_destroyed"} <= set(tags)
    opened = [
        it.facts
        for it in await list_events(kept.house.database, kept.owner)
        if it.tag == "vault:secret:opened"
    ]
    assert {"purpose": "resealing"} in opened
    await again.stop()


async def test_what_bots_are_checked_by_is_sealed_anew_as_well(open_file: Kept) -> None:
    virtual = await _virtual(open_file)
    await _ask(open_file, Wish.ROTATE)
    await _resealing(open_file).step()
    alone = open_file.holder.keyring().alone()
    proofs = await VirtualOpening(open_file.house.database, lambda: alone).get(virtual)
    assert proofs.verifier is not None


async def test_who_was_too_late_is_sealed_anew_in_a_second_walk(open_file: Kept) -> None:
    """A page read the public half just before the rotation, and sealed to it just after."""
    late = await read_vault_key(open_file.house.database)
    await _ask(open_file, Wish.ROTATE)
    resealing = _resealing(open_file)
    await resealing.step()
    key = await open_file.house.vault.get_record(open_file.key_id)
    sealed = seal(late, Secret("late"), binding_of(key, "api_secret"))
    async with open_file.house.database.transaction() as tx:
        await tx.execute("UPDATE key_secrets SET sealed = ? WHERE field = 'api_secret'", sealed)
    open_file.clock.advance(SETTLED_MS)
    await resealing.step()
    assert await _count_old(open_file) == 0
    assert await _secret(open_file, open_file.holder, open_file.key_id) == Secret("late")


async def test_what_does_not_open_is_told_and_holds_nothing_up(open_file: Kept) -> None:
    async with open_file.house.database.transaction() as tx:
        await tx.execute("UPDATE key_secrets SET sealed = x'00' WHERE field = 'api_key'")
    await _ask(open_file, Wish.ROTATE)
    open_file.clock.advance(SETTLED_MS)
    await _resealing(open_file).step()
    found = await _rotation(open_file)
    assert (found.resealed, found.damaged) == (1, 1)
    assert await _ask(open_file, Wish.DESTROY) == ""


async def test_a_holder_that_ends_between_file_and_database_loses_nothing(open_file: Kept) -> None:
    """The file is led by a key that the database never heard of."""
    path = open_file.house.settings.vault_key
    before = open_file.holder.keyring()
    before.renewed().save(path, None, replace=True)
    again = await _restarted(open_file)
    assert again.keyring().public.data == before.public.data
    assert await _secret(open_file, again, open_file.key_id) == Secret(SECRET)
    # And the file follows the database, so that destroying could not take the wrong one.
    await again.stop()
    third = await _restarted(open_file)
    assert third.keyring().public.data == before.public.data
    await open_file.house.door.ask(open_file.owner, Wish.ROTATE, None)
    await third.answer()
    assert [it.data for it in third.keyring().older] == [before.public.data]
    await third.stop()


async def test_another_vaults_value_stays_closed_after_a_rotation(open_file: Kept) -> None:
    await _ask(open_file, Wish.ROTATE)
    old = open_file.holder.keyring().led_by(open_file.holder.keyring().older[0].data)
    assert old is not None
    open_file.clock.advance(SETTLED_MS)
    await _resealing(open_file).step()
    await _ask(open_file, Wish.DESTROY)
    opening = Opening(open_file.house.database, open_file.clock, old.alone)
    with pytest.raises(Corrupted):
        async with opening.open_fields(open_file.key_id):
            pass
