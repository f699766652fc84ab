"""Over a server, no door gives or takes what is another's, also where a statement forgot to ask."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest_asyncio
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from drawbridge.accounts.api_tokens import scopes_of
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act, Role
from drawbridge.core.clock import DAY_MS
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.api.caller import Oneself, PeopleViewer, Reader
from drawbridge.entrypoints.api.turnstile import Turnstile
from drawbridge.entrypoints.pages.assets import Assets
from drawbridge.entrypoints.pages.look import Look
from drawbridge.entrypoints.pages.manners import Manners
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Cookies, Visit
from drawbridge.storage.acting import gone_on
from drawbridge.storage.database import Database
from tests.kit.browserling import Browserling
from tests.kit.program import BASE, Program
from tests.kit.roles import COOKIE, PASSWORD, settle
from tests.kit.web_site import WebSite, open_web_site

# Neither asks whose keys these are, which each of our own statements does.
_ALL: Final = "SELECT label FROM keys ORDER BY label"
_CHANGE: Final = "UPDATE keys SET status = 'changed'"
_OWNER, _GUEST, _MEMBER, _OPERATOR = Role.OWNER, Role.READ_ONLY, Role.MEMBER, Role.OPERATOR


@dataclass(frozen=True)
class _Doors:
    site: WebSite
    people: dict[Role, Owner]

    @property
    def database(self) -> Database:
        return self.site.house.database

    async def statuses(self) -> dict[str, str]:
        rows = await self.database.fetch_all("SELECT label, status FROM keys")
        return {row["label"]: row["status"] for row in rows}

    async def opened(self, role: Role, path: str) -> str:
        """Open a page of the site below, logged in as whoever has this role."""
        browser = Browserling(_site_of(self))
        door, name = self.site.house.accounts, self.people[role].name
        token = await door.log_in(name, Secret(PASSWORD), None, "127.0.0.1")
        browser.cookies[COOKIE] = token.reveal()
        return (await browser.get(path, follow=False)).html

    async def asked(self, role: Role, path: str) -> str:
        """Ask the API below with a token of whoever has this role."""
        scopes = scopes_of(self.people[role].role)
        made = await self.site.house.tokens.make(self.people[role].id, path, scopes, DAY_MS)
        return (await Program(_api_of(self), made[1].reveal()).get(path)).body.decode()


@pytest_asyncio.fixture
async def doors(tmp_path: Path, postgres_url: str) -> AsyncIterator[_Doors]:
    async with open_web_site(tmp_path, url=postgres_url) as site:
        people = await settle(site.house)
        async with site.house.database.transaction() as tx:
            for role in (_OWNER, _MEMBER):
                name = people[role].name
                await tx.execute(
                    "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key,"
                    " status, created_ms) VALUES (?, ?, 'x', 'paper', ?, ?, ?, 'good', 7)",
                    f"key_{name}",
                    people[role].id,
                    *(name,) * 3,
                )
        yield _Doors(site, people)


def _site_of(doors: _Doors) -> Manners:
    """Build a website whose statements forget to ask whose rows they are about."""
    house = doors.site.house
    site = Site(
        Look("web", [], Assets([])), Cookies(COOKIE, house.entropy, secure=False), house.accounts
    )

    async def show(_visit: Visit) -> Response:
        return PlainTextResponse(await _labels(doors.database))

    async def change(_visit: Visit) -> Response:
        async with doors.database.transaction() as tx:
            return PlainTextResponse(str(await tx.execute(_CHANGE)))

    async def give(_visit: Visit) -> Response:
        return StreamingResponse(gone_on(_pieces(doors.database)))

    async def give_and_forget(_visit: Visit) -> Response:
        return StreamingResponse(_pieces(doors.database))

    async def beside(_request: Request) -> Response:
        return PlainTextResponse(await _labels(doors.database))

    routes = [
        Route("/mine", site.shows(show)),
        Route("/change", site.shows(change)),
        Route("/file", site.shows(give)),
        Route("/forgotten", site.shows(give_and_forget)),
        Route("/people", site.shows(show, act=Act.SEE_PEOPLE)),
        Route("/beside", beside),
    ]
    return Manners(Starlette(routes=routes))


def _api_of(doors: _Doors) -> Turnstile:
    """Build an API of the same kind."""
    app = FastAPI()

    @app.get("/mine")
    async def show(_caller: Reader) -> str:
        return await _labels(doors.database)

    @app.get("/people")
    async def show_people(_caller: PeopleViewer) -> str:
        return await _labels(doors.database)

    @app.get("/self")
    async def show_oneself(_caller: Oneself) -> str:
        return await _labels(doors.database)

    @app.get("/change")
    async def change(_caller: Reader) -> int:
        async with doors.database.transaction() as tx:
            return await tx.execute(_CHANGE)

    below = FastAPI()
    below.mount(BASE, app)
    return Turnstile(below, doors.site.house)


async def _labels(database: Database) -> str:
    return " ".join([row["label"] for row in await database.fetch_all(_ALL)])


async def _pieces(database: Database) -> AsyncIterator[str]:
    yield await _labels(database)


async def test_a_page_gives_nobody_what_is_anothers(doors: _Doors) -> None:
    assert await doors.opened(_MEMBER, "/mine") == "Mia"
    assert await doors.opened(_OWNER, "/mine") == "Ada"
    assert await doors.opened(_MEMBER, "/file") == "Mia"
    assert await doors.opened(_GUEST, "/mine") == "Ada", "whose things a guest is shown"
    assert await doors.opened(_OPERATOR, "/people") == "Ada Mia", "who looks after all"


async def test_a_page_changes_nothing_of_anothers(doors: _Doors) -> None:
    assert await doors.opened(_MEMBER, "/change") == "1"
    assert await doors.statuses() == {"Ada": "good", "Mia": "changed"}


async def test_what_does_not_say_who_asks_is_given_nothing(doors: _Doors) -> None:
    """A route beside the rim of all others, and an answer that goes on after its handler."""
    beside = await doors.opened(_OWNER, "/beside")
    assert "Ada" not in beside
    assert await doors.opened(_OWNER, "/forgotten") == ""


async def test_an_operation_gives_no_program_what_is_anothers(doors: _Doors) -> None:
    assert await doors.asked(_MEMBER, "/mine") == '"Mia"'
    assert await doors.asked(_OWNER, "/mine") == '"Ada"'
    assert await doors.asked(_GUEST, "/mine") == '"Ada"'
    assert await doors.asked(_GUEST, "/self") == '""', "a guest has nothing of their own"
    assert await doors.asked(_OPERATOR, "/people") == '"Ada Mia"'


async def test_an_operation_changes_nothing_of_anothers(doors: _Doors) -> None:
    assert await doors.asked(_MEMBER, "/change") == "1"
    assert await doors.statuses() == {"Ada": "good", "Mia": "changed"}
