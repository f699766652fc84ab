"""What a front and a worker know each other by: a key in a file, and certificates beyond loopback.

On one machine both read one file, which is made at its first use. Between machines nothing is
believed but certificates of the cluster's own authority, from both sides, and no address beyond
this machine is spoken to without them.
"""

import hashlib
import hmac
import ssl
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from drawbridge.app.clock import entropy
from drawbridge.app.settings import Settings
from drawbridge.core.errors import BadInput, Conflict, Corrupted, NotFound
from drawbridge.gateway.venues import Address
from drawbridge.sealing.private_files import read_private, write_private

_KEY_BYTES: Final = 32
_OWNER_ONLY: Final = 0o700
_SPOKEN: Final = ["drawbridge-relay/1"]
_WORKER: Final = "DRAWBRIDGE_WORKER"
_CERTIFICATE: Final = "DRAWBRIDGE_CLUSTER_CERTIFICATE"
_PURPOSE: Final = b"drawbridge relay"


def read_relay_key(settings: Settings) -> bytes:
    """Read the key that fronts and workers prove themselves by; made at its first use.

    Between machines the certificates prove it; then this key is the same everywhere, and no secret.
    Raises: `Forbidden("key_file_exposed")`, `Corrupted("key_file_damaged")`.
    """
    if settings.cluster.has_tls:
        return _PURPOSE
    path = settings.data / "relay.key"
    try:
        key = read_private(path)
    except NotFound:
        settings.data.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        # Another process may make it at this very moment: then its key is the key.
        with suppress(Conflict):
            write_private(path, entropy(_KEY_BYTES))
        key = read_private(path)
    if len(key) != _KEY_BYTES:
        raise Corrupted("key_file_damaged", path=str(path))
    return hmac.digest(key, _PURPOSE, hashlib.sha256)


def serving_context(settings: Settings) -> ssl.SSLContext | None:
    """Give what a worker listens with, None on one machine.

    Raises: `BadInput("cluster_certificate_unusable")`.
    """
    return _context(settings, ssl.PROTOCOL_TLS_SERVER)


def dialling_context(settings: Settings) -> ssl.SSLContext | None:
    """Give what a front dials with, None on one machine. Raises: as `serving_context`."""
    return _context(settings, ssl.PROTOCOL_TLS_CLIENT)


def worker_address(text: str, *, has_tls: bool) -> Address:
    """Read where a worker is: `host:port`, as its row tells.

    Raises: `BadInput("worker_needs_tls")` for one beyond this machine without certificates,
    `BadInput("worker_not_an_address")`.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    try:
        is_here, number = ip_address(host).is_loopback, int(port)
    except ValueError:
        raise BadInput("worker_not_an_address", field=_WORKER) from None
    if not is_here and not has_tls:
        raise BadInput("worker_needs_tls", field=_WORKER)
    return Address(host, number, tls=has_tls, on_this_machine=is_here, is_inside=not is_here)


def _context(settings: Settings, side: int) -> ssl.SSLContext | None:
    cluster = settings.cluster
    if cluster.certificate is None or cluster.key is None or cluster.authority is None:
        return None
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Whoever has no certificate of the cluster's authority is heard by neither side.
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(_SPOKEN)
    try:
        # Another's key must not lie open, just as a key of ours.
        read_private(cluster.key)
        context.load_cert_chain(cluster.certificate, cluster.key)
        context.load_verify_locations(cluster.authority)
    except (OSError, NotFound):
        # What OpenSSL says of a key is never repeated.
        raise BadInput("cluster_certificate_unusable", field=_CERTIFICATE) from None
    return context
