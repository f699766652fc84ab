"""Licences as people live with them: slots, replacing, claims, grace, archives, lost keys."""

from pathlib import Path

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, SteppedClock
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.licences.following import follow
from drawbridge.licences.model import Account, Act, Feature
from drawbridge.licences.service import Licences, Place
from drawbridge.licences.standing import State
from drawbridge.vault import store as vault_store
from drawbridge.vault.model import KeyStatus, Venue
from tests.licences.setting import NOW_MS, OWNER, Home, Server, open_home

# -------------------------------------------------------------------- 51: slots


async def test_no_order_enters_without_a_licence(home: Home) -> None:
    key = await home.key(1)
    assert await home.refusal(key) == "licence_needed"


async def test_as_many_accounts_trade_at_once_as_there_are_slots(
    server: Server, home: Home
) -> None:
    """Scenario 51: n slots, n accounts; a read-role key takes none."""
    await home.add(await server.issue(slots=2))
    reading = await home.key(1, status=KeyStatus.READ_ONLY)
    first, second = await home.key(2), await home.key(3)
    await home.step()
    assert [await home.refusal(it) for it in (first, second)] == ["", ""]
    third = await home.key(4)
    await home.step()
    assert await home.refusal(third) == "licence_slots_full"
    assert (await home.places())[reading.id] is Place.NOT_NEEDED


async def test_two_keys_of_one_account_take_one_slot(server: Server, home: Home) -> None:
    """Scenario 51: what is bound is the account, where the exchange tells it."""
    await home.add(await server.issue(slots=1))
    first = await home.key(1, account_hint="4711")
    second = await home.key(2, account_hint="4711")
    await home.step()
    assert [await home.refusal(it) for it in (first, second)] == ["", ""]


async def test_replacing_a_key_takes_no_slot(server: Server, home: Home) -> None:
    """Scenarios 37 and 51: the same place, another secret of the same account."""
    await home.add(await server.issue(slots=1))
    key = await home.key(1)
    await home.step()
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET public_key = 'the next', version = 2")
        await follow(tx, key.id)
    await home.step()
    assert await home.refusal(key) == ""
    assert (await server.office.list_licences())[0].used_slots == 1


async def test_replacing_costs_nothing_where_the_exchange_tells_the_account(
    server: Server, home: Home
) -> None:
    """Scenario 37: nobody even asks the licence server."""
    await home.add(await server.issue(slots=1))
    key = await home.key(1, account_hint="4711")
    await home.step()
    server.is_away = True
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET public_key = 'the next', version = 2")
    assert await home.refusal(key) == ""


async def test_a_stand_in_that_is_being_proven_takes_no_slot(server: Server, home: Home) -> None:
    """Scenario 37: the candidate is no key in use yet."""
    await home.add(await server.issue(slots=2))
    key = await home.key(1)
    other = await home.key(2)
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET replaces = ? WHERE id = ?", key.id, other.id)
    await home.step()
    assert await home.places() == {key.id: Place.ACTIVE}
    assert (await server.office.list_licences())[0].used_slots == 1


async def test_an_account_that_becomes_known_later_keeps_its_slot(
    server: Server, home: Home
) -> None:
    """Two keys took two slots until the exchange told that they are one account."""
    await home.add(await server.issue(slots=2))
    first, second = await home.key(1), await home.key(2)
    await home.step()
    assert (await server.office.list_licences())[0].used_slots == 2
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET account_hint = '4711'")
    await home.step()
    assert (await server.office.list_licences())[0].used_slots == 1
    assert [await home.refusal(it) for it in (first, second)] == ["", ""]


async def test_a_key_that_moves_to_another_account_and_back_mixes_nothing_up(
    server: Server, home: Home
) -> None:
    """Scenario 39: a confirmed transfer takes a place of its own, and leaves the first alone."""
    await home.add(await server.issue(slots=2))
    key = await home.key(1)
    await home.step()
    for public in ("of another account", "public 1", "of another account"):
        async with home.database.transaction() as tx:
            await tx.execute("UPDATE keys SET public_key = ? WHERE id = ?", public, key.id)
        await home.step()
        assert await home.refusal(key) == ""
        assert (await server.office.list_licences())[0].used_slots == 1


async def test_a_key_that_moves_to_another_account_needs_the_first_set_aside(
    server: Server, home: Home
) -> None:
    """Scenario 39: with one place, a person says which account is to have it."""
    await home.add(await server.issue(slots=1))
    key = await home.key(1)
    await home.step()
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET public_key = 'of another account'")
    await home.step()
    assert await home.refusal(key) == "licence_slots_full"
    await home.wish(await home.licences.wish(OWNER, Act.ARCHIVE, key.id))
    await home.step()
    assert await home.refusal(key) == ""


async def test_paper_needs_no_licence(server: Server, home: Home) -> None:
    key = await home.key(1, venue=Venue.PAPER)
    assert await home.refusal(key) == ""
    assert home.kept.passes(key, "robot:one")
    await home.add(await server.issue())
    assert await home.places() == {}


# -------------------------------------------------------------------- 52: claims


@pytest.mark.parametrize("account_id", ["", "4711"])
async def test_an_account_under_another_licence_is_claimed_by_proof(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home, account_id: str
) -> None:
    """Scenario 52: refused, until a signed read call proves whose it is."""
    async with open_home(tmp_path / "squatter", clock, server, "squatter") as squatter:
        await squatter.add(await server.issue(holder="Squatter"))
        theirs = await squatter.key(1, account_hint=account_id)
        await squatter.step()
        assert await squatter.refusal(theirs) == ""

        await home.add(await server.issue(slots=2))
        key = await home.key(1, account_hint=account_id)
        await home.step()
        assert await home.refusal(key) == "licence_account_elsewhere"
        assert await home.places() == {key.id: Place.REFUSED}

        server.prover.accounts[key.id] = Account("binance", "live", key.public_key, account_id)
        wish = await home.licences.wish(OWNER, Act.CLAIM, key.id)
        assert await home.wish(wish) == ""
        assert await home.refusal(key) == ""

        clock.advance(13 * HOUR_MS)
        await squatter.step()
        assert await squatter.refusal(theirs) == "licence_account_elsewhere"


async def test_a_claim_that_the_exchange_refuses_changes_nothing(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    async with open_home(tmp_path / "other", clock, server, "other") as other:
        await other.add(await server.issue(holder="Other"))
        theirs = await other.key(1)
        await other.step()
        await home.add(await server.issue())
        key = await home.key(1)
        wish = await home.licences.wish(OWNER, Act.CLAIM, key.id)
        assert await home.wish(wish) == "licence_proof_refused"
        clock.advance(13 * HOUR_MS)
        await other.step()
        assert await other.refusal(theirs) == ""


# -------------------------------------------------------------------- 54: archives


async def test_an_archived_account_makes_room_and_comes_back(server: Server, home: Home) -> None:
    """Scenario 54: slot limit reached, one archived, credentials kept, re-activated later."""
    await home.add(await server.issue(slots=1))
    first = await home.key(1)
    await home.step()
    second = await home.key(2)
    await home.step()
    assert await home.refusal(second) == "licence_slots_full"
    wish = await home.licences.wish(OWNER, Act.ARCHIVE, first.id)
    assert await home.wish(wish) == ""
    await home.step()
    assert await home.refusal(second) == ""
    assert await home.refusal(first) == "licence_account_archived"
    assert (await home.found(first.id)).status is KeyStatus.ENABLED

    back = await home.licences.wish(OWNER, Act.BIND, first.id)
    assert await home.wish(back) == "licence_slots_full"
    await home.wish(await home.licences.wish(OWNER, Act.ARCHIVE, second.id))
    await home.wish(await home.licences.wish(OWNER, Act.BIND, first.id))
    assert await home.refusal(first) == ""


# -------------------------------------------------------------------- 55: everything lost


async def test_who_lost_all_keys_registers_a_new_one_without_support(
    server: Server, home: Home
) -> None:
    """Scenario 55: the lost key is deleted here, and its place is free for the new one."""
    await home.add(await server.issue(slots=1))
    lost = await home.key(1)
    await home.step()
    async with home.database.transaction() as tx:
        await vault_store.write_deleted(tx, lost.id, home.clock.now_ms())
    fresh = await home.key(2)
    await home.step()
    assert await home.refusal(fresh) == ""
    assert (await server.office.list_licences())[0].used_slots == 1


async def test_who_lost_the_machine_goes_on_elsewhere_by_the_recovery_code(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    """Scenario 55: nobody of the operator's has to do anything."""
    made = await server.issue()
    await home.add(made)
    lost = await home.key(1)
    await home.step()
    async with open_home(tmp_path / "new", clock, server, "new") as new:
        await new.add(made)
        assert await new.problem() == "licence_active_elsewhere"
        typed = made.recovery_code.reveal().upper().replace("-", " ")
        assert await new.wish(await new.licences.recover(OWNER, typed)) == ""
        key = await new.key(1, public_key="drawn after everything was lost")
        await new.step()
        assert await new.refusal(key) == ""
        rows = await new.database.fetch_all("SELECT sealed FROM licence_wishes")
        assert [row["sealed"] for row in rows] == [None]
    clock.advance(13 * HOUR_MS)
    await home.step()
    assert await home.problem() == "licence_active_elsewhere"
    clock.advance(9 * DAY_MS)
    assert await home.refusal(lost) == "licence_lease_ended"


async def test_a_released_licence_moves_without_a_code(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    made = await server.issue()
    await home.add(made)
    key = await home.key(1)
    await home.step()
    assert await home.wish(await home.licences.wish(OWNER, Act.RELEASE)) == ""
    assert await home.refusal(key) == "licence_needed"
    async with open_home(tmp_path / "new", clock, server, "new") as new:
        await new.add(made)
        assert (await new.licences.show(OWNER)).state is State.GOOD


# -------------------------------------------------------------------- what it covers


async def test_a_licence_covers_what_it_says(server: Server, home: Home) -> None:
    await home.add(await server.issue(features=frozenset({Feature.ROBOTS})))
    key = await home.key(1)
    await home.step()
    assert await home.refusal(key, "robot:one") == ""
    assert await home.refusal(key, "person") == ""
    assert await home.refusal(key, "virtual:one") == "licence_feature_missing"


async def test_self_hosted_use_asks_nobody(home: Home) -> None:
    licences = Licences(home.database, None, home.clock, home.seals)
    assert not licences.is_asked
    with pytest.raises(NotFound, match="licence_not_asked"):
        await licences.show(OWNER)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"holder": " "}, "licence_bad_holder"),
        ({"slots": 0}, "licence_bad_slots"),
        ({"features": frozenset()}, "licence_no_feature"),
        ({"expires_ms": NOW_MS}, "licence_ends_before"),
    ],
)
async def test_terms_that_make_no_sense_are_refused(
    server: Server, terms: dict[str, object], code: str
) -> None:
    with pytest.raises(BadInput, match=code):
        await server.issue(**terms)  # type: ignore[arg-type]  # names and values come from the test


async def test_a_wish_is_refused_by_what_is_wrong_about_it(server: Server, home: Home) -> None:
    with pytest.raises(NotFound, match="licence_none_held"):
        await home.licences.wish(OWNER, Act.RENEW)
    await home.add(await server.issue())
    with pytest.raises(NotFound, match="unknown_key"):
        await home.licences.wish(OWNER, Act.ARCHIVE, "key_of_others")
    with pytest.raises(BadInput, match="licence_code_missing"):
        await home.licences.recover(OWNER, " ")
    for _ in range(20):
        await home.licences.wish(OWNER, Act.RENEW)
    with pytest.raises(Conflict, match="licence_busy"):
        await home.licences.wish(OWNER, Act.RENEW)
