"""The vault of several workers: one answers for it, and the others follow what it did."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import SECOND_MS, SteppedClock
from drawbridge.core.errors import Forbidden
from drawbridge.core.secret import Secret
from drawbridge.core.shards import HOUSE
from drawbridge.sealing.envelope import Binding, seal
from drawbridge.sealing.keepers import TRANSIT, Keeper
from drawbridge.sealing.key_file import Wrapping, read_key_file
from drawbridge.storage.database import Database
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import (
    PASSPHRASE,
    KeepWish,
    VaultDoor,
    VaultStatus,
    Wish,
    read_vault_key,
    read_vault_state,
)
from tests.kit.holding import always

BINDING = Binding("owner_a", "kraken", "key_a", "secret", 1)
HELD_MS = 3 * SECOND_MS


class Shelf:
    """A keeper that keeps what it was given as long as it is there."""

    def __init__(self, clock: SteppedClock) -> None:
        self.is_there = True
        self.takes_ms = 0
        self._clock = clock
        self._key = os.urandom(32)

    async def make(self) -> Wrapping:
        self._clock.advance(self.takes_ms)
        return Wrapping(TRANSIT, {"shelf": "upper"}, self._key)

    async def find(self, facts: Mapping[str, object]) -> Wrapping:
        if not self.is_there:
            raise Forbidden("keeper_refused", rule="keeper", keeper=TRANSIT)
        return Wrapping(TRANSIT, facts, self._key)


class Crew:
    """Workers over one database, of which one at a time has the house's shard."""

    def __init__(self, database: Database, clock: SteppedClock, path: Path) -> None:
        self.database, self.clock, self.path = database, clock, path
        self.shelf = Shelf(clock)
        self.shares: dict[str, HeldShares] = {}
        self.door = VaultDoor(database, clock, os.urandom, always)

    async def worker(self, name: str, path: Path | None = None) -> KeyHolder:
        keepers: dict[str, Keeper] = {TRANSIT: self.shelf}
        share = self.shares[name] = HeldShares(self.clock.now_ms)
        holder = KeyHolder(self.database, self.clock, path or self.path, keepers, share)
        await holder.start()
        return holder

    def give_house_to(self, name: str) -> None:
        for share in self.shares.values():
            share.drop(HOUSE)
        self.shares[name].hold(HOUSE, self.clock.now_ms() + HELD_MS)

    async def ask(self, house: KeyHolder, wish: Wish, told: Secret | None = None) -> str:
        """Have a wish answered by who has the house; give the code of what went wrong."""
        await house.answer()
        await self.door.ask("owner_a", wish, told)
        self.clock.advance(1)
        assert await house.answer() == 1
        return (await read_vault_state(self.database)).error

    async def sealed(self) -> bytes:
        return seal(await read_vault_key(self.database), Secret("planted"), BINDING)


@pytest.fixture
def crew(database: Database, clock: SteppedClock, tmp_path: Path) -> Crew:
    return Crew(database, clock, tmp_path / "vault.key")


def opens(holder: KeyHolder, sealed: bytes) -> bool:
    return holder.keyring().open(sealed, BINDING).reveal() == "planted"


@pytest.mark.parametrize("ask", ["create", "keep"])
async def test_a_passphrase_is_refused_where_nobody_could_type_it_everywhere(
    crew: Crew, ask: str
) -> None:
    one = await crew.worker("one")
    crew.give_house_to("one")
    phrase = Secret("a vault needs its own")
    if ask == "create":
        assert await crew.ask(one, Wish.CREATE, phrase) == "passphrase_in_cluster"
        assert not one.is_open
        assert not crew.path.exists()
        return
    assert await crew.ask(one, Wish.CREATE) == ""
    before = crew.path.read_bytes()
    wish = KeepWish(PASSPHRASE, new=phrase).written()
    assert await crew.ask(one, Wish.KEEP, wish) == "passphrase_in_cluster"
    assert crew.path.read_bytes() == before


async def test_who_has_not_the_house_answers_no_wish(crew: Crew) -> None:
    one, two = await crew.worker("one"), await crew.worker("two")
    crew.give_house_to("one")
    await one.answer()
    await crew.door.ask("owner_a", Wish.CREATE, None)
    assert await two.answer() == 0
    assert not two.is_open
    assert (await read_vault_state(crew.database)).waiting
    assert await one.answer() == 1


async def test_a_vault_that_was_made_is_open_in_all_workers(crew: Crew) -> None:
    one, two = await crew.worker("one"), await crew.worker("two")
    crew.give_house_to("one")
    assert await crew.ask(one, Wish.CREATE) == ""
    assert not two.is_open
    await two.answer()
    assert opens(two, await crew.sealed())
    late = await crew.worker("late")
    assert opens(late, await crew.sealed())


async def test_a_new_key_of_the_vault_is_taken_up_by_all_and_an_old_one_given_up(
    crew: Crew,
) -> None:
    one, two = await crew.worker("one"), await crew.worker("two")
    crew.give_house_to("one")
    await crew.ask(one, Wish.CREATE)
    await two.answer()
    old = await crew.sealed()
    assert await crew.ask(one, Wish.ROTATE) == ""
    new = await crew.sealed()
    await two.answer()
    assert opens(two, old)
    assert opens(two, new)
    async with crew.database.transaction() as tx:
        await tx.execute("UPDATE vault_rotations SET resealed_ms = 1")
    assert await crew.ask(one, Wish.DESTROY) == ""
    await two.answer()
    assert opens(two, new)
    assert two.keyring().older == ()


async def test_when_the_house_moves_wishes_are_sealed_to_who_has_it_now(crew: Crew) -> None:
    one, two = await crew.worker("one"), await crew.worker("two")
    crew.give_house_to("one")
    await crew.ask(one, Wish.CREATE)
    await two.answer()
    crew.give_house_to("two")
    await crew.door.ask("owner_a", Wish.ROTATE, None)
    # It was sealed to who is gone, so it is not answered by who could not read it.
    assert await two.answer() == 0
    assert not (await read_vault_state(crew.database)).waiting
    assert await crew.ask(two, Wish.ROTATE) == ""
    await one.answer()
    assert opens(one, await crew.sealed())


async def test_a_worker_that_leaves_locks_the_vault_of_nobody(crew: Crew) -> None:
    one, two = await crew.worker("one"), await crew.worker("two")
    crew.give_house_to("one")
    await crew.ask(one, Wish.CREATE)
    await two.answer()
    await one.stop()
    state = await read_vault_state(crew.database)
    assert (state.status, state.has_holder) == (VaultStatus.OPEN, False)
    crew.give_house_to("two")
    await two.answer()
    await one.stop()
    state = await read_vault_state(crew.database)
    assert (state.status, state.has_holder) == (VaultStatus.OPEN, True)
    assert opens(two, await crew.sealed())


async def test_a_worker_without_the_file_is_closed_until_the_file_is_there(
    crew: Crew, tmp_path: Path
) -> None:
    one = await crew.worker("one")
    other = tmp_path / "elsewhere" / "vault.key"
    other.parent.mkdir()
    two = await crew.worker("two", other)
    crew.give_house_to("one")
    await crew.ask(one, Wish.CREATE)
    await two.answer()
    assert not two.is_open
    crew.path.rename(other)
    await two.answer()
    assert not two.is_open, "it asks no more often than a keeper likes to be asked"
    crew.clock.advance(15 * SECOND_MS)
    await two.answer()
    assert opens(two, await crew.sealed())


async def test_what_a_keeper_keeps_opens_everywhere_and_stays_open_while_it_is_away(
    crew: Crew,
) -> None:
    one, two = await crew.worker("one"), await crew.worker("two")
    crew.give_house_to("one")
    await crew.ask(one, Wish.CREATE)
    assert await crew.ask(one, Wish.KEEP, KeepWish(TRANSIT).written()) == ""
    assert read_key_file(crew.path).wrap == TRANSIT
    await two.answer()
    assert opens(two, await crew.sealed())
    crew.shelf.is_there = False
    crew.give_house_to("two")
    await two.answer()
    crew.clock.advance(1)
    await one.answer()
    sealed = await crew.sealed()
    assert opens(one, sealed)
    assert opens(two, sealed)


async def test_a_wish_that_took_longer_than_the_claim_is_not_told_as_done(crew: Crew) -> None:
    one = await crew.worker("one")
    crew.give_house_to("one")
    await crew.ask(one, Wish.CREATE)
    crew.shelf.takes_ms = HELD_MS + 1
    await crew.door.ask("owner_a", Wish.KEEP, KeepWish(TRANSIT).written())
    assert await one.answer() == 1
    state = await read_vault_state(crew.database)
    assert state.error == "", "who answers for the vault no more tells nothing of it"
    assert not state.waiting
