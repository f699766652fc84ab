"""Send prepared requests over keep-alive connections, as cheaply as the machine allows.

Each connection sends its next request when the answer to the last one is complete. Answers
must have a content length, as those of the product have.
"""

import asyncio
import ctypes
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_LIBC = ctypes.CDLL(None, use_errno=True)

Answer = tuple[int, bytes]
"""An answer's status and body."""


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process with all its threads has used so far, user and system.

    Why: the process's own clock counts nanoseconds; `/proc` counts hundredths of a second.
    """
    clock = ctypes.c_int()
    code = _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    if code:
        raise OSError(code, "no CPU clock for the process")
    return time.clock_gettime(clock.value)


async def send_each(port: int, requests: Sequence[Iterable[bytes]]) -> list[Answer]:
    """Send each row of requests over a connection of its own, all at once; give all answers."""
    answers: list[Answer] = []
    loop = asyncio.get_running_loop()
    senders = [_Sender(iter(row), answers, loop.create_future()) for row in requests]
    for sender in senders:
        await loop.create_connection(partial(_itself, sender), "127.0.0.1", port)
    await asyncio.gather(*(sender.done for sender in senders))
    return answers


def _itself(sender: "_Sender") -> "_Sender":
    return sender


class _Sender(asyncio.Protocol):
    def __init__(
        self, waiting: Iterator[bytes], answers: list[Answer], done: asyncio.Future[None]
    ) -> None:
        self._waiting = waiting
        self._answers = answers
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
        self._answers.append((int(head[9:12]), body))
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
