"""The people of a Drawbridge elsewhere, with the names and methods of the house's own.

In whose name somebody is ended or made something else says the token; each asks for a code.
"""

from collections.abc import Callable

from drawbridge.accounts.invitations import Invitation
from drawbridge.accounts.model import Doer, Owner
from drawbridge.accounts.people import Person
from drawbridge.accounts.roles import Role
from drawbridge.client import every
from drawbridge.client.people import PersonTold
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.remote_accounts import MOST
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as


class RemotePeople:
    """Everybody elsewhere, and who of them may what."""

    def __init__(self, line: Line, ask_code: Callable[[], Secret]) -> None:
        """Speak over a line; `ask_code` asks the person for their authenticator's code."""
        self._line = line
        self._ask_code = ask_code

    async def list_people(self) -> tuple[Person, ...]:
        """List everybody, the first one first."""
        return await self._line.ask(
            lambda client: tuple(map(_read, every(client.people.list_people, limit=MOST)))
        )

    async def get_person(self, person_id: str) -> Person:
        """Give one person."""
        return await self._line.ask(lambda client: _read(client.people.get_person(person_id)))

    async def set_role(self, _by: Doer, person_id: str, role: Role) -> None:
        """Make somebody something else from now on."""
        code = self._ask_code().reveal()
        await self._line.act(
            lambda client, once: client.people.set_role_of_person(
                person_id, {"role": role.value, "code": code}, idempotency_key=once
            )
        )

    async def end(self, _by: Doer, person_id: str) -> None:
        """Let somebody in no more."""
        code = self._ask_code().reveal()
        await self._line.act(
            lambda client, once: client.people.end_person(
                person_id, {"code": code}, idempotency_key=once
            )
        )

    async def let_back(self, _by: Doer, person_id: str) -> None:
        """Let somebody in again."""
        code = self._ask_code().reveal()
        await self._line.act(
            lambda client, once: client.people.let_person_back(
                person_id, {"code": code}, idempotency_key=once
            )
        )


class RemoteInvitations:
    """Invitations elsewhere."""

    def __init__(self, line: Line, ask_code: Callable[[], Secret]) -> None:
        """Speak over a line; `ask_code` asks the person for their authenticator's code."""
        self._line = line
        self._ask_code = ask_code

    async def invite(self, _by: Doer, role: Role) -> tuple[Invitation, Secret]:
        """Draw the link that lets one person in; elsewhere it comes with its address."""
        code = self._ask_code().reveal()
        told = await self._line.act(
            lambda client, once: client.people.make_invitation(
                {"role": role.value, "code": code}, idempotency_key=once
            )
        )
        return read_as(Invitation, told["invitation"], {"inviter": ""}), Secret(told["link"])


def _read(told: PersonTold) -> Person:
    owner = read_as(
        Owner, {**told, "second_factor": told["has_authenticator"]}, {"sees": "", "language": ""}
    )
    return read_as(Person, told, {"owner": owner, "sees": told["sees"]})
