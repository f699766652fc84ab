"""Invitations: one person, once, within a day, as what an owner chose."""

import asyncio
from pathlib import Path

import pytest

from drawbridge.accounts.invitations import INVITATION_LIVES_MS, MOST_INVITATIONS
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Role
from drawbridge.audit.store import list_events
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, Forbidden, NotFound
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database
from tests.kit.household import PASSWORD, Household
from tests.kit.planted import Planted


@pytest.fixture
def house(database: Database, clock: SteppedClock) -> Household:
    return Household(database, clock)


async def _refused(house: Household, link: str, name: str = "Bob") -> str:
    with pytest.raises(DrawbridgeError) as told:
        await house.invitations.join(house.accounts, link, name, PASSWORD)
    return told.value.code


@pytest.mark.parametrize("link", ["", "x", "x" * 43, "x" * 100_000, "\ud800", "' OR 1=1 --"])
async def test_a_link_that_never_was_lets_nobody_in(house: Household, link: str) -> None:
    await house.invitations.invite(await house.owner(), Role.OWNER)
    assert await _refused(house, link) == "invitation_ended"


async def test_a_link_works_once_and_for_a_day(house: Household, clock: SteppedClock) -> None:
    ada = await house.owner()
    _, used = await house.invitations.invite(ada, Role.MEMBER)
    await house.invitations.join(house.accounts, used.reveal(), "Bob", PASSWORD)
    assert await _refused(house, used.reveal(), "Eve") == "invitation_ended"
    _, late = await house.invitations.invite(ada, Role.MEMBER)
    clock.advance(INVITATION_LIVES_MS)
    assert await _refused(house, late.reveal(), "Eve") == "invitation_ended"
    assert await house.invitations.list_open() == ()


async def test_two_who_come_with_one_link_at_once_are_not_both_let_in(house: Household) -> None:
    _, link = await house.invitations.invite(await house.owner(), Role.OPERATOR)
    both = await asyncio.gather(
        *(
            house.invitations.join(house.accounts, link.reveal(), name, PASSWORD)
            for name in ("Bob", "Eve")
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(it, NotFound) for it in both) == 1
    assert len(await house.accounts.list_owners()) == 2


async def test_a_refused_name_or_password_uses_nothing_up(house: Household) -> None:
    _, link = await house.invitations.invite(await house.owner(), Role.MEMBER)
    assert await _refused(house, link.reveal(), "ADA") == "name_taken"
    with pytest.raises(BadInput, match="password_too_short"):
        await house.invitations.join(house.accounts, link.reveal(), "Bob", Secret("short"))
    bob = await house.invitations.join(house.accounts, link.reveal(), "Bob", PASSWORD)
    assert (bob.role, bob.account) == (Role.MEMBER, bob.id)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READ_ONLY, Role.OPERATOR])
async def test_only_an_owner_invites_or_withdraws(house: Household, role: Role) -> None:
    ada = await house.owner()
    waiting, _ = await house.invitations.invite(ada, Role.MEMBER)
    other = await house.joined(ada, role, "Bob")
    with pytest.raises(Forbidden, match="role_forbids"):
        await house.invitations.invite(other, Role.OWNER)
    with pytest.raises(Forbidden, match="role_forbids"):
        await house.invitations.withdraw(other, waiting.id)


async def test_who_claims_to_be_an_owner_is_looked_up(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.MEMBER, "Bob")
    claimed = Owner(bob.id, bob.name, bob.created_ms, role=Role.OWNER)
    with pytest.raises(Forbidden, match="role_forbids"):
        await house.invitations.invite(claimed, Role.OWNER)


async def test_a_withdrawn_link_lets_nobody_in_and_invitations_are_bounded(
    house: Household,
) -> None:
    ada = await house.owner()
    made, link = await house.invitations.invite(ada, Role.MEMBER)
    await house.invitations.withdraw(ada, made.id)
    assert await _refused(house, link.reveal()) == "invitation_ended"
    with pytest.raises(NotFound, match="unknown_invitation"):
        await house.invitations.withdraw(ada, made.id)
    for _ in range(MOST_INVITATIONS):
        await house.invitations.invite(ada, Role.MEMBER)
    with pytest.raises(Conflict, match="too_many_invitations"):
        await house.invitations.invite(ada, Role.MEMBER)


@pytest.mark.parametrize("is_ended", [True, False])
async def test_a_link_ends_with_the_right_of_who_made_it(
    house: Household, *, is_ended: bool
) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OWNER, "Bob")
    _, link = await house.invitations.invite(bob, Role.OWNER)
    if is_ended:
        await house.people.end(ada, bob.id)
    else:
        await house.people.set_role(ada, bob.id, Role.MEMBER)
    assert await _refused(house, link.reveal()) == "invitation_ended"
    assert await house.invitations.list_open() == ()


async def test_the_invited_come_in_as_what_was_chosen_and_the_log_says_by_whom(
    house: Household,
) -> None:
    ada = await house.owner()
    looker = await house.joined(ada, Role.READ_ONLY, "Bob")
    assert (looker.role, looker.sees, looker.account) == (Role.READ_ONLY, ada.id, ada.id)
    operator = await house.joined(ada, Role.OPERATOR, "Cyd")
    assert (operator.role, operator.account) == (Role.OPERATOR, operator.id)
    [used, *_] = [
        it for it in await list_events(house.database, ada.id) if it.tag == "people:invitation:used"
    ]
    assert used.facts == {"by": "Ada", "name": "Cyd", "role": "operator"}
    assert used.subject == operator.id


async def test_the_link_itself_stands_nowhere(house: Household, tmp_path: Path) -> None:
    made, link = await house.invitations.invite(await house.owner(), Role.MEMBER)
    assert (await house.invitations.get(link.reveal())).by == "Ada"
    assert [it.id for it in await house.invitations.list_open()] == [made.id]
    assert not Planted({"link": link.reveal()}).in_folder(tmp_path)
