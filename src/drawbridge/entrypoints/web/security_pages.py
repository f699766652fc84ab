"""What protects the account: password, authenticator and its recovery codes, open sessions."""

from dataclasses import dataclass

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.entrance import read_new_password
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import LOG_IN, Site, go
from drawbridge.entrypoints.pages.visits import Visit

_PASSWORDS = ("old_password", "password", "password_again")
_HERE = "/security"


@dataclass(frozen=True, slots=True)
class SecurityPages:
    """The page of security and its forms."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show all of it."""
        return await self._page(visit, Form(), Form())

    async def change_password(self, visit: Visit, fields: Fields) -> Response:
        """Change the password, which ends every session."""
        old = Secret(fields.text("old_password"))
        try:
            new = read_new_password(fields)
            await self.house.accounts.change_password(visit.person.id, old, new)
        except DrawbridgeError as error:
            form = refused(error, _PASSWORDS, {})
            return await self._page(visit, form, Form(), error.http_status)
        return go(LOG_IN, "password_changed")

    async def renew_recovery_codes(self, visit: Visit, fields: Fields) -> Response:
        """Draw new recovery codes, on a code; the old ones end. Shown this one time."""
        try:
            codes = await self.house.accounts.renew_recovery_codes(
                visit.person.id, fields.line("code")
            )
        except DrawbridgeError as error:
            form = refused(error, ("code",), {})
            return await self._page(visit, Form(), form, error.http_status)
        shown = {"codes": [code.reveal() for code in codes], "onward": _HERE}
        return self.site.page(visit, "recovery.html", shown)

    async def end_session(self, visit: Visit, fields: Fields) -> Response:
        """End one session; one's own is ended by logging out."""
        await self.house.sessions.end(visit.person.id, fields.text("session"))
        return go(_HERE, "session_ended")

    async def end_others(self, visit: Visit, _fields: Fields) -> Response:
        """End every session but this one."""
        await self.house.sessions.end_others(visit.person.id, visit.token)
        return go(_HERE, "sessions_ended")

    async def _page(
        self, visit: Visit, passwords: Form, codes: Form, status: int = 200
    ) -> Response:
        sessions = await self.house.sessions.list_open(visit.person.id, visit.token)
        facts = {"form": passwords, "codes_form": codes, "sessions": sessions}
        return self.site.page(visit, "account/security.html", facts, status)
