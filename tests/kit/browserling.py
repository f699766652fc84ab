"""An in-process browser without scripts: cookies, redirects, and forms with their hidden fields.

It speaks ASGI to the site directly; what needs a real browser uses `kit/browser.py`.
"""

import asyncio
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from starlette.types import ASGIApp

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_TAGS = re.compile(r"<script.*?</script>|<style.*?</style>|<[^>]+>", re.DOTALL)
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the site."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    path: str

    @property
    def html(self) -> str:
        """Give the page's source."""
        return self.body.decode(errors="replace")

    @property
    def words(self) -> str:
        """Give the text that a person reads, blanks collapsed."""
        return " ".join(unescape(_TAGS.sub(" ", self.html)).split())

    def header(self, name: str) -> str:
        """Give a header's value, or nothing."""
        return next((value for key, value in self.headers if key == name), "")


class Browserling:
    """One person's browser."""

    def __init__(self, site: ASGIApp, host: str = "127.0.0.1:8420") -> None:
        """Visit this site."""
        self._site = site
        self._host = host
        self.cookies: dict[str, str] = {}
        self._csrf = ""

    async def get(
        self, path: str, *, follow: bool = True, headers: Mapping[str, str] | None = None
    ) -> Page:
        """Open a page, following redirects."""
        return await self._ask("GET", path, b"", headers or {}, follow=follow)

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | list[tuple[str, str]] | None = None,
        *,
        follow: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Send a form with the hidden token of the page seen last."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields or [])
        body = urlencode([("csrf", self._csrf), *pairs]).encode()
        sent = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self._ask("POST", path, body, sent, follow=follow)

    async def upload(
        self, path: str, fields: list[tuple[str, str]], file: tuple[str, str, bytes]
    ) -> Page:
        """Send a form with a file: the name of its field, the file's own name, what is in it."""
        boundary = "----form-3f9c"
        texts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
            for name, value in [("csrf", self._csrf), *fields]
        ]
        field, name, raw = file
        head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        parts = [*texts, f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + raw]
        rim = f"--{boundary}".encode()
        body = b"".join(rim + b"\r\n" + part + b"\r\n" for part in parts) + rim + b"--\r\n"
        sent = {"content-type": f"multipart/form-data; boundary={boundary}"}
        return await self._ask("POST", path, body, sent, follow=True)

    async def send(self, path: str, body: bytes) -> Page:
        """Send bytes as a program does, without cookies and form token."""
        return await self._once("POST", path, body, {"content-type": "text/plain; charset=utf-8"})

    async def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, follow: bool
    ) -> Page:
        page = await self._once(method, path, body, headers)
        for _ in range(10):
            if not follow or page.status not in _REDIRECTS:
                break
            page = await self._once("GET", urljoin(path, page.header("location")), b"", {})
        found = _CSRF.search(page.html) if page.header("content-type").startswith("text/") else None
        self._csrf = found[1] if found else self._csrf
        return page

    async def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Page:
        sent = {"host": self._host, **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        parts = urlsplit(path)
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8420),
        }
        told: list[MutableMapping[str, Any]] = []
        asked, answered = asyncio.Event(), asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            if asked.is_set():
                # Of an answer without an end, the beginning is enough.
                await answered.wait()
                return {"type": "http.disconnect"}
            asked.set()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            told.append(message)
            if message["type"] == "http.response.body":
                answered.set()

        await self._site(scope, receive, send)
        given = tuple((key.decode(), value.decode()) for key, value in told[0]["headers"])
        for name, value in given:
            if name == "set-cookie":
                self._keep_cookie(value)
        return Page(
            told[0]["status"], given, b"".join(m.get("body", b"") for m in told), parts.path
        )

    def _keep_cookie(self, text: str) -> None:
        name, _, value = text.partition(";")[0].partition("=")
        if "max-age=0" in text.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value.strip('"')
