"""Send prepared requests over keep-alive connections, as cheaply as the machine allows.

Each connection sends its next request when the answer to the last one is complete. Answers
must have a content length, as those of the product have.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def send_all(port: int, requests: Sequence[bytes], connections: int) -> dict[int, int]:
    """Send all requests over so many connections; count the answers by status."""
    counts: dict[int, int] = {}
    waiting = iter(requests)
    loop = asyncio.get_running_loop()
    senders = [_Sender(waiting, counts, loop.create_future()) for _ in range(connections)]
    for sender in senders:
        await loop.create_connection(partial(_itself, sender), "127.0.0.1", port)
    await asyncio.gather(*(sender.done for sender in senders))
    return counts


def _itself(sender: "_Sender") -> "_Sender":
    return sender


class _Sender(asyncio.Protocol):
    def __init__(
        self, waiting: Iterator[bytes], counts: dict[int, int], done: asyncio.Future[None]
    ) -> None:
        self._waiting = waiting
        self._counts = counts
        self.done = done
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_END)
        if not end or len(body) < int(head.lower().partition(_LENGTH)[2].split(b"\r\n", 1)[0]):
            return
        status = int(head[9:12])
        self._counts[status] = self._counts.get(status, 0) + 1
        self._received = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed by the server"))

    def _next(self) -> None:
        if self._transport is None:
            return
        request = next(self._waiting, None)
        if request is not None:
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


def as_bytes(
    method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> bytes:
    """Write a request as it travels."""
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target), b"host: 127.0.0.1"]
    lines += [b"%s: %s" % header for header in headers]
    lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join(lines) + _END + body
