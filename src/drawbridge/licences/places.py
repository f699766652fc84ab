"""Whose licences are asked for, and where: the operator's key and server, as they were set. Pure.

Nothing is loaded here that proves signatures: every command reads the settings.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from drawbridge.core.errors import BadInput

_PORTS: Final = {"https": 443, "http": 80}


# 32 bytes in Base64 for URLs.
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A licence server's address; `is_here` is on this machine, and nothing but that."""

    host: str
    port: int
    tls: bool
    path: bytes
    is_here: bool


def read_server(server: str) -> ServerPlace:
    """Read the address.

    Raises: `BadInput("licence_bad_server")`, also for one that is not encrypted beyond this
    machine: the recovery code would cross the network in the clear.
    """
    try:
        parts = urlsplit(server)
        port = parts.port
    except ValueError:
        raise _bad_server() from None
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    is_here = _is_loopback(host)
    is_private = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    if not host or not is_private or parts.query or parts.fragment or not server.isascii():
        raise _bad_server()
    path = parts.path.rstrip("/").encode("ascii")
    return ServerPlace(
        host, port or _PORTS[parts.scheme], tls=parts.scheme == "https", path=path, is_here=is_here
    )


def check_key(key: str) -> None:
    """Make sure that this can be a public key. Raises: `BadInput("licence_bad_key")`."""
    if not _KEY.fullmatch(key):
        raise BadInput("licence_bad_key", field="DRAWBRIDGE_LICENCE_KEY")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_server() -> BadInput:
    return BadInput("licence_bad_server", field="DRAWBRIDGE_LICENCE_SERVER")
