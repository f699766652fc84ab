"""Where an exchange answers: its pinned host live, or the paper exchange on this machine.

A key is sent to these addresses and nowhere else. Nothing here dials; `egress.py` does, and it
holds every address that a name resolves to against `is_allowed`.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drawbridge.catalogue.card import Card
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.vault.model import Venue
from drawbridge.wire.endpoints import Endpoint

_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80


@dataclass(frozen=True, slots=True)
class Address:
    """A place to send to; `on_this_machine` allows loopback, and then nothing else.

    `is_inside` allows addresses of private networks as well: for hosts that whoever runs this
    machine has named, and never for an exchange.
    """

    host: str
    port: int
    tls: bool
    base_path: bytes = b""
    on_this_machine: bool = False
    is_inside: bool = False


class Venues:
    """The addresses of all exchanges at all venues."""

    __slots__ = ("_paper",)

    def __init__(self, paper_urls: Mapping[str, str]) -> None:
        """Take the paper exchange's base address for each exchange id.

        Raises: `BadInput("bad_paper_url")` for an address that is not on this machine.
        """
        self._paper = {name: parse_paper_url(url) for name, url in paper_urls.items()}

    def get_address(self, exchange_id: str, venue: str, live: Address) -> Address:
        """Give the address of a venue. Raises: `NotFound("unknown_venue")`."""
        if venue == Venue.LIVE:
            return live
        address = self._paper.get(exchange_id) if venue == Venue.PAPER else None
        if address is None:
            raise NotFound("unknown_venue", venue=venue, exchange=exchange_id)
        return address

    def get_stream(self, card: Card, venue: str, path: bytes) -> tuple[Address, bytes]:
        """Give where a path of the exchange's streams is at a venue, and the path there.

        Raises: `NotFound("unknown_venue")`.
        """
        live, there = live_stream(card, path)
        address = self.get_address(card.id, venue, live)
        return address, there if address is live else address.base_path + path


def live_stream(card: Card, path: bytes) -> tuple[Address, bytes]:
    """Give the pinned host of the exchange's streams for a path, and the path there.

    Shape: `path` as our side of the stream names it; where the real exchange has it elsewhere,
    the card's `stream_places` say where.
    """
    place, mark, query = path.partition(b"?")
    told = card.stream_places.get(place.decode("ascii"), "")
    name, _, there = told.partition("/") if told else (card.stream_hosts[0], "", "")
    host, _, port = name.partition(":")
    found = b"/" + there.encode("ascii") if told else place
    return Address(host, int(port or _HTTPS_PORT), tls=True), found + mark + query


def live_address(card: Card, endpoint: Endpoint) -> Address:
    """Give the pinned host that an endpoint is asked at: TLS always, public addresses only."""
    host, path = endpoint.host or card.hosts[0], card.base_path.rstrip("/")
    return Address(host, _HTTPS_PORT, tls=True, base_path=path.encode("ascii"))


def parse_paper_url(url: str) -> Address:
    """Read the address of a paper exchange: `http://127.0.0.1:8700/path`.

    Raises: `BadInput("bad_paper_url")`. A key for paper opens nothing of value, but an address
    elsewhere would make the gateway a way into somebody's network.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadInput("bad_paper_url", field="paper_url") from None
    host, tls = parts.hostname or "", parts.scheme == "https"
    if parts.scheme not in {"http", "https"} or parts.query or not _is_loopback(host):
        raise BadInput("bad_paper_url", field="paper_url")
    return Address(
        host=host,
        port=port or (_HTTPS_PORT if tls else _HTTP_PORT),
        tls=tls,
        base_path=parts.path.rstrip("/").encode("ascii", "replace"),
        on_this_machine=True,
    )


def is_allowed(address: Address, ip: str) -> bool:
    """Tell whether an IP address that the name resolved to may be dialled.

    Why: a poisoned or careless DNS answer must not lead a signed request into a private network,
    to the machine's own services or to a cloud's metadata address.
    """
    try:
        found = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if address.on_this_machine:
        return found.is_loopback
    if address.is_inside:
        # Not even then a cloud's metadata, which lies at a link-local address.
        return not (found.is_link_local or found.is_multicast or found.is_unspecified)
    return found.is_global and not found.is_multicast


def is_ip(host: str) -> bool:
    """Tell whether a host is an address already and needs no resolving."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
