"""Put the front on the ports where bots look for us, and open its lines to the workers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from drawbridge.app.clock import entropy
from drawbridge.app.front_process import FrontParts
from drawbridge.app.settings import Settings
from drawbridge.entrypoints.edge.lines import Lines
from drawbridge.entrypoints.edge.places import doors, listen_for_bots
from drawbridge.entrypoints.front.answering import FrontDoor, note_nowhere
from drawbridge.entrypoints.front.passage import Passage
from drawbridge.entrypoints.front.routes import Routes
from drawbridge.entrypoints.wire_server.serving import WireServer

_STOP_WITHIN_S: Final = 12


@asynccontextmanager
async def serve_front(settings: Settings, parts: FrontParts) -> AsyncIterator[Mapping[str, object]]:
    """Serve all exchanges for the time of the block; give where they stand.

    Shape and Raises: as `listen_for_bots`.
    """
    lines = Lines(parts.way.dial, parts.relay_key, entropy)
    routes = Routes(parts.directory, lines)
    passages: set[Passage] = set()
    by_place = doors(
        lambda exchange, venue: FrontDoor(exchange, venue, parts.book, routes, passages)
    )
    refused = partial(note_nowhere, routes)
    places = listen_for_bots(settings, by_place, refused, parts.clock.now_ms())
    server = WireServer(places.served)
    lines.start()
    await server.start()
    try:
        yield places.told
    finally:
        await server.stop(_STOP_WITHIN_S)
        await lines.close()
