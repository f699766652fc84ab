"""The way from the site to the API, which is loaded when the first request comes.

Why: most people only look at pages. Those start sooner and take less memory without FastAPI.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from drawbridge.app.build import House


class ApiDoor:
    """The API as an ASGI application, built at its first request."""

    def __init__(self, house: House) -> None:
        """Keep what it will be built over."""
        self._house = house
        self._api: ASGIApp | None = None
        self._opening = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        api = await self._open() if self._api is None else self._api
        await api(scope, receive, send)

    async def _open(self) -> ASGIApp:
        async with self._opening:
            if self._api is None:
                # In a thread, because it takes a good while and pages are not to wait for it.
                self._api = await asyncio.to_thread(self._build)
            return self._api

    def _build(self) -> ASGIApp:
        # See above: this import is the reason for the class.
        from drawbridge.entrypoints.api.app import build_api  # noqa: PLC0415

        return build_api(self._house)
