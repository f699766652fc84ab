"""The handshake by which a connection becomes a WebSocket. Pure.

No extension and no subprotocol is ever agreed on: what travels is what is judged, byte for byte.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Final

# The one text that the protocol has everybody add to the key (RFC 6455, 1.3).
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = b"13"
_KEY_BYTES: Final = 16
_ORIGIN: Final = re.compile(rb"https?://([^/?#@]{1,255})", re.IGNORECASE)
_BODY: Final = (b"content-length", b"transfer-encoding", b"expect")


def find_accept(headers: Mapping[bytes, bytes]) -> bytes:
    """Give the answer to the key of a handshake, empty for what is no handshake that we take.

    Why the origin: a page of somebody else, open in a browser on this machine, may open sockets
    to it. Programs tell no origin, or the address that they speak to.
    """
    tokens = {token.strip().lower() for token in headers.get(b"connection", b"").split(b",")}
    if headers[b"upgrade"].strip().lower() != b"websocket" or b"upgrade" not in tokens:
        return b""
    if headers.get(b"sec-websocket-version") != _VERSION or any(it in headers for it in _BODY):
        return b""
    key = headers.get(b"sec-websocket-key", b"")
    if not _is_key(key) or not _is_own(headers.get(b"origin"), headers.get(b"host", b"")):
        return b""
    digest = hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest)


def agreed(accept: bytes) -> bytes:
    """Write the answer after which frames travel."""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except binascii.Error:
        return False


def _is_own(origin: bytes | None, host: bytes) -> bool:
    if origin is None:
        return True
    found = _ORIGIN.fullmatch(origin.strip())
    return found is not None and found[1].lower() == host.lower()
