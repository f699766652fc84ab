"""A website in another process as an ASGI application: each request travels as real HTTP.

So that the same in-process browser (`browserling.py`) visits both.
"""

import asyncio

from starlette.types import Receive, Scope, Send


class OverTheWire:
    """Hands requests to a server and its answers back; one connection for each."""

    def __init__(self, address: str) -> None:
        """Send to this address (`host:port`)."""
        self._host, _, port = address.rpartition(":")
        self._port = int(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request there and its answer back."""
        body: bytes = (await receive())["body"]
        target = scope["raw_path"] + (b"?" + scope["query_string"]).rstrip(b"?")
        headers = [*scope["headers"], (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        lines = [b"%s %s HTTP/1.1" % (scope["method"].encode(), target)]
        lines += [b"%s: %s" % header for header in headers]
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        first, *rest = head.split(b"\r\n")
        pairs = [line.split(b": ", 1) for line in rest]
        told = [(name.lower(), value) for name, value in pairs]
        status = int(first.split(b" ")[1])
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": content})
