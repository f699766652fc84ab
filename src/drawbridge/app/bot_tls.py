"""TLS for bots that insist on it: the files that it stands in, and the port that it speaks on.

Made by `drawbridge proxy tls` and read when the gateway's process starts. One file holds the
server's key and certificate and is the truth; the other holds what clients trust, and is public.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from drawbridge.app.settings import Settings, port_in
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import Corrupted, Forbidden, NotFound
from drawbridge.sealing.authority import (
    THIS_MACHINE,
    Vouched,
    read_private_names,
    read_vouched,
    vouch,
)
from drawbridge.sealing.private_files import read_private, write_private

# Behind the ports on which each exchange has one of its own.
_TLS_FURTHER: Final = 100
_SOON_MS: Final = 30 * DAY_MS
_OWNER_ONLY: Final = 0o700


@dataclass(frozen=True, slots=True)
class BotCertificate:
    """The certificate that there is; clients trust the file `authority`."""

    authority: Path
    names: tuple[str, ...]
    ends_ms: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class BotTls:
    """What a server needs to speak TLS, until when it is good, and whether that is soon."""

    context: ssl.SSLContext
    ends_ms: int
    ends_soon: bool


def key_file(settings: Settings) -> Path:
    """Give the path of the server's key, with its certificate."""
    return settings.data / "proxy-tls.pem"


def authority_file(settings: Settings) -> Path:
    """Give the path of the certificate that clients trust."""
    return settings.data / "proxy-ca.pem"


def tls_port(settings: Settings) -> int:
    """Give the port on which bots are served over TLS."""
    return port_in(settings.proxy) + _TLS_FURTHER


def tls_address(settings: Settings) -> str:
    """Give the address there, before the exchange's name."""
    return f"https://{settings.proxy.rpartition(':')[0]}:{tls_port(settings)}"


def keep_certificate(settings: Settings, names: Sequence[str], now_ms: int) -> BotCertificate:
    """Keep the certificate that there is, or make one where it is none, ends soon or lacks a name.

    Without `names`, those of before are kept. A key that others may have read is not kept.
    Raises: `BadInput("public_name")`, `Corrupted("key_file_failed")`.
    """
    wanted = read_private_names(names)
    found = _find_vouched(key_file(settings))
    if found is not None and not names:
        wanted = tuple(name for name in found.names if name != THIS_MACHINE)
    is_new = found is None or not _is_good(found, wanted, settings, now_ms)
    settings.data.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    if found is None or is_new:
        bundle = vouch(wanted, _host(settings), now_ms)
        write_private(key_file(settings), bundle, replace=True)
        found = read_vouched(bundle)
    path = authority_file(settings)
    if not path.exists() or path.read_bytes() != found.authority:
        write_private(path, found.authority, replace=True)
    return BotCertificate(path, found.names, found.ends_ms, is_new)


def find_tls(settings: Settings, now_ms: int) -> BotTls | None:
    """Read what a server needs, if `keep_certificate` was asked for it once.

    Raises: `Corrupted("proxy_tls_damaged")`; `Forbidden("key_file_exposed")`.
    """
    path = key_file(settings)
    try:
        found = read_vouched(read_private(path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(path)
    except NotFound:
        return None
    except (ValueError, ssl.SSLError):
        raise Corrupted("proxy_tls_damaged", path=str(path)) from None
    return BotTls(context, found.ends_ms, _ends_soon(found, now_ms))


def _find_vouched(path: Path) -> Vouched | None:
    try:
        return read_vouched(read_private(path))
    except (NotFound, Forbidden, ValueError):
        return None


def _is_good(found: Vouched, wanted: Sequence[str], settings: Settings, now_ms: int) -> bool:
    return (
        set(found.names) == {THIS_MACHINE, *wanted}
        and ip_address(_host(settings)) in found.addresses
        and not _ends_soon(found, now_ms)
    )


def _ends_soon(found: Vouched, now_ms: int) -> bool:
    return found.ends_ms - now_ms < _SOON_MS


def _host(settings: Settings) -> str:
    return settings.proxy.rpartition(":")[0].strip("[]")
