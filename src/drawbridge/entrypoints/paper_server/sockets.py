"""WebSockets of the papered exchanges: from ASGI to frames and back.

What the frames mean is the business of an exchange's session; who is told what, the hub's.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from drawbridge.core.errors import Corrupted, DrawbridgeError, Forbidden
from drawbridge.entrypoints.paper_server.misbehaving import Broke, Misbehaviour, answer_under
from drawbridge.paper.answering import Answering
from drawbridge.paper.hub import Hub
from drawbridge.paper.streaming import Connection
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.stream import Opening

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger(__name__)
_LOCAL: Final = "127.0.0.1"
_NOT_FOUND: Final = 404
_WELCOME: Final = WireAnswer(101, b"")
# So long a client that was told to go may take until the line is cut.
_LAST_FRAMES_WITHIN_S: Final = 5


async def serve_socket(
    hub: Hub,
    answering: Answering | None,
    bad: Misbehaviour,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Serve one connection until it ends, or refuse it as the exchange refuses a path."""
    await receive()
    if answering is None:
        await _refuse(send, WireAnswer(_NOT_FOUND, b"", ()))
        return
    greeting = await answer_under(bad.fault(answering), answering, scope["raw_path"], _greet)
    if greeting is None:
        await bad.hang_up(scope, receive)
        return
    if greeting is not _WELCOME:
        await _refuse(send, greeting)
        return
    try:
        connection = _open(hub, answering, scope)
    except DrawbridgeError as error:
        await _refuse(send, answering.refuse(error))
        return
    except Exception as error:  # noqa: BLE001  The rim of the process: no sender may see a traceback.
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
        await _refuse(send, answering.refuse(Corrupted("overloaded")))
        return
    try:
        await send({"type": "websocket.accept"})
        await _converse(connection, receive, send, bad.breaking(answering, scope))
    except OSError:
        # The client left while it was being told something.
        pass
    finally:
        hub.close(connection)


def _open(hub: Hub, answering: Answering, scope: Scope) -> Connection:
    post = answering.post
    opening = Opening(
        path=scope["raw_path"],
        query=scope["query_string"],
        headers=tuple((name.lower(), value) for name, value in scope["headers"]),
        markets=post.carrier.markets,
        now_ms=post.clock.now_ms(),
        errors=post.exchange.errors,
        shared=post.shared,
    )
    connection = hub.open(post, opening, (scope["client"] or (_LOCAL, 0))[0])
    if connection is None:
        raise Forbidden("unknown_endpoint", rule="endpoint")
    return connection


async def _greet() -> WireAnswer:
    return _WELCOME


async def _converse(connection: Connection, receive: Receive, send: Send, broke: Broke) -> None:
    writing = asyncio.create_task(_write(connection, send, broke))
    reading = asyncio.create_task(_read(connection, receive))
    try:
        await asyncio.wait((writing, reading), return_when=asyncio.FIRST_COMPLETED)
        # Whichever ended, the other has nothing left to do; a client that does not take its last
        # frames is not waited for.
        connection.outgoing.close(1000)
        await asyncio.wait((writing,), timeout=_LAST_FRAMES_WITHIN_S)
    finally:
        for task in (reading, writing):
            task.cancel()
        for ended in await asyncio.gather(reading, writing, return_exceptions=True):
            if isinstance(ended, Exception) and not isinstance(ended, OSError):
                _log.error("%s on a stream", type(ended).__name__)


async def _read(connection: Connection, receive: Receive) -> None:
    await connection.open()
    while True:
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        text = message.get("text")
        await connection.receive(message["bytes"] if text is None else text)


async def _write(connection: Connection, send: Send, broke: Broke) -> None:
    outgoing = connection.outgoing
    while (frame := await outgoing.take()) is not None:
        kind = "text" if isinstance(frame, str) else "bytes"
        await send({"type": "websocket.send", kind: frame})
        if broke():
            return
        # Others have their turn, and a line that broke is noticed before the next frame.
        await asyncio.sleep(0)
    await send({"type": "websocket.close", "code": outgoing.code})


async def _refuse(send: Send, answer: WireAnswer) -> None:
    await send(
        {
            "type": "websocket.http.response.start",
            "status": answer.status,
            "headers": list(answer.headers),
        }
    )
    await send({"type": "websocket.http.response.body", "body": answer.body})
