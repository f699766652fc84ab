"""Serve an operator's licences on this machine, until told to stop.

It listens on loopback alone; what makes it reachable, a proxy with a certificate, is the
operator's.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from drawbridge.app.licence_office import open_office
from drawbridge.app.lifetime import tell_ready, until_stopped
from drawbridge.app.listening import listen, port_of
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.licence_server.answering import LicenceAnswering
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.ownership import Ownership
from drawbridge.gateway.venues import Venues
from drawbridge.licences.desk import Desk

_STOP_WITHIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class Counter:
    """Where the licence server stands: its folder, host and port.

    `paper` is the address of a paper exchange whose keys may prove claims as well, for rehearsals.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8720
    paper: str = ""


@asynccontextmanager
async def serve_licences(counter: Counter, clock: Clock | None = None) -> AsyncIterator[str]:
    """Serve for the time of the block, and give the address.

    Raises: `BadInput("licence_server_not_local")`, `Conflict("port_taken")`; as `open_office`.
    """
    _check_local(counter.host)
    async with open_office(counter.folder, clock) as opened:
        egress = Egress()
        desk = Desk(opened.database, opened.keys, opened.clock, Ownership(egress, _venues(counter)))
        listener = listen(counter.host, counter.port)
        server = WireServer([Served(listener, LicenceAnswering(desk, opened.office))])
        await server.start()
        try:
            shown = f"[{counter.host}]" if ":" in counter.host else counter.host
            yield f"http://{shown}:{port_of(listener)}"
        finally:
            await server.stop(_STOP_WITHIN_S)
            await egress.close()


async def host(
    counter: Counter,
    *,
    with_parent: bool = False,
    on_ready: Callable[[Mapping[str, object]], None] = tell_ready,
) -> None:
    """Serve until told to stop. Raises: as `serve_licences`."""
    async with serve_licences(counter) as address:
        on_ready({"licence_server": address})
        await until_stopped(with_parent=with_parent)


def _check_local(host_name: str) -> None:
    try:
        is_local = ip_address(host_name).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise BadInput("licence_server_not_local", field="host")


def _venues(counter: Counter) -> Venues:
    if not counter.paper:
        return Venues({})
    papered = [name for name in exchange_ids() if get_card(name).level >= Level.PAPERED]
    return Venues({name: f"http://{counter.paper}/{name}" for name in papered})
