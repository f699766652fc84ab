"""People: who is here and as what, invitations, and what may be stopped of others'.

Of what others have, these pages tell the names and states of keys, and nothing that is worth
money. What each role may do to whom is judged by the services; here are the forms.
"""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.accounts.people import Person
from drawbridge.accounts.roles import Act, Role, may, read_role
from drawbridge.app.build import House
from drawbridge.audit.store import list_of_people
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.vault.freezing import halt_key
from drawbridge.vault.in_use import list_exchanges
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord
from drawbridge.wording.say import say

_HERE: Final = "/people"
_INVITING: Final = ("role", "code")
_FREEZING: Final = ("exchange", "code")
_EVENTS: Final = 50


@dataclass(frozen=True, slots=True)
class MaskedKey:
    """A key of somebody else: what it is called and how it stands, and nothing more."""

    id: str
    label: str
    exchange: str
    venue: str
    status: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class PeoplePages:
    """The list of people, one person, and what is done to them."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """List people and invitations."""
        return await self._all(visit, Form())

    async def invite(self, visit: Visit, fields: Fields) -> Response:
        """Draw the link of an invitation and show it, this one time."""
        try:
            role = read_role(fields.line("role"))
            await self._check_code(visit, fields)
            invitation, link = await self.house.invitations.invite(visit.person, role)
        except DrawbridgeError as error:
            form = refused(error, _INVITING, fields.keep("role"))
            return await self._all(visit, form, error.http_status)
        address = f"{self.house.settings.public_address}/join/{link.reveal()}"
        facts = {"address": address, "invitation": invitation}
        return self.site.page(visit, "people/invited.html", facts)

    async def withdraw(self, visit: Visit, fields: Fields) -> Response:
        """Let nobody in by an invitation."""
        await self.house.invitations.withdraw(visit.person, fields.text("invitation"))
        return go(_HERE, "invitation_withdrawn")

    async def show_freezing(self, visit: Visit) -> Response:
        """Ask which exchange, and for the code."""
        return await self._freezing(visit, Form())

    async def freeze(self, visit: Visit, fields: Fields) -> Response:
        """Switch off everybody's keys of an exchange, on a code."""
        try:
            card = get_card(fields.line("exchange"))
            await self._check_code(visit, fields)
        except DrawbridgeError as error:
            form = refused(error, _FREEZING, fields.keep("exchange"))
            return await self._freezing(visit, form, error.http_status)
        await self.house.panic.stop_lot(Lot(exchange=card.id), by=visit.person.name)
        return go(_HERE, "exchange_frozen")

    async def show_one(self, visit: Visit) -> Response:
        """Show one person."""
        return await self._one(visit, Form())

    async def set_role(self, visit: Visit, fields: Fields) -> Response:
        """Make somebody something else, on a code."""
        try:
            role = read_role(fields.line("role"))
            await self._check_code(visit, fields)
            await self.house.people.set_role(visit.person, _id(visit), role)
        except DrawbridgeError as error:
            form = refused(error, _INVITING, fields.keep("role"))
            return await self._one(visit, form, error.http_status)
        return go(_path(visit), "role_changed")

    async def confirm(self, visit: Visit) -> Response:
        """Say what ending somebody means, or letting them back, and ask for the code."""
        return await self._confirm(visit, Form())

    async def end(self, visit: Visit, fields: Fields) -> Response:
        """Let somebody in no more, on a code."""
        try:
            await self._check_code(visit, fields)
            await self.house.people.end(visit.person, _id(visit))
        except DrawbridgeError as error:
            form = refused(error, ("code",), {})
            return await self._confirm(visit, form, error.http_status)
        return go(_path(visit), "person_ended")

    async def let_back(self, visit: Visit, fields: Fields) -> Response:
        """Let somebody in again, on a code."""
        try:
            await self._check_code(visit, fields)
            await self.house.people.let_back(visit.person, _id(visit))
        except DrawbridgeError as error:
            form = refused(error, ("code",), {})
            return await self._confirm(visit, form, error.http_status)
        return go(_path(visit), "person_let_back")

    async def end_sessions(self, visit: Visit, _fields: Fields) -> Response:
        """Log somebody out everywhere."""
        await self.house.people.end_sessions(visit.person, _id(visit))
        return go(_path(visit), "person_logged_out")

    async def halt_key(self, visit: Visit, fields: Fields) -> Response:
        """Switch off somebody's key. It asks for no code, as one's own does not: it only stops."""
        now_ms = self.house.clock.now_ms()
        await halt_key(self.house.database, fields.text("key"), visit.person.name, now_ms)
        return go(_path(visit), "key_halted")

    async def _check_code(self, visit: Visit, fields: Fields) -> None:
        await self.house.accounts.check_second_factor(visit.person.id, fields.line("code"))

    async def _all(self, visit: Visit, form: Form, status: int = 200) -> Response:
        facts = {
            "people": await self.house.people.list_people(),
            "invitations": await self.house.invitations.list_open(),
            "roles": _roles(),
            "events": await list_of_people(self.house.database, _EVENTS),
            "form": form,
        }
        return self.site.page(visit, "people/list.html", facts, status)

    async def _freezing(self, visit: Visit, form: Form, status: int = 200) -> Response:
        names = {it: get_card(it).name for it in await list_exchanges(self.house.database)}
        facts = {"exchanges": sorted(names.items()), "form": form}
        return self.site.page(visit, "people/freeze.html", facts, status)

    async def _one(self, visit: Visit, form: Form, status: int = 200) -> Response:
        person = await self.house.people.get_person(_id(visit))
        keys = await self.house.vault.list_keys(person.owner.id)
        facts = {
            "person": person,
            "keys": [_mask(key) for key in keys],
            "roles": _roles(),
            "may_decide": _may_decide(visit, person),
            "form": form,
        }
        return self.site.page(visit, "people/show.html", facts, status)

    async def _confirm(self, visit: Visit, form: Form, status: int = 200) -> Response:
        person = await self.house.people.get_person(_id(visit))
        everybody = await self.house.people.list_people()
        facts = {
            "person": person,
            "act": visit.request.url.path.rpartition("/")[2].replace("-", "_"),
            "lookers": sum(_looks_at(it, person) for it in everybody),
            "form": form,
        }
        return self.site.page(visit, "people/confirm.html", facts, status)


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["person"])


def _path(visit: Visit) -> str:
    return f"{_HERE}/{_id(visit)}"


def _roles() -> list[tuple[str, str]]:
    return [(role.value, say(f"role.{role.value}")) for role in Role]


def _mask(key: KeyRecord) -> MaskedKey:
    return MaskedKey(
        id=key.id,
        label=key.label,
        exchange=get_card(key.exchange).name,
        venue=key.venue.value,
        status=key.status.value,
        is_off=key.status.value in {"disabled", "refused"},
    )


def _looks_at(one: Person, other: Person) -> bool:
    return one.owner.sees == other.owner.id and one.owner.ended_ms is None


def _may_decide(visit: Visit, person: Person) -> bool:
    """Tell whether ending and logging out is offered; the service judges it again."""
    if person.owner.id == visit.person.id:
        return False
    return person.owner.role is not Role.OWNER or may(visit.person.role, Act.RULE)
