"""Answers operators' programs over HTTP: /healthz, /readyz and /metrics, and nothing else.

A listener of its own, apart from people and bots, on loopback unless it was set otherwise. It only
reads, tells nothing of persons and takes nothing in: one short request, one answer, and the end of
the connection.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from drawbridge.app.listening import listen, port_of
from drawbridge.app.observing.health import Check, look_at_all
from drawbridge.app.observing.metrics import CONTENT_TYPE, Metrics

_MOST_HEAD_BYTES: Final = 8 * 1024
_MOST_AT_ONCE: Final = 32
_WITHIN_S: Final = 10.0
_JSON: Final = b"application/json"
_METHODS: Final = frozenset({b"GET", b"HEAD"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: HTTPStatus
    body: bytes = b""
    content_type: bytes = _JSON


class Operations:
    """What a process tells to operators."""

    def __init__(self, checks: Sequence[Check], metrics: Metrics, *, local: bool) -> None:
        """`local`: only this machine can ask, so a page that asks by another name is refused."""
        self._checks = checks
        self._metrics = metrics
        self._is_local = local
        self.talks: set[asyncio.Task[None]] = set()
        # Those that have not asked yet; who came first is first.
        self._silent: dict[asyncio.Task[None], None] = {}

    async def answer(self, head: bytes) -> Answer:
        """Answer a request by its head."""
        lines = head.split(b"\r\n")
        method, _, rest = lines[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in _METHODS:
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED)
        if self._is_local and not _is_here(_host_in(lines)):
            # A page elsewhere whose name was made to lead here must not read along.
            return Answer(HTTPStatus.MISDIRECTED_REQUEST)
        match path:
            case b"/healthz":
                return Answer(HTTPStatus.OK, b'{"alive":true}\n')
            case b"/readyz":
                return await self._ready()
            case b"/metrics":
                return Answer(HTTPStatus.OK, await self._metrics.text(), CONTENT_TYPE)
        return Answer(HTTPStatus.NOT_FOUND)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and answer it."""
        task = asyncio.current_task()
        if task is None or not self._makes_room():
            writer.transport.abort()
            return
        self.talks.add(task)
        self._silent[task] = None
        try:
            async with asyncio.timeout(_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
                self._silent.pop(task, None)
                writer.write(_written(await self.answer(head), with_body=head[:4] != b"HEAD"))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            self._silent.pop(task, None)
            self.talks.discard(task)
            writer.close()

    def _makes_room(self) -> bool:
        """Tell whether one more may talk; who has been silent for longest ends for it.

        Why: else a few connections that ask nothing would keep whoever looks after this process
        from hearing that it is alive, and it would be ended for that.
        """
        if len(self.talks) < _MOST_AT_ONCE:
            return True
        oldest = next(iter(self._silent), None)
        if oldest is None:
            return False
        del self._silent[oldest]
        return oldest.cancel()

    async def _ready(self) -> Answer:
        found = await look_at_all(self._checks)
        told = {"ready": found.is_ready, "checks": dict(found.found)}
        status = HTTPStatus.OK if found.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, json.dumps(told).encode() + b"\n")


@asynccontextmanager
async def listening(
    place: tuple[str, int], checks: Sequence[Check], metrics: Metrics
) -> AsyncIterator[str]:
    """Answer operators for the time of the block; give the address.

    Raises: `Conflict("port_taken")`, `BadInput("cannot_listen")`.
    """
    host, port = place
    listener = listen(host, port)
    operations = Operations(checks, metrics, local=ip_address(host).is_loopback)
    server = await asyncio.start_server(operations.talk, sock=listener, limit=_MOST_HEAD_BYTES)
    shown = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{shown}:{port_of(listener)}"
    finally:
        server.close()
        for talk in tuple(operations.talks):
            talk.cancel()


def _host_in(lines: Sequence[bytes]) -> str:
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"host":
            return value.strip().decode("ascii", "replace")
    return ""


def _is_here(host: str) -> bool:
    """Tell whether a host was asked for by an address, or by this machine's own name."""
    name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
    if name in {"", "localhost"}:
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _written(answer: Answer, *, with_body: bool) -> bytes:
    head = (
        b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n"
        b"cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    ) % (
        answer.status.value,
        answer.status.phrase.encode("ascii"),
        answer.content_type,
        len(answer.body),
    )
    return head + answer.body if with_body else head
