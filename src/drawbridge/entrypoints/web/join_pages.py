"""Coming in by an invitation: a name and a password of one's own, without a session."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.entrance import Entrance, read_new_password
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit

_SHOWN: Final = ("name", "password", "password_again")


@dataclass(frozen=True, slots=True)
class JoinPages:
    """The page behind the link of an invitation."""

    site: Site
    house: House
    entrance: Entrance

    async def show(self, visit: Visit) -> Response:
        """Show who invites, as what; looking uses nothing up."""
        return await self._page(visit, Form())

    async def join(self, visit: Visit, fields: Fields) -> Response:
        """Let somebody in, log them in, and lead on to the authenticator."""
        name = fields.line("name")
        try:
            password = read_new_password(fields)
            await self.house.invitations.join(self.house.accounts, _token(visit), name, password)
        except DrawbridgeError as error:
            form = refused(error, _SHOWN, fields.keep("name"))
            return await self._page(visit, form, error.http_status)
        return await self.entrance.open_for(visit, name, password, "", "/authenticator?done=joined")

    async def _page(self, visit: Visit, form: Form, status: int = 200) -> Response:
        invitation = await self.house.invitations.get(_token(visit))
        facts = {"invitation": invitation, "form": form, "token": _token(visit)}
        return self.site.page(visit, "people/join.html", facts, status)


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])
