"""Requests for pages and of programs, as far as they are followed: which address, what status.

An address is told as its route has it, with the names of what stands in it and never with those
things themselves; what lies under the API is told as one.
"""

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drawbridge.core.tracing import Tracer, tell

_API: Final = "/api/"
_NO_ROUTE: Final = "none"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TracedSite:
    """Wrap a site so that requests to it are followed."""

    def __init__(self, site: ASGIApp, tracer: Tracer) -> None:
        """Follow what this tracer wants to."""
        self._site = site
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._site(scope, receive, send)
            return

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                tell("http.response.status_code", str(message["status"]))
                tell("http.route", _route_of(scope))
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else _NO_ROUTE
        with self._tracer.follow("web_request", {"http.request.method": method}):
            await self._site(scope, receive, send_told)


def _route_of(scope: Scope) -> str:
    """Give the address as its route has it; a path that no route took is not told."""
    path: str = scope["path"]
    if path.startswith(_API):
        return _API
    if "endpoint" not in scope:
        return _NO_ROUTE
    given: Mapping[str, object] = scope.get("path_params", {})
    for name, value in given.items():
        path = path.replace(f"/{value}", f"/{{{name}}}", 1)
    return path
