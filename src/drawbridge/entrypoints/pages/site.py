"""A website: its pages are shown, its forms are taken, its refusals are told as pages.

A form reaches its handler only through `takes`, which reads it and proves that it is ours, and
a page that is not marked public only with somebody logged in whose role may do it: none of these
can be forgotten. Of what says nothing else, a page is to `LOOK` at and a form is to `CHANGE`.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from drawbridge.accounts.acting import acting_as
from drawbridge.accounts.roles import Act, check_may
from drawbridge.core.errors import Corrupted, DrawbridgeError, NotFound, NotProven
from drawbridge.entrypoints.pages.fields import Fields, read_fields
from drawbridge.entrypoints.pages.look import Look
from drawbridge.entrypoints.pages.visits import Cookies, Person, Sessions, Visit
from drawbridge.storage.acting import as_house
from drawbridge.wording.language import speaking
from drawbridge.wording.say import has_words, say

Endpoint = Callable[[Request], Awaitable[Response]]
Shown = Callable[[Visit], Awaitable[Response]]
Taken = Callable[[Visit, Fields], Awaitable[Response]]
Around = Callable[[Person], Mapping[str, object]]
ExceptionHandler = Callable[[Request, Exception], Awaitable[Response]]

LOG_IN: Final = "/log-in"
PART: Final = "x-part"
"""The header by which a script asks for a part of its page."""
LEAVE: Final[Mapping[str, str]] = {"x-leave": "true"}
"""The answer to it where the page as a whole is another one now, and has to be read anew."""
_NOBODY: Final = "not_logged_in"
_NOT_ALLOWED = 405


def _nothing(_person: Person) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, slots=True)
class Site:
    """One website: its look, its cookie, and who keeps its sessions.

    `around` gives what the frame of every page shows to somebody who is logged in; `act` is what
    its pages and forms are, unless they say it themselves.
    """

    look: Look
    cookies: Cookies
    sessions: Sessions
    around: Around = _nothing
    act: Act | None = None

    def of(self, act: Act) -> Self:
        """Give this site for pages and forms of another act."""
        return replace(self, act=act)

    def shows(self, handler: Shown, *, public: bool = False, act: Act | None = None) -> Endpoint:
        """Make an endpoint of a page, for whose role may do this act."""

        async def endpoint(request: Request) -> Response:
            visit = await self._visit(request)
            with speaking(visit.language.tag):
                try:
                    with _let_in(visit, act or self.act or Act.LOOK, public=public):
                        return await handler(visit)
                except DrawbridgeError as error:
                    return self.refuse(visit, error)

        return endpoint

    def takes(self, handler: Taken, *, public: bool = False, act: Act | None = None) -> Endpoint:
        """Make an endpoint of a form, for whose role may do this act."""

        async def endpoint(request: Request) -> Response:
            visit = await self._visit(request)
            with speaking(visit.language.tag):
                try:
                    with _let_in(visit, act or self.act or Act.CHANGE, public=public):
                        fields = await read_fields(request)
                        visit.check_form(fields)
                        return await handler(visit, fields)
                except DrawbridgeError as error:
                    return self.refuse(visit, error)

        return endpoint

    def page(
        self, visit: Visit, template: str, facts: Mapping[str, object], status: int = 200
    ) -> Response:
        """Show a page."""
        around = self._around(visit.owner) if visit.owner else {}
        done = done_of(visit.request)
        drawn = self.look.draw(template, {**facts, "visit": visit, "done": done, "around": around})
        response = HTMLResponse(drawn, status)
        if visit.fresh:
            self.cookies.put(response, visit.token)
        return response

    def refuse(self, visit: Visit, error: DrawbridgeError) -> Response:
        """Show a refusal that belongs to no form; who is not logged in is led to do so."""
        if isinstance(error, NotProven) and error.code == _NOBODY:
            return self._lead_to_log_in(visit.request)
        return self.page(visit, "error.html", {"error": error}, error.http_status)

    async def no_such_page(self, request: Request, error: Exception) -> Response:
        """Answer an address that no page has, or a method that it does not take."""
        visit = await self._visit(request)
        status = error.status_code if isinstance(error, HTTPException) else _NOT_ALLOWED
        code = "no_such_method" if status == _NOT_ALLOWED else "no_such_page"
        with speaking(visit.language.tag):
            return self.page(visit, "error.html", {"error": NotFound(code)}, status)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Answer when something failed that nobody foresaw; what it was, only the log tells."""
        del error
        fresh = Visit(request, "", None)
        with speaking(fresh.language.tag):
            return self.page(fresh, "error.html", {"error": Corrupted("unforeseen")}, 500)

    def handlers(self) -> dict[int | type[Exception], ExceptionHandler]:
        """Give what Starlette is to do about addresses without a page and about failures."""
        return {404: self.no_such_page, 405: self.no_such_page, Exception: self.failed}

    async def _visit(self, request: Request) -> Visit:
        with as_house():  # Until a session is found, nobody is known whose it could be.
            return await self.cookies.visit(request, self.sessions)

    def _around(self, person: Person) -> Mapping[str, object]:
        # The same on every page, whatever the page itself is about.
        with acting_as(person, Act.LOOK):
            return self.around(person)

    def _lead_to_log_in(self, request: Request) -> Response:
        if PART in request.headers:
            return Response(status_code=204, headers=LEAVE)
        if request.method != "GET" or request.url.path == "/":
            return go(LOG_IN)
        return go(f"{LOG_IN}?next={quote(request.url.path, safe='/')}")


def _let_in(visit: Visit, act: Act, *, public: bool) -> AbstractContextManager[None]:
    """Act for who is logged in; where nobody has to be, find out for the house who it is.

    Raises: `NotProven("not_logged_in")`, `Forbidden("role_forbids")`.
    """
    if public:
        return as_house()
    check_may(visit.person.role, act)
    return acting_as(visit.person, act)


def go(path: str, done: str = "") -> Response:
    """Lead the browser to another page of this site, which says what was `done`."""
    return RedirectResponse(f"{path}?{urlencode({'done': done})}" if done else path, 303)


def done_of(request: Request) -> str:
    """Give the sentence of what was just done, if there is one: a link may hold any word."""
    key = f"done.{request.query_params.get('done', '')}"
    return say(key) if has_words(key) else ""


def local_path(text: str, otherwise: str = "/") -> str:
    """Give a path of this site, and `otherwise` for whatever might lead to another one."""
    starts_here = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if starts_here and text.isprintable() and "\\" not in text else otherwise
