"""A website of ours, served on loopback for a real browser, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.types import ASGIApp

from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import server_for

_HERE: Final = "127.0.0.1"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve a site for the time of a block, and give its address."""
    listener = listen(_HERE, 0)
    server = server_for(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{_HERE}:{port_of(listener)}"
    finally:
        server.should_exit = True
        await serving
