"""Put the front on the ports where bots look for us, and open its lines to the workers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from drawbridge.app.clock import entropy, monotonic_ns
from drawbridge.app.front_process import FrontParts
from drawbridge.app.observing.traces import tracer_of
from drawbridge.app.settings import Settings
from drawbridge.entrypoints.edge.lines import Lines
from drawbridge.entrypoints.edge.places import doors, listen_for_bots
from drawbridge.entrypoints.edge.spans import encode_span
from drawbridge.entrypoints.front.answering import FrontDoor, note_nowhere
from drawbridge.entrypoints.front.passage import Passage
from drawbridge.entrypoints.front.routes import Routes
from drawbridge.entrypoints.front.watching import FrontWatch, WaysWatch
from drawbridge.entrypoints.wire_server.serving import WireServer

_STOP_WITHIN_S: Final = 12


@dataclass(frozen=True, slots=True)
class Served:
    """A front that serves: where it stands, as `listen_for_bots` tells it, and who looks on."""

    told: Mapping[str, object]
    watch: FrontWatch
    ways: WaysWatch


@asynccontextmanager
async def serve_front(settings: Settings, parts: FrontParts) -> AsyncIterator[Served]:
    """Serve all exchanges for the time of the block.

    Raises: as `listen_for_bots`.
    """
    lines = Lines(parts.way.dial, parts.relay_key, entropy)
    routes = Routes(parts.directory, lines)
    passages: set[Passage] = set()
    # Only workers have a way to the collector: what is followed here is told to one of them.
    tracer = tracer_of(settings.observing, lambda span: routes.tell_any(encode_span(span)))
    watch = FrontWatch(monotonic_ns, tracer)
    by_place = doors(
        lambda exchange, venue: FrontDoor(exchange, venue, parts.book, routes, passages, watch)
    )
    refused = partial(note_nowhere, routes)
    places = listen_for_bots(settings, by_place, refused, parts.clock.now_ms())
    server = WireServer(places.served)
    lines.start()
    looking = asyncio.create_task(routes.keep_looking())
    await server.start()
    try:
        yield Served(places.told, watch, WaysWatch(routes, lambda: len(passages)))
    finally:
        await server.stop(_STOP_WITHIN_S)
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await lines.close()
