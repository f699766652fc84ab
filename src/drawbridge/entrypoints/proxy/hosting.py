"""Serve bots in the process that opens keys: on the ports of this machine, and for fronts.

Where each exchange stands is told by `edge/places.py`. What fronts hand on comes to an address of
its own, and is answered by the same doors.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from drawbridge.app.bridge import Bridge
from drawbridge.app.clock import entropy
from drawbridge.app.listening import listen
from drawbridge.app.relay_trust import read_relay_key, serving_context
from drawbridge.app.settings import Settings, port_in
from drawbridge.entrypoints.edge.places import doors, listen_for_bots
from drawbridge.entrypoints.edge.taking import Taking, WaysIn
from drawbridge.entrypoints.proxy.answering import BotAnswering, note_unreadable
from drawbridge.entrypoints.wire_server.serving import WireServer
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.bot_streams.topics import PublicTopics

_STOP_WITHIN_S: Final = 12


@asynccontextmanager
async def serve_bots(settings: Settings, bridge: Bridge) -> AsyncIterator[Mapping[str, object]]:
    """Serve all exchanges for the time of the block; give where they stand.

    Shape and Raises: as `listen_for_bots`.
    """
    async with _kept(bridge) as sockets, _for_bots(settings, bridge, sockets) as told:
        yield told


@asynccontextmanager
async def serve_fronts(settings: Settings, bridge: Bridge) -> AsyncIterator[Mapping[str, object]]:
    """Serve what fronts hand on for the time of the block, at the worker's address.

    Shape: `{"worker": address}`.
    Raises: `Conflict("port_taken")`, `BadInput("cannot_listen")`, and as `serving_context`.
    """
    async with _kept(bridge) as sockets, _for_fronts(settings, bridge, sockets) as told:
        yield told


@asynccontextmanager
async def serve_bots_and_fronts(
    settings: Settings, bridge: Bridge
) -> AsyncIterator[Mapping[str, object]]:
    """Serve both. Shape and Raises: as the two."""
    async with (
        _kept(bridge) as sockets,
        _for_bots(settings, bridge, sockets) as here,
        _for_fronts(settings, bridge, sockets) as relayed,
    ):
        yield {**here, **relayed}


@asynccontextmanager
async def _for_bots(
    settings: Settings, bridge: Bridge, sockets: BotSockets
) -> AsyncIterator[Mapping[str, object]]:
    by_place = doors(lambda exchange, venue: BotAnswering(exchange, venue, bridge, sockets))
    refused = partial(note_unreadable, bridge, "", "")
    places = listen_for_bots(settings, by_place, refused, bridge.clock.now_ms())
    server = WireServer(places.served)
    await server.start()
    try:
        yield places.told
    finally:
        # What is under way gets as long as an exchange may take to answer.
        await sockets.close(_STOP_WITHIN_S)
        await server.stop(_STOP_WITHIN_S)


@asynccontextmanager
async def _for_fronts(
    settings: Settings, bridge: Bridge, sockets: BotSockets
) -> AsyncIterator[Mapping[str, object]]:
    where = settings.cluster.worker
    key, tls = read_relay_key(settings), serving_context(settings)
    listener = listen(where.rpartition(":")[0].strip("[]"), port_in(where))
    by_place = doors(lambda exchange, venue: BotAnswering(exchange, venue, bridge, sockets))
    refused = partial(note_unreadable, bridge, "", "")
    taking = Taking(WaysIn(by_place, refused, bridge.tracer.take), key, entropy, where)
    await taking.start(listener, tls)
    try:
        yield {"worker": where}
    finally:
        await sockets.close(_STOP_WITHIN_S)
        await taking.stop(_STOP_WITHIN_S)


@asynccontextmanager
async def _kept(bridge: Bridge) -> AsyncIterator[BotSockets]:
    """Keep bots' sockets, and write what is noted of them."""
    sockets = BotSockets(PublicTopics(bridge.gateway, bridge.streams), Snapshots(bridge.gateway))
    sockets.start()
    keeping = [asyncio.create_task(work) for work in (bridge.keep_written(), bridge.keep_looking())]
    try:
        yield sockets
    finally:
        for task in keeping:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await bridge.write()
