"""Put the exchanges on their ports, for bots on this machine.

The first port carries every exchange below its name: `/exchange` live, `/paper/exchange` on paper.
Behind it, each exchange stands at the root of a port of its own, in the order of their ids: live
ones from the next port on, those on paper from fifty further on. With a certificate
(app/bot_tls.py), what the first port carries is there over TLS as well, on a port of its own. The
rest is not encrypted, so the settings take no address beyond this machine.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from drawbridge.app.bot_tls import BotTls, find_tls, tls_address, tls_port
from drawbridge.app.bridge import Bridge
from drawbridge.app.listening import listen, port_of
from drawbridge.app.settings import Settings, port_in
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.entrypoints.proxy.answering import BotAnswering, Crossroads
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.bot_streams.topics import PublicTopics
from drawbridge.vault.model import Venue

_PAPER_FURTHER: Final = 50
_STOP_WITHIN_S: Final = 12


@asynccontextmanager
async def serve_bots(settings: Settings, bridge: Bridge) -> AsyncIterator[Mapping[str, object]]:
    """Serve all exchanges for the time of the block; give where they stand.

    Shape: `{"proxy": address, "exchanges": {id: {venue: {"rest", "path", "ws"}}}}`, and with TLS
    `"proxy_tls": {"address", "ends_ms", "ends_soon"}`.
    Raises: `Conflict("port_taken")`, and as `find_tls`.
    """
    tls = find_tls(settings, bridge.clock.now_ms())
    host, base = settings.proxy.rpartition(":")[0].strip("[]"), port_in(settings.proxy)
    first = listen(host, base)
    sockets = BotSockets(PublicTopics(bridge.gateway, bridge.streams), Snapshots(bridge.gateway))
    served: list[Served] = []
    by_prefix: dict[bytes, BotAnswering] = {}
    told: dict[str, dict[str, dict[str, str]]] = {}
    for venue, exchanges in _venues().items():
        for step, exchange in enumerate(exchanges, start=1):
            answering = BotAnswering(exchange, venue, bridge, sockets)
            listener = listen(host, base + step + (_PAPER_FURTHER if venue is Venue.PAPER else 0))
            served.append(Served(listener, answering, opening=answering))
            path = f"/paper/{exchange.id}" if venue is Venue.PAPER else f"/{exchange.id}"
            by_prefix[path.encode("ascii")] = answering
            rest = _address(host, listener)
            at = {"rest": rest, "path": _address(host, first) + path, "ws": _as_ws(rest)}
            told.setdefault(exchange.id, {})[venue] = at
    crossroads = Crossroads(bridge, by_prefix)
    served.append(Served(first, crossroads, opening=crossroads))
    if tls is not None:
        secure = Crossroads(bridge, by_prefix, over_tls=True)
        served.append(Served(listen(host, tls_port(settings)), secure, tls.context, secure))
    server = WireServer(served)
    await server.start()
    sockets.start()
    writing = asyncio.create_task(bridge.keep_written())
    try:
        yield {"proxy": _address(host, first), "exchanges": told, **_told_tls(settings, tls)}
    finally:
        # What is under way gets as long as an exchange may take to answer.
        await sockets.close(_STOP_WITHIN_S)
        await server.stop(_STOP_WITHIN_S)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        await bridge.write()


def _told_tls(settings: Settings, tls: BotTls | None) -> dict[str, object]:
    if tls is None:
        return {}
    ends = {"ends_ms": tls.ends_ms, "ends_soon": tls.ends_soon}
    return {"proxy_tls": {"address": tls_address(settings), **ends}}


def _venues() -> dict[Venue, tuple[Exchange, ...]]:
    cards = [get_card(name) for name in exchange_ids()]
    live = [card.id for card in cards if card.takes_keys and card.level >= Level.TRADED]
    paper = [card.id for card in cards if card.level >= Level.PAPERED]
    return {
        Venue.LIVE: tuple(map(get_exchange, live)),
        Venue.PAPER: tuple(map(get_exchange, paper)),
    }


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port_of(listener)}"


def _as_ws(address: str) -> str:
    return address.replace("http", "ws", 1)
