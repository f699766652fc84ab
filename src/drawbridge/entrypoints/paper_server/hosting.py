"""Put the papered exchanges and the account site on their ports.

The first port carries the account site and every exchange under its name; each following port
one exchange at the root, in the order of their ids.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drawbridge.accounts.service import Accounts
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.lifetime import tell_ready
from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import serve, server_for
from drawbridge.audit.store import AuditLog
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.paper_server.server import PaperServer
from drawbridge.entrypoints.paper_server.site import SiteParts, build_site
from drawbridge.paper.answering import Answering
from drawbridge.paper.hub import Hub
from drawbridge.paper.streaming import MOST_FRAME_BYTES
from drawbridge.paper.world import PaperWorld
from drawbridge.sealing.local import LocalKey

_ADVANCE_EVERY_S = 0.25
# Keeps the authenticators' secrets of the account site out of its database.
_LOCAL_KEY = "local.key"
_ISSUER = "Drawbridge paper exchange"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the paper exchange stands: the first port and the folder with its state.

    Port 0 takes free ports. `only` names the exchanges that are served, all of them when empty;
    the world behind them is always whole. `unlimited` turns the rate limits off, for load tests;
    `speed` 60 lets the prices of an hour pass in a minute.
    """

    state: Path
    port_base: int
    host: str = "127.0.0.1"
    unlimited: bool = False
    only: frozenset[str] = frozenset()
    speed: int = 1


def papered() -> tuple[Exchange, ...]:
    """Open every exchange that the paper exchange can speak."""
    return tuple(
        get_exchange(name) for name in exchange_ids() if get_card(name).level >= Level.PAPERED
    )


def _served(every: Sequence[Exchange], only: frozenset[str]) -> tuple[Exchange, ...]:
    if unknown := sorted(only - {exchange.card.id for exchange in every}):
        raise NotFound("unknown_exchange", exchange=unknown[0])
    return tuple(exchange for exchange in every if not only or exchange.card.id in only)


async def host(
    place: Place,
    *,
    with_parent: bool,
    on_ready: Callable[[Mapping[str, object]], None] = tell_ready,
) -> None:
    """Serve until told to stop; `on_ready` (by default, a line of JSON) tells when all is up.

    Raises: `Conflict("port_taken")`, `Corrupted` for a state that cannot be read,
    `NotFound("unknown_exchange")` for one that is to be served and is not papered.
    """
    every = papered()
    exchanges = _served(every, place.only)
    listeners = [
        listen(place.host, place.port_base + step if place.port_base else 0)
        for step in range(len(exchanges) + 1)
    ]
    clock = SystemClock()
    world = await PaperWorld.open(place.state, every, clock, entropy, speed=place.speed)
    answering = {
        it.card.id: Answering(it, world, clock, unlimited=place.unlimited) for it in exchanges
    }
    accounts = Accounts(
        world.database,
        AuditLog(clock),
        clock,
        entropy,
        LocalKey.load_or_create(place.state / _LOCAL_KEY),
        _ISSUER,
    )
    hub = Hub(world, clock)
    site = build_site(SiteParts(world, accounts, exchanges, clock, entropy))
    server = PaperServer(answering, site, hub)
    for listener, exchange in zip(listeners[1:], exchanges, strict=True):
        server.put_on_port(port_of(listener), answering[exchange.card.id])
    moving = asyncio.create_task(_keep_moving(world, hub, clock))
    try:
        await serve(
            server_for(server, most_frame_bytes=MOST_FRAME_BYTES),
            listeners,
            lambda: on_ready(addresses(place.host, listeners, exchanges)),
            with_parent=with_parent,
        )
    finally:
        moving.cancel()
        await asyncio.wait((moving,))
        await world.close()


def addresses(
    host_name: str, listeners: Sequence[socket.socket], exchanges: Sequence[Exchange]
) -> dict[str, object]:
    """Tell where everything stands, in the shape that scripts rely on.

    Shape: `{"exchanges": {id: {"rest", "ws", "path", "ccxt_urls"}}, "account_site"}`.
    """
    site = f"http://{host_name}:{port_of(listeners[0])}"
    told = {}
    for listener, exchange in zip(listeners[1:], exchanges, strict=True):
        at = f"{host_name}:{port_of(listener)}"
        told[exchange.card.id] = {
            "rest": f"http://{at}",
            "ws": f"ws://{at}",
            "path": f"{site}/{exchange.card.id}",
            "ccxt_urls": client_urls(exchange, "ccxt", f"http://{at}", f"ws://{at}"),
        }
    return {"exchanges": told, "account_site": site}


def client_urls(exchange: Exchange, client: str, base: str, ws: str) -> dict[str, object]:
    """Write the addresses as a client's settings want them: dotted names become nested tables."""
    urls: dict[str, object] = {}
    for dotted, template in exchange.card.clients[client].urls.items():
        *folders, name = dotted.split(".")
        table = urls
        for folder in folders:
            inner = table.setdefault(folder, {})
            if isinstance(inner, dict):
                table = inner
        table[name] = template.replace("{base}", base).replace("{ws}", ws)
    return {"api": urls}


async def _keep_moving(world: PaperWorld, hub: Hub, clock: SystemClock) -> None:
    """Let resting orders meet the moving price even when nobody asks, and tell the streams."""
    while True:
        await asyncio.sleep(_ADVANCE_EVERY_S)
        await world.refresh()
        now_ms = clock.now_ms()
        world.advance(now_ms)
        await hub.step(now_ms)
