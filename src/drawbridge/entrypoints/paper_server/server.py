"""From ASGI to request values and back, for all papered exchanges in one process.

Every exchange has a port of its own, where it stands at the root as the real one does, and a
path prefix on the first port, which also carries the account site. No rule lives here.
"""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from drawbridge.core.errors import BadInput, Corrupted
from drawbridge.entrypoints.paper_server.misbehaving import Cut, Misbehaviour, answer_under
from drawbridge.entrypoints.paper_server.sockets import serve_socket
from drawbridge.paper.answering import Answering
from drawbridge.paper.faults import NO_FAULT
from drawbridge.paper.hub import Hub
from drawbridge.paper.trouble import Trouble
from drawbridge.wire.http import WireAnswer, WireRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)
# Far more than any exchange takes; a larger body is refused while it is being read.
_MOST_BODY_BYTES = 1_048_576
_LOCAL = "127.0.0.1"


class PaperServer:
    """The ASGI application of the paper exchange."""

    def __init__(
        self,
        exchanges: Mapping[str, Answering],
        site: AsgiApp,
        hub: Hub,
        trouble: Trouble | None = None,
    ) -> None:
        """Serve these exchanges beside the account site; `hub` tells their streams.

        The exchanges misbehave as `trouble` says; the account site never does.
        """
        self._by_prefix = {f"/{name}".encode(): answering for name, answering in exchanges.items()}
        self._by_port: dict[int, Answering] = {}
        self._site = site
        self._hub = hub
        self._bad = Misbehaviour(trouble or Trouble())

    def cut_with(self, cut: Cut) -> None:
        """Learn how the server that runs this cuts a connection."""
        self._bad = replace(self._bad, cut=cut)

    def put_on_port(self, port: int, answering: Answering) -> None:
        """Let an exchange stand at the root of a port of its own."""
        self._by_port[port] = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket until it ends."""
        if scope["type"] not in {"http", "websocket"}:
            return
        raw_path: bytes = scope["raw_path"]
        answering = self._by_port.get(scope["server"][1])
        if answering is None:
            prefix, slash, rest = raw_path[1:].partition(b"/")
            answering = self._by_prefix.get(b"/" + prefix)
            if answering is not None:
                raw_path = slash + rest
                # Some answers name an address of ours, which is below this prefix.
                below = (b"x-forwarded-prefix", b"/" + prefix)
                scope = {**scope, "headers": [below, *scope["headers"]]}
        if scope["type"] == "websocket":
            scope = {**scope, "raw_path": raw_path}
            await serve_socket(self._hub, answering, self._bad, scope, receive, send)
        elif answering is None:
            await self._site(scope, receive, send)
        else:
            await self._answer(answering, scope, raw_path, receive, send)

    async def _answer(
        self, answering: Answering, scope: Scope, raw_path: bytes, receive: Receive, send: Send
    ) -> None:
        fault = self._bad.fault(answering)
        if fault is NO_FAULT:
            await _respond(send, await _answer(answering, scope, raw_path, receive))
            return
        answer = await answer_under(
            fault, answering, raw_path, lambda: _answer(answering, scope, raw_path, receive)
        )
        if answer is None:
            await self._bad.hang_up(scope, receive)
        else:
            await _respond(send, answer)


async def _answer(
    answering: Answering, scope: Scope, raw_path: bytes, receive: Receive
) -> WireAnswer:
    try:
        message = await receive()
        body: bytes = message.get("body", b"")
        if message.get("more_body") or len(body) > _MOST_BODY_BYTES:
            body = await _whole(body, message, receive)
        request = WireRequest(
            method=scope["method"],
            path=raw_path,
            query=scope["query_string"],
            headers=tuple(scope["headers"]),
            body=body,
        )
        return await answering.answer(request, (scope["client"] or (_LOCAL, 0))[0])
    except BadInput as error:
        return answering.refuse(error)
    except Exception as error:  # noqa: BLE001  The rim of the process: no sender may see a traceback.
        # Only where it happened is logged: the text of an unforeseen exception may quote a body.
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
        return answering.refuse(Corrupted("overloaded"))


async def _whole(body: bytes, message: MutableMapping[str, Any], receive: Receive) -> bytes:
    """Read what is still to come of a body. Raises: `BadInput("too_long")`."""
    while message.get("more_body") and len(body) <= _MOST_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
    if len(body) > _MOST_BODY_BYTES:
        raise BadInput("too_long", field="body", most=_MOST_BODY_BYTES)
    return body


async def _respond(send: Send, answer: WireAnswer) -> None:
    length = (b"content-length", b"%d" % len(answer.body))
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, length],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
