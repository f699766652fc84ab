"""The operations of the group “people”."""

from typing import TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import CodeGiven, KeyStatus, Role, Venue


class FreezeWish(TypedDict):
    """The exchange whose keys are to be switched off."""

    exchange: str
    code: str


class InvitationTold(TypedDict):
    """An invitation that waits."""

    id: str
    by: str
    role: Role
    made_ms: int
    until_ms: int


class MaskedKey(TypedDict):
    """A key of somebody else: what it is called and how it stands."""

    id: str
    label: str
    exchange: str
    venue: Venue
    status: KeyStatus


class PersonTold(TypedDict):
    """Somebody of this house."""

    id: str
    name: str
    role: Role
    sees: str
    has_authenticator: bool
    created_ms: int
    ended_ms: int | None
    sessions: int
    seen_ms: int | None


class RoleWish(TypedDict):
    """What somebody is to be from now on."""

    role: Role
    code: str


class SessionsEnded(TypedDict):
    """How many sessions were ended."""

    count: int


class InvitationMade(TypedDict):
    """An invitation just made."""

    invitation: InvitationTold
    link: str


class PeopleOperations:
    """The operations of the group “people”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_people(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[PersonTold]:
        """List everybody, the first one first; who is ended is among them."""
        told: Page[PersonTold] = self._calling.ask(
            "GET", "/people", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def get_person(self, person: str) -> PersonTold:
        """Give one person."""
        told: PersonTold = self._calling.ask("GET", "/people/{person}", {"person": person})
        return told

    def list_keys_of_person(
        self, person: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[MaskedKey]:
        """List somebody's keys by name and state."""
        told: Page[MaskedKey] = self._calling.ask(
            "GET",
            "/people/{person}/keys",
            {"person": person},
            query={"limit": limit, "cursor": cursor},
        )
        return told

    def halt_key_of_person(self, person: str, key: str, *, idempotency_key: str = "") -> MaskedKey:
        """Switch somebody's key off; only they can switch it on again."""
        told: MaskedKey = self._calling.ask(
            "POST",
            "/people/{person}/keys/{key}/disable",
            {"person": person, "key": key},
            idempotency_key=idempotency_key,
        )
        return told

    def end_sessions_of_person(self, person: str, *, idempotency_key: str = "") -> SessionsEnded:
        """Log somebody out everywhere."""
        told: SessionsEnded = self._calling.ask(
            "POST",
            "/people/{person}/end-sessions",
            {"person": person},
            idempotency_key=idempotency_key,
        )
        return told

    def end_person(self, person: str, wish: CodeGiven, *, idempotency_key: str = "") -> PersonTold:
        """Let somebody in no more: sessions, tokens and chat end, keys are switched off."""
        told: PersonTold = self._calling.ask(
            "POST",
            "/people/{person}/end",
            {"person": person},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def let_person_back(
        self, person: str, wish: CodeGiven, *, idempotency_key: str = ""
    ) -> PersonTold:
        """Let somebody in again who was ended; their keys stay off."""
        told: PersonTold = self._calling.ask(
            "POST",
            "/people/{person}/let-back",
            {"person": person},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def set_role_of_person(
        self, person: str, wish: RoleWish, *, idempotency_key: str = ""
    ) -> PersonTold:
        """Make somebody something else from now on."""
        told: PersonTold = self._calling.ask(
            "POST",
            "/people/{person}/role",
            {"person": person},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def freeze_keys_of_exchange(
        self, wish: FreezeWish, *, idempotency_key: str = ""
    ) -> list[MaskedKey]:
        """Switch off everybody's keys of an exchange at once, and tell which they were."""
        told: list[MaskedKey] = self._calling.ask(
            "POST", "/freeze", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def list_invitations(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[InvitationTold]:
        """List the invitations that wait, the newest first."""
        told: Page[InvitationTold] = self._calling.ask(
            "GET", "/invitations", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def make_invitation(self, wish: RoleWish, *, idempotency_key: str = "") -> InvitationMade:
        """Draw the link that lets one person in, once and within a day."""
        told: InvitationMade = self._calling.ask(
            "POST", "/invitations", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def withdraw_invitation(self, invitation: str, *, idempotency_key: str = "") -> None:
        """Let nobody in by an invitation."""
        self._calling.ask(
            "POST",
            "/invitations/{invitation}/withdraw",
            {"invitation": invitation},
            idempotency_key=idempotency_key,
        )
