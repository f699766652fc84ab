"""Roles changed and people ended: by whom that may be, and what is left of who is ended."""

import asyncio
import os

import pytest

from drawbridge.accounts.api_tokens import ApiTokens
from drawbridge.accounts.key_passes import KeyPasses
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Role
from drawbridge.accounts.telegram_links import TelegramLinks
from drawbridge.audit.store import AuditLog, list_events
from drawbridge.core.clock import DAY_MS, SteppedClock
from drawbridge.core.errors import Conflict, Forbidden, NotFound, NotProven
from drawbridge.storage.database import Database
from tests.kit.household import Household

_OTHERS = (Role.MEMBER, Role.READ_ONLY, Role.OPERATOR)


@pytest.fixture
def house(database: Database, clock: SteppedClock) -> Household:
    return Household(database, clock)


async def test_the_last_owner_is_neither_ended_nor_made_something_else(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OWNER, "Bob")
    for act in (house.people.end(ada, ada.id), house.people.set_role(ada, ada.id, Role.MEMBER)):
        with pytest.raises(Conflict, match="not_oneself"):
            await act
    await house.people.end(ada, bob.id)
    for act in (house.people.end(ada, ada.id), house.people.set_role(ada, ada.id, Role.MEMBER)):
        with pytest.raises(Conflict, match="last_owner"):
            await act
    # Bob is ended and so decides nothing, also where somebody forged what he is.
    with pytest.raises(Forbidden, match="role_forbids"):
        await house.people.end(bob, ada.id)


async def test_two_owners_who_end_each_other_at_once_do_not_both_succeed(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OWNER, "Bob")
    done = await asyncio.gather(
        house.people.end(ada, bob.id), house.people.end(bob, ada.id), return_exceptions=True
    )
    assert sum(isinstance(it, Forbidden | Conflict) for it in done) == 1
    assert sum(it.ended_ms is None for it in await house.accounts.list_owners()) == 1


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READ_ONLY])
async def test_members_and_lookers_decide_about_nobody(house: Household, role: Role) -> None:
    ada = await house.owner()
    bob, cyd = await house.joined(ada, role, "Bob"), await house.joined(ada, role, "Cyd")
    for act in (
        house.people.end(bob, cyd.id),
        house.people.end_sessions(bob, cyd.id),
        house.people.set_role(bob, cyd.id, Role.OWNER),
        house.people.let_back(bob, cyd.id),
    ):
        with pytest.raises(Forbidden, match="role_forbids"):
            await act


async def test_an_operator_stops_people_but_no_owner_and_changes_no_role(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OPERATOR, "Bob")
    cyd = await house.joined(ada, Role.MEMBER, "Cyd")
    for act in (house.people.end(bob, ada.id), house.people.end_sessions(bob, ada.id)):
        with pytest.raises(Forbidden, match="not_over_owner"):
            await act
    for rule in (
        house.people.set_role(bob, cyd.id, Role.OPERATOR),
        house.people.let_back(bob, cyd.id),
    ):
        with pytest.raises(Forbidden, match="role_forbids"):
            await rule
    assert [it.id for it in await house.people.end(bob, cyd.id)] == [cyd.id]


async def test_nobody_unknown_is_decided_about(house: Household) -> None:
    ada = await house.owner()
    with pytest.raises(NotFound, match="unknown_person"):
        await house.people.end(ada, "owner_nobody")
    with pytest.raises(NotFound, match="unknown_person"):
        await house.people.get_person("owner_nobody")


async def test_of_who_is_ended_no_way_in_is_left(
    house: Household, database: Database, clock: SteppedClock
) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.MEMBER, "Bob")
    log = AuditLog(clock)
    tokens = ApiTokens(database, log, clock, os.urandom)
    links = TelegramLinks(database, log, clock, os.urandom)
    passes = KeyPasses(database, clock, os.urandom)
    session = await house.log_in("Bob")
    _, token = await tokens.make(bob.id, "Bot", ["keys"], DAY_MS)
    await links.link((await links.draw_code(bob.id)).reveal(), 7, "Bob")
    code = await links.draw_code(bob.id)
    form = await passes.draw(bob.id, "kraken", "paper")

    await house.people.end(ada, bob.id)

    assert await house.accounts.session(session) is None
    with pytest.raises(NotProven, match="token_wrong"):
        await tokens.prove(token.reveal(), "203.0.113.9")
    assert await links.owner_of(7) is None
    with pytest.raises(NotProven, match="link_code_wrong"):
        await links.link(code.reveal(), 8, "Bob")
    with pytest.raises(NotFound, match="pass_ended"):
        await passes.get(form.reveal())
    with pytest.raises(NotProven, match="person_ended"):
        await house.log_in("Bob")
    with pytest.raises(NotFound, match="unknown_owner"):
        await tokens.make(bob.id, "Another", [], DAY_MS)
    assert house.left == [(bob.id, "Ada")]


async def test_who_only_looks_ends_with_whom_they_look_at(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OWNER, "Bob")
    cyd = await house.joined(bob, Role.READ_ONLY, "Cyd")
    dan = await house.joined(ada, Role.READ_ONLY, "Dan")
    session = await house.log_in("Cyd")
    assert [it.id for it in await house.people.end(ada, bob.id)] == [bob.id, cyd.id]
    assert await house.accounts.session(session) is None
    assert (await house.people.get_person(dan.id)).owner.ended_ms is None
    with pytest.raises(Conflict, match="sees_nobody"):
        await house.people.let_back(ada, cyd.id)
    await house.people.let_back(ada, bob.id)
    await house.people.let_back(ada, cyd.id)
    assert (await house.people.get_person(cyd.id)).sees == "Bob"


async def test_who_is_let_back_comes_in_by_their_password_alone(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.MEMBER, "Bob")
    old = await house.log_in("Bob")
    await house.people.end(ada, bob.id)
    assert await house.people.end(ada, bob.id) == (), "twice is once"
    back = await house.people.let_back(ada, bob.id)
    assert back.ended_ms is None
    assert await house.accounts.session(old) is None
    assert await house.accounts.session(await house.log_in("Bob")) == back


@pytest.mark.parametrize("role", _OTHERS)
async def test_a_role_holds_from_the_next_look_on(house: Household, role: Role) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OWNER, "Bob")
    changed = await house.people.set_role(ada, bob.id, role)
    assert changed.role is role
    assert changed.account == (ada.id if role is Role.READ_ONLY else bob.id)
    # Who may trade no more is not left with keys that do.
    assert house.left == ([] if role is Role.MEMBER else [(bob.id, "Ada")])


async def test_a_member_who_becomes_owner_stays_logged_in(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.MEMBER, "Bob")
    session = await house.log_in("Bob")
    await house.people.set_role(ada, bob.id, Role.OWNER)
    seen = await house.accounts.session(session)
    assert isinstance(seen, Owner)
    assert seen.role is Role.OWNER
    await house.people.end(ada, bob.id)
    with pytest.raises(Conflict, match="person_has_ended"):
        await house.people.set_role(ada, bob.id, Role.MEMBER)


async def test_who_did_what_to_whom_stands_in_both_logs(house: Household) -> None:
    ada = await house.owner()
    bob = await house.joined(ada, Role.OPERATOR, "Bob")
    cyd = await house.joined(ada, Role.MEMBER, "Cyd")
    await house.log_in("Cyd")
    assert await house.people.end_sessions(bob, cyd.id) == 1
    for whose in (bob, cyd):
        event = (await list_events(house.database, whose.id, limit=1))[0]
        assert (event.tag, event.subject) == ("people:sessions:ended", cyd.id)
        assert event.facts == {"by": "Bob", "name": "Cyd", "sessions": 1}
    assert "people:sessions:ended" not in {
        it.tag for it in await list_events(house.database, ada.id)
    }


async def test_the_list_tells_roles_and_sessions(house: Household) -> None:
    ada = await house.owner()
    house.clock.advance(1)
    await house.joined(ada, Role.READ_ONLY, "Bob")
    await house.log_in("Bob")
    first, second = await house.people.list_people()
    assert (first.owner, first.sees, first.sessions, first.seen_ms) == (ada, "", 0, None)
    assert (second.sees, second.sessions, second.seen_ms) == ("Ada", 1, house.clock.now_ms())
