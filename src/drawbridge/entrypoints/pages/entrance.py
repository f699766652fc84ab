"""Logging in and out, the same on both websites.

Who may do what, how often one may try, and what a wrong attempt is told are the accounts'
business; here their answers become pages.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from starlette.responses import Response

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import LOG_IN, Site, go, local_path
from drawbridge.entrypoints.pages.visits import Visit

_SHOWN: Final = ("name", "password", "code")


class Door(Protocol):
    """What logging in and out needs of the accounts."""

    async def log_in(self, name: str, password: Secret, code: str | None, address: str) -> Secret:
        """Start a session and give its token."""

    async def log_out(self, token: str) -> None:
        """End a session."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """The pages of logging in and out."""

    site: Site
    door: Door

    async def show(self, visit: Visit) -> Response:
        """Show the form."""
        onward = local_path(visit.request.query_params.get("next", "/"))
        return self.site.page(visit, "log_in.html", {"form": Form(), "next": onward})

    async def log_in(self, visit: Visit, fields: Fields) -> Response:
        """Take the form."""
        onward = local_path(fields.text("next"))
        try:
            return await self.open_for(
                visit, fields.line("name"), read_password(fields), fields.line("code"), onward
            )
        except DrawbridgeError as error:
            form = refused(error, _SHOWN, fields.keep("name"))
            facts = {"form": form, "next": onward}
            return self.site.page(visit, "log_in.html", facts, error.http_status)

    async def log_out(self, visit: Visit, _fields: Fields) -> Response:
        """End the session and let the browser forget it."""
        await self.door.log_out(visit.token)
        response = go(LOG_IN, "logged_out")
        self.site.cookies.drop(response)
        return response

    async def open_for(
        self, visit: Visit, name: str, password: Secret, code: str, onward: str
    ) -> Response:
        """Log in and lead on, with the new session in the browser's cookie."""
        token = await self.door.log_in(name, password, code or None, visit.address)
        if visit.owner is not None:
            await self.door.log_out(visit.token)  # Nobody would ever end the session of before.
        response = go(onward)
        self.site.cookies.put(response, token.reveal())
        return response


def read_password(fields: Fields) -> Secret:
    """Read a password exactly as it was typed."""
    return Secret(fields.text("password"))


def read_new_password(fields: Fields) -> Secret:
    """Read a new password, typed twice. Raises: `BadInput("passwords_differ")`."""
    password = read_password(fields)
    if password != Secret(fields.text("password_again")):
        raise BadInput("passwords_differ", field="password_again")
    return password
