"""The same server as the product's, with an application that always answers the same."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from drawbridge.app.lifetime import tell_ready
from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import serve, server_for

BODY = b'{"symbol":"BTCUSDT","orderId":28,"status":"NEW"}' * 8
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def answer(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Read the body and answer with the constant."""
    del scope
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def main() -> int:
    """Serve on a free port until told to stop."""
    listener = listen("127.0.0.1", 0)
    ready = {"port": port_of(listener)}
    asyncio.run(serve(server_for(answer), [listener], lambda: tell_ready(ready), with_parent=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
