"""Passkeys: which there are, add one, remove one, and log in with one.

The browser's part is in `static/passkeys.js`; what a device's answer proves is the accounts'
business.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from starlette.responses import JSONResponse, Response

from drawbridge.accounts.passkey_proof import Place
from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError, Forbidden
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.second_factor import take_code
from drawbridge.entrypoints.pages.site import Site, go, local_path
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.wording.say import say_error

_HERE: Final = "/security/passkeys"
_SHOWN: Final = ("name", "code")
_THIS_MACHINE: Final = "localhost"


@dataclass(frozen=True, slots=True)
class PasskeyPages:
    """The page of passkeys, its forms, and the log-in by one."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """List the passkeys beside the form that adds one."""
        return await self._page(visit, Form())

    async def begin(self, visit: Visit, fields: Fields) -> Response:
        """Show the page on which the device is asked, on a code of the authenticator.

        Why: a passkey outlives the session that made it.
        """
        person, name = visit.person, fields.line("name")
        try:
            place = self._place(visit)
            if person.second_factor:
                check = self.house.passkeys.check_adding(person.id, name)
                await take_code(self.house.accounts, person.id, fields, after=check)
            options = await self.house.passkeys.begin_adding(person.id, visit.token, name, place)
        except DrawbridgeError as error:
            form = refused(error, _SHOWN, fields.keep("name"))
            return await self._page(visit, form, error.http_status)
        facts = {"name": name, "options": options}
        return self.site.page(visit, "passkeys/make.html", facts)

    async def add(self, visit: Visit, fields: Fields) -> Response:
        """Keep the passkey that the device has made."""
        name, answer = fields.line("name"), fields.text("answer")
        try:
            place, owner = self._place(visit), visit.person.id
            await self.house.passkeys.add(owner, visit.token, name, place, answer)
        except DrawbridgeError as error:
            form = refused(error, _SHOWN, fields.keep("name"))
            return await self._page(visit, form, error.http_status)
        return go(_HERE, "passkey_added")

    async def remove(self, visit: Visit, fields: Fields) -> Response:
        """Let a passkey log nobody in any more."""
        await self.house.passkeys.remove(visit.person.id, fields.text("passkey"))
        return go(_HERE, "passkey_removed")

    async def begin_log_in(self, visit: Visit, _fields: Fields) -> Response:
        """Tell the page's script what to ask the device, or the sentence that says why not."""
        try:
            options = await self.house.passkeys.begin_log_in(
                visit.token, self._place(visit), visit.address
            )
        except DrawbridgeError as error:
            return JSONResponse({"problem": say_error(error)}, error.http_status)
        return JSONResponse({"options": options})

    async def log_in(self, visit: Visit, fields: Fields) -> Response:
        """Log in with the device's answer and lead on."""
        onward = local_path(fields.text("next"))
        try:
            token = await self.house.passkeys.log_in(
                visit.token, self._place(visit), fields.text("answer"), visit.address
            )
        except DrawbridgeError as error:
            facts = {"form": refused(error, (), {}), "next": onward}
            return self.site.page(visit, "log_in.html", facts, error.http_status)
        if visit.owner is not None:
            await self.house.accounts.log_out(visit.token)  # As with a password.
        response = go(onward)
        self.site.cookies.put(response, token.reveal())
        return response

    def _place(self, visit: Visit) -> Place:
        host = _host_of(visit)
        place = find_place(host, secure=self.house.settings.has_tls)
        if place is None:
            raise Forbidden("passkeys_need_a_name", rule="name", address=self._named(host))
        return place

    def _named(self, host: str) -> str:
        """Give an address of this site at which passkeys work."""
        public = self.house.settings.public_address
        scheme, _, rest = public.partition("://")
        if find_place(rest, secure=scheme == "https"):
            return public
        _, colon, port = host.rpartition(":")
        at = f"{_THIS_MACHINE}:{port}" if colon and port.isdigit() else _THIS_MACHINE
        return f"{'https' if self.house.settings.has_tls else 'http'}://{at}"

    async def _page(self, visit: Visit, form: Form, status: int = 200) -> Response:
        host = _host_of(visit)
        works = find_place(host, secure=self.house.settings.has_tls) is not None
        facts = {
            "passkeys": await self.house.passkeys.list_passkeys(visit.person.id),
            "form": form,
            "elsewhere": "" if works else self._named(host),
        }
        return self.site.page(visit, "passkeys/list.html", facts, status)


def find_place(host: str, *, secure: bool) -> Place | None:
    """Find where a passkey made at this host works, None where browsers make none.

    Why: they bind a passkey to a name, never to an IP address, and trust a name without TLS only
    when it is this machine's own.
    """
    host = host.lower()
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():
        name = host
    if not name or _is_address(name) or not (secure or name == _THIS_MACHINE):
        return None
    return Place(name, f"{'https' if secure else 'http'}://{host}")


def _host_of(visit: Visit) -> str:
    # Ours for sure: whoever asks by another name gets no page (pages/manners.py).
    return visit.request.headers.get("host", "")


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
