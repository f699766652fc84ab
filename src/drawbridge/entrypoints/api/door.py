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
        if self._api is None:
            async with self._opening:
                # In a thread, because it takes a good while and pages are not to wait for it.
                self._api = self._api or await asyncio.to_thread(self._build)
        await self._api(scope, receive, send)

    def _build(self) -> ASGIApp:
        # See above: this import is the reason for the class.
        from drawbridge.entrypoints.api.app import build_api  # noqa: PLC0415

        return build_api(self._house)
