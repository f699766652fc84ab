"""The smallest Starlette application under the same server: what nobody could go below."""

import asyncio
import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from drawbridge.app.lifetime import tell_ready
from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import serve, server_for


async def page(request: Request) -> HTMLResponse:
    """Answer with an empty page."""
    del request
    return HTMLResponse("<!doctype html><title>bare</title>")


def main() -> int:
    """Serve on a free port until told to stop."""
    listener = listen("127.0.0.1", 0)
    server = server_for(Starlette(routes=[Route("/", page)]))
    ready = {"address": f"http://127.0.0.1:{port_of(listener)}"}
    asyncio.run(serve(server, [listener], lambda: tell_ready(ready), with_parent=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
