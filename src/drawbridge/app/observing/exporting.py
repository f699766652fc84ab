"""Sending what was followed to the operator's collector, over the one road out.

Nobody waits for it and nothing is kept for long: what a collector does not take is dropped and
counted, and the next is tried. It is sent by the egress, which alone opens connections.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from drawbridge.app.notice_settings import is_here
from drawbridge.app.observing.otlp import encode_spans
from drawbridge.app.observing.readings import Counts, Reading
from drawbridge.app.observing.settings import ObservingSettings
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.measures import Tally
from drawbridge.core.tracing import Span
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import WireRequest

if TYPE_CHECKING:
    from drawbridge.gateway.egress import Egress

_log: Final = logging.getLogger(__name__)
_EVERY_S: Final = 2.0
_MOST_WAITING: Final = 4_096
_MOST_AT_ONCE: Final = 512
_TIMEOUT_MS: Final = 5_000
_TAKEN: Final = range(200, 300)
_HEADERS: Final = ((b"content-type", b"application/json"),)
_PORTS: Final = {"http": 80, "https": 443}


class Exporter:
    """Keeps spans until they are sent."""

    def __init__(self, url: str, resource: Mapping[str, str]) -> None:
        """Send to this address, which the settings have checked; `resource` says who we are."""
        self._address, self._path = _place(url)
        self._resource = resource
        self._waiting: deque[Span] = deque()
        self._spans = Tally()

    def keep(self, span: Span) -> None:
        """Keep one to be sent; where too many wait, it is dropped."""
        if len(self._waiting) >= _MOST_WAITING:
            self._spans.add("dropped")
            return
        self._waiting.append(span)

    async def read(self) -> Sequence[Reading]:
        """Give how many were sent and dropped."""
        return (Counts("trace_spans", ("outcome",), self._spans.counts()),)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Send for the time of the block, and once more at its end."""
        # Pages have no way out of their own, unless an operator asks for traces.
        from drawbridge.gateway.egress import Egress, Reach  # noqa: PLC0415 - see above

        egress = Egress(reach=Reach(connections=1))
        task = asyncio.create_task(self._keep_sending(egress))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.send(egress)
            await egress.close()

    async def send(self, egress: "Egress") -> None:
        """Send what waits; what is not taken is dropped, and logged by its code."""
        while self._waiting:
            count = min(_MOST_AT_ONCE, len(self._waiting))
            spans = [self._waiting.popleft() for _ in range(count)]
            body = encode_spans(spans, self._resource)
            request = WireRequest("POST", self._path, b"", _HEADERS, body)
            outcome = "sent"
            try:
                answer = await egress.send(self._address, request, _TIMEOUT_MS)
                if answer.status not in _TAKEN:
                    raise ExchangeDown("traces_refused", status=answer.status)
            except DrawbridgeError as error:
                outcome = "dropped"
                _log.warning("traces: %s", error)
            for _ in spans:
                self._spans.add(outcome)

    async def _keep_sending(self, egress: "Egress") -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.send(egress)


def exporter_of(settings: ObservingSettings, process: str) -> Exporter | None:
    """Give what sends a process's traces, None where they go nowhere."""
    if not settings.traces:
        return None
    names = {"service.name": "drawbridge", "service.version": version("drawbridge")}
    return Exporter(settings.traces, {**names, "drawbridge.process": process})


def sending(exporter: Exporter | None) -> AbstractAsyncContextManager[None]:
    """Send for the time of the block, where traces go anywhere."""
    return nullcontext() if exporter is None else exporter.sending()


def _place(url: str) -> tuple[Address, bytes]:
    parts = urlsplit(url)
    port = parts.port or _PORTS[parts.scheme]
    host = parts.hostname or ""
    address = Address(
        host,
        port,
        tls=parts.scheme == "https",
        on_this_machine=is_here(host),
        # Whoever runs this machine has named it: it may well stand inside their network.
        is_inside=not is_here(host),
    )
    return address, (parts.path or "/v1/traces").encode("ascii")
