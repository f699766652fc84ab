"""Creating and unlocking the vault across processes: the passphrase travels sealed."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.audit.store import list_events
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, Forbidden
from drawbridge.core.secret import Secret
from drawbridge.sealing.keyring import Keyring, needs_passphrase
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import (
    VaultDoor,
    VaultStatus,
    Wish,
    read_vault_key,
    read_vault_state,
)
from tests.kit.holding import always
from tests.kit.store import place_in

_PASSPHRASE = Secret("planted correct horse")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault.key"


@pytest.fixture
def holder(database: Database, clock: SteppedClock, path: Path) -> KeyHolder:
    return KeyHolder(database, clock, path)


@pytest_asyncio.fixture
async def door(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[VaultDoor]:
    """Give the other process: it has the database and nothing else."""
    opened = await open_database(place_in(tmp_path), "app")
    yield VaultDoor(opened, clock, os.urandom, always)
    await opened.close()


async def _restarted(holder: KeyHolder, database: Database, path: Path) -> KeyHolder:
    await holder.stop()
    again = KeyHolder(database, SteppedClock(0), path)
    await again.start()
    return again


async def _refusal(door: VaultDoor, wish: Wish, passphrase: Secret | None) -> DrawbridgeError:
    with pytest.raises(DrawbridgeError) as told:
        await door.ask("owner_a", wish, passphrase)
    return told.value


async def test_nothing_is_asked_of_a_holder_that_is_not_there(door: VaultDoor) -> None:
    state = await read_vault_state(door.database)
    assert (state.status, state.has_holder) == (VaultStatus.ABSENT, False)
    for wish in Wish:
        error = await _refusal(door, wish, _PASSPHRASE)
        assert error.code == "gateway_not_running"
    with pytest.raises(Conflict) as told:
        await read_vault_key(door.database)
    assert told.value.code == "vault_absent"


@pytest.mark.parametrize("passphrase", ["", "short", " " * 20, "x" * 2_000, "\ud800" * 12])
async def test_a_weak_passphrase_does_not_leave_the_page(
    door: VaultDoor, holder: KeyHolder, passphrase: str
) -> None:
    await holder.start()
    error = await _refusal(door, Wish.CREATE, Secret(passphrase))
    assert isinstance(error, BadInput)
    assert error.facts["field"] == "passphrase"
    assert await holder.answer() == 0


async def test_an_absent_vault_cannot_be_unlocked(door: VaultDoor, holder: KeyHolder) -> None:
    await holder.start()
    assert (await _refusal(door, Wish.UNLOCK, _PASSPHRASE)).code == "vault_absent"
    assert (await _refusal(door, Wish.UNLOCK, None)).code == "passphrase_missing"
    with pytest.raises(Forbidden):
        holder.keyring()


async def test_wishes_do_not_pile_up(door: VaultDoor, holder: KeyHolder) -> None:
    await holder.start()
    for _ in range(20):
        await door.ask("owner_a", Wish.CREATE, None)
    assert (await _refusal(door, Wish.CREATE, None)).code == "vault_busy"


async def test_a_wrong_passphrase_leaves_the_vault_locked_and_is_told(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    await holder.answer()
    again = await _restarted(holder, database, path)
    assert (await read_vault_state(door.database)).status is VaultStatus.LOCKED
    await door.ask("owner_a", Wish.UNLOCK, Secret("incorrect horse"))
    assert (await read_vault_state(door.database)).waiting
    assert await again.answer() == 1
    state = await read_vault_state(door.database)
    assert (state.status, state.error) == (VaultStatus.LOCKED, "passphrase_wrong")
    assert not again.is_open
    assert (await list_events(database, "owner_a"))[0].tag == "vault:keyring:refused"
    await door.ask("owner_a", Wish.UNLOCK, _PASSPHRASE)
    await again.answer()
    state = await read_vault_state(door.database)
    assert (state.status, state.error, state.waiting) == (VaultStatus.OPEN, "", False)
    assert again.keyring().public.data == (await read_vault_key(door.database)).data


async def test_a_vault_is_not_made_twice(
    door: VaultDoor, holder: KeyHolder, database: Database
) -> None:
    await holder.start()
    for _ in range(2):  # two pages at the same moment
        await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    first = await holder.answer()
    assert first == 2
    state = await read_vault_state(database)
    assert (state.status, state.error) == (VaultStatus.OPEN, "vault_exists")
    assert (await _refusal(door, Wish.CREATE, _PASSPHRASE)).code == "vault_exists"


async def test_a_lost_key_file_is_told_and_not_replaced(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, None)
    await holder.answer()
    _remove(path)
    again = await _restarted(holder, database, path)
    state = await read_vault_state(door.database)
    assert (state.status, state.error) == (VaultStatus.LOCKED, "key_file_missing")
    assert state.error_facts == {"path": str(path)}
    assert (await _refusal(door, Wish.CREATE, None)).code == "vault_exists"
    assert not again.is_open


async def test_another_vaults_key_file_is_not_taken(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, None)
    await holder.answer()
    right = (await read_vault_key(database)).data
    Keyring.create().save(path, None, replace=True)
    again = await _restarted(holder, database, path)
    state = await read_vault_state(door.database)
    assert (state.status, state.error) == (VaultStatus.LOCKED, "vault_key_differs")
    assert not again.is_open
    assert (await read_vault_key(database)).data == right


async def test_a_wish_sealed_to_a_holder_that_is_gone_is_dropped(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    again = await _restarted(holder, database, path)
    assert await again.answer() == 0
    assert (await read_vault_state(database)).status is VaultStatus.ABSENT


async def test_a_wish_that_was_changed_on_its_way_is_told(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    async with database.transaction() as tx:
        await tx.execute("UPDATE vault_requests SET owner = 'owner_b'")
    await holder.answer()
    state = await read_vault_state(database)
    assert (state.status, state.error) == (VaultStatus.ABSENT, "vault_request_unreadable")
    assert not _is_there(path)


async def test_a_vault_without_passphrase_opens_by_itself(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, None)
    await holder.answer()
    again = await _restarted(holder, database, path)
    assert again.is_open
    assert (await read_vault_state(door.database)).status is VaultStatus.OPEN


async def test_a_wish_waits_until_its_answer_is_there(door: VaultDoor, holder: KeyHolder) -> None:
    """Whoever looks while the key is derived is not shown the form once more."""
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    answering = asyncio.create_task(holder.answer())
    kept = "SELECT 1 FROM vault_requests WHERE sealed_passphrase IS NOT NULL"
    while await door.database.fetch_one(kept):
        assert (await read_vault_state(door.database)).waiting
    looks = 0
    while not answering.done():
        state = await read_vault_state(door.database)
        assert state.waiting or state.status is VaultStatus.OPEN
        looks += 1
    assert looks
    assert await holder.answer() == 0
    state = await read_vault_state(door.database)
    assert (state.status, state.waiting) == (VaultStatus.OPEN, False)


async def test_a_wish_is_tried_once(door: VaultDoor, holder: KeyHolder, path: Path) -> None:
    """A second try would be without the passphrase, which is erased by then."""
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    assert sorted(await asyncio.gather(holder.answer(), holder.answer())) == [0, 1]
    assert needs_passphrase(path)


async def test_a_holder_that_stops_says_so(
    door: VaultDoor, holder: KeyHolder, database: Database
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    await holder.answer()
    await holder.stop()
    state = await read_vault_state(database)
    assert (state.status, state.has_holder) == (VaultStatus.LOCKED, False)
    with pytest.raises(Forbidden):
        holder.keyring()


async def test_a_wish_that_no_holder_answered_is_told_to_be_asked_for_again(
    door: VaultDoor, holder: KeyHolder, database: Database, path: Path
) -> None:
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    another = await _restarted(holder, database, path)
    state = await read_vault_state(database)
    assert (state.status, state.waiting, state.error) == (
        VaultStatus.ABSENT,
        False,
        "vault_holder_moved",
    )
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    await another.answer()
    assert (await read_vault_state(database)).error == ""


async def test_the_passphrase_stands_in_no_file(
    door: VaultDoor, holder: KeyHolder, tmp_path: Path
) -> None:
    """Scenario 34."""
    await holder.start()
    await door.ask("owner_a", Wish.CREATE, _PASSPHRASE)
    _assert_nowhere(tmp_path, "planted")
    await holder.answer()
    _assert_nowhere(tmp_path, "planted")
    assert await door.database.fetch_all("SELECT * FROM vault_requests") == []


def _assert_nowhere(folder: Path, planted: str) -> None:
    for found in folder.iterdir():
        assert planted.encode() not in found.read_bytes(), found.name


def _remove(path: Path) -> None:
    path.unlink()


def _is_there(path: Path) -> bool:
    return path.exists()
