"""Put the papered exchanges and the account site on their ports.

The first port carries the account site and every exchange under its name; each following port
one exchange at the root, in the order of their ids.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn

from drawbridge.accounts.languages import Languages
from drawbridge.accounts.service import Accounts
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.lifetime import tell_ready
from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import cut, serve, server_for
from drawbridge.audit.store import AuditLog
from drawbridge.catalogue.clients import client_urls_of
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.entrypoints.paper_server.server import PaperServer
from drawbridge.entrypoints.paper_server.site import SiteParts, build_site
from drawbridge.paper.answering import Answering
from drawbridge.paper.faults import read_profile
from drawbridge.paper.hub import Hub
from drawbridge.paper.replay import Replay, read_recording, read_wish
from drawbridge.paper.setting_up import USUAL_SCENERY, Scenery
from drawbridge.paper.streaming import MOST_FRAME_BYTES
from drawbridge.paper.trouble import FaultsRow, Trouble, TroubledClock
from drawbridge.paper.world import PaperWorld
from drawbridge.sealing.local import LocalKey

_log = logging.getLogger(__name__)
_ADVANCE_EVERY_S = 0.25
# Keeps the authenticators' secrets of the account site out of its database.
_LOCAL_KEY = "local.key"
_ISSUER = "Drawbridge paper exchange"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the paper exchange stands: the first port and the folder with its state.

    Port 0 takes free ports. `only` names the exchanges that are served, all of them when empty;
    the world behind them is always whole. `unlimited` turns the rate limits off, for load tests;
    `scenery` is how markets move. `faults` is what goes wrong from the
    start, as `paper/faults.py` reads it.
    """

    state: Path
    port_base: int
    host: str = "127.0.0.1"
    unlimited: bool = False
    only: frozenset[str] = frozenset()
    scenery: Scenery = USUAL_SCENERY
    faults: str = ""


def papered() -> tuple[Exchange, ...]:
    """Open every exchange that the paper exchange can speak."""
    return tuple(
        get_exchange(name) for name in exchange_ids() if get_card(name).level >= Level.PAPERED
    )


def read_replays(texts: Sequence[str]) -> tuple[Replay, ...]:
    """Read recordings, each as `FILE:SYMBOL` or `FILE:SYMBOL@PASSED`.

    Why: what a symbol follows, every market of that price follows, at all exchanges.
    Raises: `BadInput`, naming what of the text or of the file is wrong.
    """
    feeds = {
        pair.symbol: pair.feed for exchange in papered() for pair in exchange.card.paper_markets
    }
    replays: dict[str, Replay] = {}
    for wish in map(read_wish, texts):
        feed = feeds.get(wish.symbol.upper())
        if feed is None or feed in replays:
            raise BadInput("bad_replay", field="replay", told=wish.symbol[:40])
        replays[feed] = Replay(feed, read_recording(wish.path), passed=wish.passed)
    return tuple(replays.values())


def _served(every: Sequence[Exchange], only: frozenset[str]) -> tuple[Exchange, ...]:
    if unknown := sorted(only - {exchange.card.id for exchange in every}):
        raise NotFound("unknown_exchange", exchange=unknown[0])
    return tuple(exchange for exchange in every if not only or exchange.card.id in only)


@dataclass(frozen=True, slots=True)
class Hosted:
    """A paper exchange that is ready to be served on these sockets; they listen already."""

    app: PaperServer
    listeners: Sequence[socket.socket]
    addresses: Mapping[str, object]
    world: PaperWorld

    def server(self) -> uvicorn.Server:
        """Make the server, which cuts connections where faults say so."""
        server = server_for(self.app, most_frame_bytes=MOST_FRAME_BYTES)
        self.app.cut_with(partial(cut, server))
        return server


@contextlib.asynccontextmanager
async def open_paper(place: Place, clock: Clock) -> AsyncIterator[Hosted]:
    """Open a paper exchange whose time is that of `clock`, and keep its markets moving.

    Raises: `Conflict("port_taken")`, `Corrupted` for a state that cannot be read,
    `NotFound("unknown_exchange")` for one that is to be served and is not papered, `BadInput`
    for faults that make no sense.
    """
    every = papered()
    exchanges = _served(every, place.only)
    trouble = Trouble(read_profile(place.faults))
    listeners = [
        listen(place.host, place.port_base + step if place.port_base else 0)
        for step in range(len(exchanges) + 1)
    ]
    world = await PaperWorld.open(place.state, every, clock, entropy, scenery=place.scenery)
    try:
        faults = FaultsRow(world.database, trouble)
        await faults.begin(place.faults)
        shown = TroubledClock(clock, trouble)
        hub = Hub(world, shown)
        answering = {
            it.card.id: Answering(it, world, shown, unlimited=place.unlimited) for it in exchanges
        }
        people = _people(place, world, clock)
        languages = Languages(world.database, AuditLog(clock))
        site = build_site(SiteParts(world, people, languages, exchanges, shown, entropy))
        server = PaperServer(answering, site, hub, trouble)
        for listener, exchange in zip(listeners[1:], exchanges, strict=True):
            server.put_on_port(port_of(listener), answering[exchange.card.id])
        moving = asyncio.create_task(_keep_moving(world, hub, shown, faults))
        try:
            yield Hosted(server, listeners, addresses(place.host, listeners, exchanges), world)
        finally:
            moving.cancel()
            await asyncio.wait((moving,))
    finally:
        await world.close()


async def host(
    place: Place,
    *,
    with_parent: bool,
    on_ready: Callable[[Mapping[str, object]], None] = tell_ready,
    clock: Clock | None = None,
) -> None:
    """Serve until told to stop; `on_ready` (by default, a line of JSON) tells when all is up.

    Raises: as `open_paper`.
    """
    async with open_paper(place, clock or SystemClock()) as hosted:
        await serve(
            hosted.server(),
            hosted.listeners,
            lambda: on_ready(hosted.addresses),
            with_parent=with_parent,
        )


def _people(place: Place, world: PaperWorld, clock: Clock) -> Accounts:
    # By the true time: an authenticator knows of no fault.
    log, key = AuditLog(clock), LocalKey.load_or_create(place.state / _LOCAL_KEY)
    return Accounts(world.database, log, clock, entropy, key, _ISSUER)


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
    """Write the addresses as a client's settings want them."""
    return {"api": client_urls_of(exchange.card.clients[client], base, ws)}


async def _keep_moving(world: PaperWorld, hub: Hub, clock: Clock, faults: FaultsRow) -> None:
    """Let resting orders meet the moving price even when nobody asks, and tell the streams."""
    while True:
        await asyncio.sleep(_ADVANCE_EVERY_S)
        try:
            faults.look()
        except BadInput as error:
            # Written past the command line; what held before goes on.
            _log.warning("%s", error)
        await world.refresh()
        now_ms = clock.now_ms()
        world.advance(now_ms)
        await hub.step(now_ms)
