"""Programs that use the API, and the API in this process with something to show.

The site is the product's own, pages and API behind the same rim; only clock, randomness and the
folder are the test's.
"""

import json
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp

from drawbridge.accounts.api_tokens import scopes_of
from drawbridge.accounts.roles import Role
from drawbridge.app.build import House
from drawbridge.core.clock import DAY_MS
from drawbridge.entrypoints.api.door import ApiDoor
from drawbridge.entrypoints.web.app import build_app
from drawbridge.vault.unlock import Wish
from tests.kit.web_site import WebSite, open_web_site

BASE = "/api/v1"
_OWNER = (
    "INSERT INTO owners (id, name, name_folded, password_hash, created_ms, role)"
    " VALUES (?, ?, ?, 'none', 0, ?)"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program gets back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> Any:  # noqa: ANN401  whatever the answer is
        """Give the answer as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Give the code of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        told = self.told
        assert told["code"] not in told["title"], "the code has no sentence"
        return str(told["code"])


class Program:
    """A program with a token, or with none."""

    def __init__(self, site: ASGIApp, token: str = "", address: str = "127.0.0.1") -> None:
        """Speak to this site."""
        self._site = site
        self._address = address
        self.token = token

    async def get(self, path: str, **headers: str) -> Answer:
        """Ask for something."""
        return await self.send("GET", path, None, **headers)

    async def post(self, path: str, told: object = None, **headers: str) -> Answer:
        """Send JSON."""
        return await self.send("POST", path, told, **headers)

    async def send(self, method: str, path: str, told: object = None, **headers: str) -> Answer:
        """Send a request; underscores in the names of headers are hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        body = (
            told if isinstance(told, bytes) else b"" if told is None else json.dumps(told).encode()
        )
        if told is not None:
            sent.setdefault("content-type", "application/json")
        return await self.ask(method, BASE + path, sent, body)

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request as it is."""
        parts = urlsplit(path)
        sent = {"host": "127.0.0.1:8420", **headers}
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), it.encode("latin-1")) for name, it in sent.items()],
            "client": (self._address, 50_000),
            "server": ("127.0.0.1", 8420),
        }
        heard: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            heard.append(message)

        await self._site(scope, receive, send)
        return Answer(
            heard[0]["status"],
            {name.decode(): value.decode() for name, value in heard[0]["headers"]},
            b"".join(it.get("body", b"") for it in heard),
        )


@dataclass(frozen=True)
class ApiSite:
    """The site with its API, over a house in a temporary folder."""

    web: WebSite
    house: House
    app: ASGIApp

    async def owner(self, name: str = "Ada", role: Role = Role.OWNER) -> str:
        """Make a person who never logs in, which spares the slow hash of a password."""
        owner = f"owner_{name.lower()}"
        async with self.house.database.transaction() as tx:
            await tx.execute(_OWNER, owner, name, name.casefold(), role)
        return owner

    async def authenticator(self, owner: str) -> str:
        """Set up a person's authenticator and give its secret, for `web.code`."""
        secret = (await self.house.accounts.enrol_second_factor(owner)).secret.reveal()
        await self.house.accounts.confirm_second_factor(owner, self.web.code(secret))
        return secret

    async def open_vault(self, owner: str) -> None:
        """Make the vault."""
        await self.house.door.ask(owner, Wish.CREATE, None)
        assert await self.web.holder.answer() == 1

    async def program(self, owner: str, *scopes: str, name: str = "Bot") -> Program:
        """Give a program of this person with a token of these rights, or of all that they have."""
        person = await self.house.people.find_owner(owner)
        assert person is not None
        wanted = scopes or scopes_of(person.role)
        _, text = await self.house.tokens.make(owner, name, wanted, DAY_MS)
        return Program(self.app, text.reveal())


@asynccontextmanager
async def open_api_site(folder: Path) -> AsyncIterator[ApiSite]:
    """Open the site with its API."""
    async with open_web_site(folder) as web:
        yield ApiSite(web, web.house, build_app(web.house, ApiDoor(web.house)))
