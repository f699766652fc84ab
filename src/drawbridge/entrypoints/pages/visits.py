"""Who is visiting: the session cookie, the token that proves a form came from our own page.

Sessions themselves are kept by the accounts; here is only how a browser carries one.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response

from drawbridge.accounts.roles import Act, Role, may
from drawbridge.core.errors import Forbidden, NotProven
from drawbridge.core.ids import OwnerId
from drawbridge.entrypoints.pages.fields import Fields
from drawbridge.wording.language import LANGUAGES, Language, find_language, spoken

CSRF_FIELD: Final = "csrf"
LANGUAGE_COOKIE: Final = "drawbridge_language"
# Over TLS, a name that begins so can be set by this very host alone: not by a neighbour below the
# same domain, and not by anybody who answers for us without TLS.
_OF_THIS_HOST: Final = "__Host-"
_YEAR_S: Final = 365 * 86_400
_TOKEN_BYTES = 32
_MOST_TOKEN = 256


class Person(Protocol):
    """Whoever is logged in."""

    @property
    def id(self) -> OwnerId:
        """Give their id."""

    @property
    def name(self) -> str:
        """Give their name."""

    @property
    def role(self) -> Role:
        """Give what they are here."""

    @property
    def account(self) -> OwnerId:
        """Give whose keys, robots and orders they are shown; `id` where it is about themselves."""

    @property
    def second_factor(self) -> bool:
        """Tell whether they have set up an authenticator."""

    @property
    def language(self) -> str:
        """Give the tag of the language that they have chosen, empty before they have."""


class Sessions(Protocol):
    """Tell whose session a token is."""

    async def session(self, token: str) -> Person | None:
        """Give the owner of a session that has not ended, or None."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one browser. `fresh`: the browser carried no token and gets this one."""

    request: Request
    token: str
    owner: Person | None
    fresh: bool = False

    @property
    def csrf(self) -> str:
        """Give the token that every form of this browser carries.

        Why: it is derived from the cookie, which other sites can neither read nor set, so no
        table of issued tokens is needed, and a new session makes old forms worthless.
        """
        return hmac.digest(self.token.encode(), b"drawbridge form token", "sha256").hex()

    @property
    def person(self) -> Person:
        """Give who is logged in. Raises: `NotProven("not_logged_in")`."""
        if self.owner is None:
            raise NotProven("not_logged_in")
        return self.owner

    def may(self, act: str) -> bool:
        """Tell whether whoever is logged in may do this, so that pages offer nothing else."""
        return self.owner is not None and may(self.owner.role, Act(act))

    @property
    def language(self) -> Language:
        """Give the language for this visit.

        The person's own choice comes first, then what was chosen in this browser, what the
        browser asks for, and in the end what this process speaks.
        """
        chosen = self.owner.language if self.owner else ""
        carried = self.request.cookies
        chosen = chosen or carried.get(_OF_THIS_HOST + LANGUAGE_COOKIE, "")
        chosen = chosen or carried.get(LANGUAGE_COOKIE, "")
        asked = self.request.headers.get("accept-language", "")
        return LANGUAGES.get(chosen) or find_language(asked) or spoken()

    @property
    def address(self) -> str:
        """Give the address that the request came from."""
        return self.request.client.host if self.request.client else ""

    def check_form(self, fields: Fields) -> None:
        """Make sure that a form was sent by one of our own pages.

        Raises: `Forbidden("form_not_ours")`.
        """
        right = hmac.compare_digest(self.csrf.encode(), fields.text(CSRF_FIELD).encode())
        if not right or not _same_site(self.request):
            raise Forbidden("form_not_ours", rule="csrf")


class Cookies:
    """The one cookie of a website."""

    def __init__(self, name: str, entropy: Callable[[int], bytes], *, secure: bool) -> None:
        """Keep the cookie's name; each of our sites has its own, because ports share cookies."""
        prefix = _OF_THIS_HOST if secure else ""
        self._name = prefix + name
        self._language = prefix + LANGUAGE_COOKIE
        self._entropy = entropy
        self._secure = secure

    async def visit(self, request: Request, sessions: Sessions) -> Visit:
        """Find out who is visiting."""
        token = request.cookies.get(self._name, "")
        if not token or len(token) > _MOST_TOKEN:
            drawn = urlsafe_b64encode(self._entropy(_TOKEN_BYTES)).decode().rstrip("=")
            return Visit(request, drawn, None, fresh=True)
        return Visit(request, token, await sessions.session(token))

    def put(self, response: Response, token: str) -> None:
        """Let the browser carry a token until it is closed or the session ends.

        Why not SameSite=Strict: whoever follows a link to us, in a mail or a chat, would come
        without their cookie and be given a fresh one in its place, which ends their session. No
        page changes anything when it is only opened, and forms carry a token of their own.
        """
        response.set_cookie(
            self._name, token, httponly=True, samesite="lax", secure=self._secure, path="/"
        )

    def remember_language(self, response: Response, tag: str) -> None:
        """Let the browser keep a language, also for whoever is not logged in."""
        response.set_cookie(
            self._language,
            tag,
            max_age=_YEAR_S,
            httponly=True,
            samesite="lax",
            secure=self._secure,
            path="/",
        )

    def drop(self, response: Response) -> None:
        """Let the browser forget the token."""
        response.delete_cookie(
            self._name, httponly=True, samesite="lax", secure=self._secure, path="/"
        )


def _same_site(request: Request) -> bool:
    """Tell whether the browser says that the form came from this very site.

    Clients that say nothing are let through: the form token is the proof, this is the second
    lock, for browsers whose cookies another port of this machine could have set.
    """
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
