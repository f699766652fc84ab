"""Where bots find each exchange: below a path of the first port, and at a port of its own.

The first port carries every exchange below its name: `/exchange` live, `/paper/exchange` on paper.
Behind it, each exchange stands at the root of a port of its own, in the order of their ids: live
ones from the next port on, those on paper from fifty further on. With a certificate
(app/bot_tls.py), what the first port carries is there over TLS as well, on a port of its own. The
rest is not encrypted, so the settings take no address beyond this machine.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from drawbridge.app.bot_tls import BotTls, find_tls, tls_address, tls_port
from drawbridge.app.listening import listen, port_of
from drawbridge.app.settings import Settings, port_in
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.core.values import light_value
from drawbridge.entrypoints.wire_server.serving import Served
from drawbridge.entrypoints.wire_server.sockets import Talking
from drawbridge.vault.model import Venue
from drawbridge.wire.http import WireAnswer, WireRequest

D = TypeVar("D")

NOT_FOUND: Final = WireAnswer(404, b"Not Found\n", ((b"content-type", b"text/plain"),))
_PAPER_FURTHER: Final = 50


@dataclass(frozen=True, slots=True)
class Below:
    """Where an exchange stands for whoever asks: below a path, and over TLS or not.

    `trace` is by what a front follows the request; never what a bot says of itself.
    """

    prefix: bytes = b""
    over_tls: bool = False
    trace: bytes = b""


ROOT: Final = Below()


@light_value
class Elsewhere:
    """The account that a request names is another worker's; nothing of it was judged."""

    shard: int


class Door(Protocol):
    """One exchange at one venue, as bots meet it."""

    async def answer(self, request: WireRequest, address: str, below: Below = ROOT) -> WireAnswer:
        """Answer a request from an address."""

    async def open_socket(
        self, request: WireRequest, address: str, below: Below = ROOT
    ) -> Talking | WireAnswer:
        """Give who talks over a socket that is asked for, or the answer that refuses it."""

    def hear_refused(self, code: str, address: str) -> None:
        """Hear of what was no request, by the reason that it was refused for."""


HearRefused = Callable[[str, str], None]
"""Hears of what was no request of any exchange: the reason, and the address."""


@dataclass(frozen=True, slots=True)
class Crossroads:
    """All exchanges on one port, each below the path that names it and its venue."""

    by_place: Mapping[bytes, Door]
    refused: HearRefused
    over_tls: bool = False

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        """Hand a request on without its prefix; the exchange never hears of that."""
        found = self._find(request, address)
        if found is None:
            return NOT_FOUND
        door, below, inner = found
        return await door.answer(inner, address, below)

    async def open_socket(self, request: WireRequest, address: str) -> Talking | WireAnswer:
        """Hand on who asks for a socket."""
        found = self._find(request, address)
        if found is None:
            return NOT_FOUND
        door, below, inner = found
        return await door.open_socket(inner, address, below)

    def hear_refused(self, code: str, address: str) -> None:
        """Note what was no request, for whichever exchange it may have been."""
        self.refused(code, address)

    def _find(self, request: WireRequest, address: str) -> tuple[Door, Below, WireRequest] | None:
        # `/exchange/…` live, `/paper/exchange/…` on paper; byte for byte, as all paths.
        path = request.path
        _, first, *rest = path.split(b"/", 3)
        prefix = b"/paper/" + rest[0] if first == b"paper" and rest else b"/" + first
        door = self.by_place.get(prefix)
        inner = path[len(prefix) :]
        if door is None or not inner:
            self.refused("unknown_path", address)
            return None
        bare = WireRequest(request.method, inner, request.query, request.headers, request.body)
        return door, Below(prefix, self.over_tls), bare


@dataclass(frozen=True, slots=True)
class Places:
    """Sockets that listen for bots already, and where they are told to go."""

    served: tuple[Served, ...]
    told: Mapping[str, object]


def doors(make: Callable[[Exchange, Venue], D]) -> dict[bytes, D]:
    """Make a door for every exchange at every venue, by the path that names the two."""
    return {place_of(exchange, venue): make(exchange, venue) for venue, _, exchange in _exchanges()}


def place_of(exchange: Exchange, venue: Venue) -> bytes:
    """Give the path that names an exchange at a venue."""
    folder = "/paper" if venue is Venue.PAPER else ""
    return f"{folder}/{exchange.id}".encode("ascii")


def listen_for_bots(
    settings: Settings, by_place: Mapping[bytes, Door], refused: HearRefused, now_ms: int
) -> Places:
    """Open all sockets for bots.

    Shape: `{"proxy": address, "exchanges": {id: {venue: {"rest", "path", "ws"}}}}`, and with TLS
    `"proxy_tls": {"address", "ends_ms", "ends_soon"}`.
    Raises: `Conflict("port_taken")`, and as `find_tls`.
    """
    tls = find_tls(settings, now_ms)
    host, base = settings.proxy.rpartition(":")[0].strip("[]"), port_in(settings.proxy)
    first = listen(host, base)
    served: list[Served] = []
    told: dict[str, dict[str, dict[str, str]]] = {}
    for venue, step, exchange in _exchanges():
        place = place_of(exchange, venue)
        door = by_place[place]
        listener = listen(host, base + step)
        served.append(Served(listener, door, opening=door))
        rest, path = _address(host, listener), _address(host, first) + place.decode("ascii")
        at = {"rest": rest, "path": path, "ws": rest.replace("http", "ws", 1)}
        told.setdefault(exchange.id, {})[venue] = at
    crossroads = Crossroads(by_place, refused)
    served.append(Served(first, crossroads, opening=crossroads))
    if tls is not None:
        secure = Crossroads(by_place, refused, over_tls=True)
        served.append(Served(listen(host, tls_port(settings)), secure, tls.context, secure))
    facts = {"proxy": _address(host, first), "exchanges": told, **_told_tls(settings, tls)}
    return Places(tuple(served), facts)


def _exchanges() -> Iterator[tuple[Venue, int, Exchange]]:
    """Give all exchanges at all venues, each with how far behind the first port its own is."""
    cards = [get_card(name) for name in exchange_ids()]
    live = [card.id for card in cards if card.takes_keys and card.level >= Level.TRADED]
    paper = [card.id for card in cards if card.level >= Level.PAPERED]
    for step, name in enumerate(live, start=1):
        yield Venue.LIVE, step, get_exchange(name)
    for step, name in enumerate(paper, start=_PAPER_FURTHER + 1):
        yield Venue.PAPER, step, get_exchange(name)


def _told_tls(settings: Settings, tls: BotTls | None) -> dict[str, object]:
    if tls is None:
        return {}
    ends = {"ends_ms": tls.ends_ms, "ends_soon": tls.ends_soon}
    return {"proxy_tls": {"address": tls_address(settings), **ends}}


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port_of(listener)}"
