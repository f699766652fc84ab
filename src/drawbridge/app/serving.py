"""Serve an ASGI application on sockets that are open already, until told to stop."""

import asyncio
import socket
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from drawbridge.app.lifetime import until_stopped

_STOP_WITHIN_S = 5
_KEEP_ALIVE_S = 75
_PING_EVERY_S = 20
_PONG_WITHIN_S = 60


def server_for(
    app: ASGIApp,
    *,
    tls_certificate: Path | None = None,
    tls_key: Path | None = None,
    trusted_proxy: str = "",
    most_frame_bytes: int = 0,
) -> uvicorn.Server:
    """Make a server without access log: a log of every request would be one more place to leak.

    WebSockets are served where `most_frame_bytes` says how large a client's frame may be.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        # Without compression: a window for each client costs more memory than all else of it.
        ws="websockets-sansio" if most_frame_bytes else "none",
        ws_max_size=most_frame_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=_PING_EVERY_S,
        ws_ping_timeout=_PONG_WITHIN_S,
        # The server tells of every handshake at level "info", with the path and its token.
        log_level="warning",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(trusted_proxy),
        forwarded_allow_ips=trusted_proxy or None,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        ssl_certfile=tls_certificate,
        ssl_keyfile=tls_key,
    )
    return uvicorn.Server(config)


def cut(server: uvicorn.Server, scope: MutableMapping[str, Any]) -> None:
    """Break the connection on which a request or a WebSocket came, without another byte."""
    ends = (scope["client"], scope["server"])
    for connection in tuple(server.server_state.connections):
        if not isinstance(connection, HttpToolsProtocol | WebSocketsSansIOProtocol):
            continue  # neither of the two kinds that `server_for` asks for
        if (connection.client, connection.server) == ends:
            connection.transport.abort()


async def serve(
    server: uvicorn.Server,
    listeners: Sequence[socket.socket],
    on_ready: Callable[[], None],
    *,
    with_parent: bool,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT, SIGTERM or (with a parent) the end of standard input.

    `on_stop` ends what would never end by itself, such as answers that stay open.
    """
    stopping = asyncio.create_task(until_stopped(with_parent=with_parent))
    serving = asyncio.create_task(server.serve(sockets=list(listeners)))
    # The sockets listen already: whoever connects from now on is answered.
    on_ready()
    await asyncio.wait((stopping, serving), return_when=asyncio.FIRST_COMPLETED)
    on_stop()
    server.should_exit = True
    await serving
    stopping.cancel()
