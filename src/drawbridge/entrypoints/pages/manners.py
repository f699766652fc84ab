"""What every answer of a website keeps to, whatever the page: headers, hosts, no traceback.

An ASGI wrapper around the whole site. Which page is shown to whom is not decided here.
"""

import logging
import traceback
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drawbridge.storage.acting import as_nobody
from drawbridge.wording.say import say

_log = logging.getLogger(__name__)

# Everything comes from here and nothing runs that stands in a page: a script that somebody
# manages to write into one is text. Pages may not be framed, so nobody can borrow their buttons.
_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
_HEADERS: Final = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_KEPT: Final = "cache-control"


class Manners:
    """Wrap a site so that all its answers keep to the rules."""

    def __init__(self, site: ASGIApp, hosts: Collection[str] = (), *, secure: bool = False) -> None:
        """Answer for this machine's own names and for `hosts`; `secure` where TLS is spoken."""
        self.site = site
        self._hosts = _LOCAL | {host.lower() for host in hosts}
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.site(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        started = False

        async def send_politely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._put_headers(MutableHeaders(scope=message))
            await send(message)

        if not self._is_ours(Headers(scope=scope).get("host", "")):
            refusal = PlainTextResponse(say("pages.wrong_host"), 421)
            await refusal(scope, receive, send_politely)
            return
        try:
            # Whoever asks has to be found out first, further in.
            with as_nobody():
                await self.site(scope, receive, send_politely)
        except Exception as error:  # noqa: BLE001  the process' own rim: nobody may see a traceback
            _log_place(error)
            if not started:
                failure = PlainTextResponse(say("pages.failed"), 500)
                await failure(scope, receive, send_politely)

    def _is_ours(self, host: str) -> bool:
        """Tell whether the browser asked for us by name.

        Why: a foreign page whose name is suddenly said to live at 127.0.0.1 would otherwise be
        served our pages as its own and could read them (DNS rebinding).
        """
        name, colon, port = host.lower().rpartition(":")
        return (name if colon and port.isdigit() else host.lower()) in self._hosts

    def _put_headers(self, headers: MutableHeaders) -> None:
        for name, value in _HEADERS:
            headers[name] = value
        if self._secure:
            headers["strict-transport-security"] = "max-age=31536000"
        if _KEPT not in headers:
            # Pages show accounts: neither a proxy nor the browser's back button keeps them.
            headers[_KEPT] = "no-store"


def _log_place(error: Exception) -> None:
    """Log what failed and where, never the text of the exception: it may quote a form."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
