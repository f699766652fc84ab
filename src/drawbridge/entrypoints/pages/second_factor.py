"""Setting up an authenticator and taking it away, the same on both websites.

The secret is shown on the page that draws it and on the same page again after a mistyped code;
the browser sends it back for that, so that it is kept nowhere else.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

from starlette.responses import Response

from drawbridge.accounts.model import Enrolment
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.qr import draw_qr
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit

_CODE: Final = ("code",)
_MOST_URI: Final = 512
_TOTP: Final = "otpauth://totp/"


class SecondFactors(Protocol):
    """What setting up an authenticator needs of the accounts."""

    async def enrol_second_factor(self, owner: str) -> Enrolment:
        """Draw a new authenticator."""

    async def confirm_second_factor(self, owner: str, code: str) -> tuple[Secret, ...]:
        """Confirm it and give recovery codes."""

    async def remove_second_factor(self, owner: str, code: str) -> None:
        """Take it away."""


class Prover(Protocol):
    """Who takes the code of a person's authenticator, each only once."""

    async def check_second_factor(self, owner: str, code: str) -> None:
        """Take a code. Raises: `NotProven`."""


async def take_code(
    accounts: Prover, owner: str, fields: Fields, *, after: Awaitable[None]
) -> None:
    """Take the code of a form, last of all.

    Why: a code counts only once, and a new one comes after half a minute. So all else that may be
    wrong with the form is looked for before, in `after`.
    """
    await after
    await accounts.check_second_factor(owner, fields.line("code"))


@dataclass(frozen=True, slots=True)
class SecondFactorPages:
    """The pages of an authenticator; `onward` is where to go when it is set up."""

    site: Site
    accounts: SecondFactors
    onward: str

    async def show(self, visit: Visit) -> Response:
        """Show whether it is set up, and how to begin or to take it away."""
        return self.site.page(visit, "authenticator.html", {"form": Form(), "uri": ""})

    async def begin(self, visit: Visit, _fields: Fields) -> Response:
        """Draw a new one and show it."""
        enrolment = await self.accounts.enrol_second_factor(visit.person.id)
        return self._picture(visit, enrolment.uri.reveal(), Form())

    async def confirm(self, visit: Visit, fields: Fields) -> Response:
        """Take the first code; show the recovery codes, this one time."""
        try:
            codes = await self.accounts.confirm_second_factor(visit.person.id, fields.line("code"))
        except DrawbridgeError as error:
            form = refused(error, _CODE, {})
            uri = fields.text("uri")
            if _looks_right(uri):
                return self._picture(visit, uri, form, error.http_status)
            facts = {"form": form, "uri": ""}
            return self.site.page(visit, "authenticator.html", facts, error.http_status)
        shown = {"codes": [code.reveal() for code in codes], "onward": self.onward}
        return self.site.page(visit, "recovery.html", shown)

    async def remove(self, visit: Visit, fields: Fields) -> Response:
        """Take it away, on a code."""
        try:
            await self.accounts.remove_second_factor(visit.person.id, fields.line("code"))
        except DrawbridgeError as error:
            facts = {"form": refused(error, _CODE, {}), "uri": ""}
            return self.site.page(visit, "authenticator.html", facts, error.http_status)
        return go(visit.request.url.path.removesuffix("/remove"), "authenticator_removed")

    def _picture(self, visit: Visit, uri: str, form: Form, status: int = 200) -> Response:
        secret = parse_qs(urlsplit(uri).query)["secret"][0]
        facts = {"form": form, "uri": uri, "picture": draw_qr(uri), "secret": secret}
        return self.site.page(visit, "authenticator.html", facts, status)


def _looks_right(uri: str) -> bool:
    """Tell whether this is the address that we drew, as far as drawing it again needs to know."""
    if not uri.startswith(_TOTP) or len(uri) > _MOST_URI or not uri.isascii():
        return False
    try:
        return bool(parse_qs(urlsplit(uri).query).get("secret"))
    except ValueError:
        return False
