"""The only place that opens connections to elsewhere: names resolved, checked, dialled, under TLS.

Every address that a name resolves to is held against `venues.is_allowed` before it is dialled.
What is spoken over a connection is the business of who asks for it: HTTP in `egress.py`,
streams in `sockets.py`.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final, TypeVar

from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.gateway.venues import Address, is_allowed, is_ip

P = TypeVar("P", bound=asyncio.BaseProtocol)

# Two protocols that speak over TLS choose the same of what a server offers.
_SPOKEN: Final = ["http/1.1"]


class Dialler:
    """Opens connections; one for a process."""

    __slots__ = ("_tls",)

    def __init__(self, trusted_pem: str | None = None) -> None:
        """Prepare TLS; `trusted_pem` replaces the system's authorities (tests bring their own)."""
        self._tls = ssl.create_default_context(cadata=trusted_pem)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.set_alpn_protocols(_SPOKEN)

    async def dial(self, address: Address, make: Callable[[], P], deadline: float) -> P:
        """Open a connection by the deadline, in the loop's time, and give its protocol.

        Raises: `ExchangeDown`: nothing was written; `Forbidden("private_address")`.
        """
        loop = asyncio.get_running_loop()
        host, told = address.host, ""
        ips = await _resolve(address, deadline)
        for left, ip in zip(range(len(ips), 0, -1), ips, strict=True):
            now = loop.time()
            try:
                # An address that swallows packets must leave time for the next one.
                async with asyncio.timeout_at(now + (deadline - now) / left):
                    return await self._connect(address, ip, make)
            except ssl.SSLError as error:
                told = error.reason or ""
                raise ExchangeDown("certificate_refused", host=host, told=told) from None
            except (OSError, TimeoutError) as error:
                told = type(error).__name__
        raise ExchangeDown("unreachable", host=host, told=told)

    async def _connect(self, address: Address, ip: str, make: Callable[[], P]) -> P:
        _, connection = await asyncio.get_running_loop().create_connection(
            make,
            ip,
            address.port,
            ssl=self._tls if address.tls else None,
            # The certificate is held against the pinned name, not against what DNS said.
            server_hostname=address.host if address.tls else None,
        )
        return connection


async def _resolve(address: Address, deadline: float) -> list[str]:
    """Give the addresses of a host that may be dialled."""
    host, names = address.host, [address.host]
    if not is_ip(host):
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(deadline):
                found = await loop.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise ExchangeDown("unreachable", host=host, told=type(error).__name__) from None
        names = [str(entry[4][0]) for entry in found]
    ips = [ip for ip in names if is_allowed(address, ip)]
    if not ips:
        raise Forbidden("private_address", rule="egress", host=host)
    return ips
