"""People: who is here and as what, invitations, and what may be stopped of others'.

Of others' keys this tells names and states. Whatever lets somebody in, ends them or decides about
them asks for the authenticator's code, as the pages do: the right `people` alone does not suffice.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from drawbridge.accounts.invitations import Invitation
from drawbridge.accounts.people import Person
from drawbridge.accounts.roles import Role
from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.api.caller import Caller, PeopleHalter, PeopleRuler, PeopleViewer
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Asked,
    Code,
    KeyPath,
    Moment,
    Name,
    Told,
)
from drawbridge.entrypoints.api.turnstile import SHOWN_ONCE
from drawbridge.vault.freezing import halt_key
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue

router = APIRouter(tags=["people"])

PersonPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["owner_4f7q2mabcdefghij"])]
InvitationPath = Annotated[
    str, Path(max_length=LONGEST_TEXT, examples=["invitation_4f7q2mabcdefghij"])
]


class PersonTold(Told):
    """Somebody of this house. `sees` is the name of whose things they look at, mostly empty."""

    id: str
    name: str
    role: Role
    sees: str
    has_authenticator: bool
    created_ms: Moment
    ended_ms: Moment | None
    sessions: int
    seen_ms: Moment | None


class MaskedKey(Told):
    """A key of somebody else: what it is called and how it stands."""

    id: str
    label: str
    exchange: str
    venue: Venue
    status: KeyStatus


class InvitationTold(Told):
    """An invitation that waits."""

    id: str
    by: str
    role: Role
    made_ms: Moment
    until_ms: Moment


class InvitationMade(Told):
    """An invitation just made. The link is told this one time."""

    invitation: InvitationTold
    link: str


class SessionsEnded(Told):
    """How many sessions were ended."""

    count: int


class CodeGiven(Asked):
    """The proof that a person stands behind it."""

    code: Code


class RoleWish(Asked):
    """What somebody is to be from now on."""

    role: Role = Field(strict=False)
    code: Code


class FreezeWish(Asked):
    """The exchange whose keys are to be switched off."""

    exchange: Name
    code: Code


@router.get("/people")
async def list_people(caller: PeopleViewer, paging: AskedPage) -> Page[PersonTold]:
    """List everybody, the first one first; who is ended is among them."""
    return cut(await caller.house.people.list_people(), paging, _tell, lambda it: it.owner.id)


@router.get("/people/{person}")
async def get_person(caller: PeopleViewer, person: PersonPath) -> PersonTold:
    """Give one person."""
    return await _told(caller, person)


@router.get("/people/{person}/keys")
async def list_keys_of_person(
    caller: PeopleViewer, person: PersonPath, paging: AskedPage
) -> Page[MaskedKey]:
    """List somebody's keys by name and state."""
    await caller.house.people.get_person(person)
    keys = await caller.house.vault.list_keys(person)
    return cut(keys, paging, _mask, lambda it: it.id)


@router.post("/people/{person}/keys/{key}/disable")
async def halt_key_of_person(caller: PeopleHalter, person: PersonPath, key: KeyPath) -> MaskedKey:
    """Switch somebody's key off; only they can switch it on again."""
    await caller.house.people.get_person(person)
    await caller.house.vault.get_key(person, key)
    now_ms = caller.house.clock.now_ms()
    await halt_key(caller.house.database, key, caller.person.name, now_ms)
    return _mask(await caller.house.vault.get_key(person, key))


@router.post("/people/{person}/end-sessions")
async def end_sessions_of_person(caller: PeopleHalter, person: PersonPath) -> SessionsEnded:
    """Log somebody out everywhere."""
    return SessionsEnded(count=await caller.house.people.end_sessions(caller.person, person))


@router.post("/people/{person}/end")
async def end_person(caller: PeopleHalter, person: PersonPath, given: CodeGiven) -> PersonTold:
    """Let somebody in no more: sessions, tokens and chat end, keys are switched off."""
    await caller.house.people.get_person(person)
    await caller.check_code(given.code)
    await caller.house.people.end(caller.person, person)
    return await _told(caller, person)


@router.post("/people/{person}/let-back")
async def let_person_back(caller: PeopleRuler, person: PersonPath, given: CodeGiven) -> PersonTold:
    """Let somebody in again who was ended; their keys stay off."""
    await caller.house.people.get_person(person)
    await caller.check_code(given.code)
    await caller.house.people.let_back(caller.person, person)
    return await _told(caller, person)


@router.post("/people/{person}/role")
async def set_role_of_person(caller: PeopleRuler, person: PersonPath, wish: RoleWish) -> PersonTold:
    """Make somebody something else from now on."""
    await caller.house.people.get_person(person)
    await caller.check_code(wish.code)
    await caller.house.people.set_role(caller.person, person, wish.role)
    return await _told(caller, person)


@router.post("/freeze")
async def freeze_keys_of_exchange(caller: PeopleHalter, wish: FreezeWish) -> list[MaskedKey]:
    """Switch off everybody's keys of an exchange at once, and tell which they were."""
    card = get_card(wish.exchange)
    await caller.check_code(wish.code)
    house = caller.house
    frozen = await house.panic.stop_lot(Lot(exchange=card.id), by=caller.person.name)
    return [_mask(await house.vault.get_record(key.id)) for key in frozen]


@router.get("/invitations")
async def list_invitations(caller: PeopleViewer, paging: AskedPage) -> Page[InvitationTold]:
    """List the invitations that wait, the newest first."""
    return cut(
        await caller.house.invitations.list_open(), paging, _tell_invitation, lambda it: it.id
    )


@router.post("/invitations", status_code=201)
async def make_invitation(caller: PeopleRuler, wish: RoleWish, answer: Response) -> InvitationMade:
    """Draw the link that lets one person in, once and within a day."""
    await caller.check_code(wish.code)
    invitation, link = await caller.house.invitations.invite(caller.person, wish.role)
    answer.headers[SHOWN_ONCE] = "true"
    address = f"{caller.house.settings.public_address}/join/{link.reveal()}"
    return InvitationMade(invitation=_tell_invitation(invitation), link=address)


@router.post("/invitations/{invitation}/withdraw", status_code=204)
async def withdraw_invitation(caller: PeopleRuler, invitation: InvitationPath) -> None:
    """Let nobody in by an invitation."""
    await caller.house.invitations.withdraw(caller.person, invitation)


async def _told(caller: Caller, person: str) -> PersonTold:
    return _tell(await caller.house.people.get_person(person))


def _tell(person: Person) -> PersonTold:
    owner = person.owner
    return PersonTold(
        id=owner.id,
        name=owner.name,
        role=owner.role,
        sees=person.sees,
        has_authenticator=owner.second_factor,
        created_ms=owner.created_ms,
        ended_ms=owner.ended_ms,
        sessions=person.sessions,
        seen_ms=person.seen_ms,
    )


def _mask(key: KeyRecord) -> MaskedKey:
    return MaskedKey(
        id=key.id, label=key.label, exchange=key.exchange, venue=key.venue, status=key.status
    )


def _tell_invitation(invitation: Invitation) -> InvitationTold:
    return InvitationTold(
        id=invitation.id,
        by=invitation.by,
        role=invitation.role,
        made_ms=invitation.made_ms,
        until_ms=invitation.until_ms,
    )
