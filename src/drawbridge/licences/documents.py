"""What is signed, as text: `kind.payload.signature`, both parts Base64 for URLs, Ed25519.

The kind is signed too, so that a lease can never be shown as a licence. Anybody who has the
public key can prove a document, with no network. Nothing is believed before it is proven.
"""

import base64
import binascii
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from drawbridge.core.errors import BadInput, Forbidden

MOST_BYTES: Final = 64 * 1024
_KEY_BYTES: Final = 32
_PARTS: Final = 3


class Kind(StrEnum):
    """What a document is; the number is that of its format."""

    LICENCE = "dblicence1"
    LEASE = "dblease1"
    REVOCATIONS = "dbrevoked1"
    ASK = "dbask1"


def sign(kind: Kind, facts: Mapping[str, object], key: Ed25519PrivateKey) -> str:
    """Write a document and sign it."""
    payload = encode(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS))
    signed = f"{kind}.{payload}"
    return f"{signed}.{encode(key.sign(signed.encode('ascii')))}"


def prove(kind: Kind, text: str, public_key: str) -> dict[str, object]:
    """Give what a document says, once its signature is proven.

    Raises: `BadInput("licence_unreadable")` for what is no such document,
    `Forbidden("licence_forged")` for one that somebody else signed or that was changed.
    """
    payload, signature = _parted(kind, text)
    verifier = read_public_key(public_key)
    try:
        verifier.verify(decode(signature), f"{kind}.{payload}".encode("ascii"))
    except InvalidSignature:
        raise Forbidden("licence_forged", rule="licence") from None
    return _read(payload)


def peek(kind: Kind, text: str) -> dict[str, object]:
    """Give what a document says of itself; nothing of it is proven.

    Raises: `BadInput("licence_unreadable")`.
    """
    return _read(_parted(kind, text)[0])


def read_public_key(text: str) -> Ed25519PublicKey:
    """Read a public key. Raises: `BadInput("licence_bad_key")`."""
    try:
        return Ed25519PublicKey.from_public_bytes(decode(text.strip()))
    except (ValueError, BadInput):
        raise BadInput("licence_bad_key", field="DRAWBRIDGE_LICENCE_KEY") from None


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Write the public half of a key."""
    return encode(key.public_key().public_bytes_raw())


def private_key_from(seed: bytes) -> Ed25519PrivateKey:
    """Make a key of 32 random bytes. Raises: `BadInput("licence_bad_key")`."""
    if len(seed) != _KEY_BYTES:
        raise BadInput("licence_bad_key", field="key")
    return Ed25519PrivateKey.from_private_bytes(seed)


def encode(data: bytes) -> str:
    """Write bytes in Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode(text: str) -> bytes:
    """Read what `encode` wrote. Raises: `BadInput("licence_unreadable")`."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("licence_unreadable", field="licence") from None
    if encode(data) != text:
        # One signature has one spelling: else a document could pass for two.
        raise BadInput("licence_unreadable", field="licence")
    return data


def _parted(kind: Kind, text: str) -> tuple[str, str]:
    parts = text.strip().split(".") if len(text) <= MOST_BYTES and text.isascii() else []
    if len(parts) != _PARTS or parts[0] != kind:
        raise BadInput("licence_unreadable", field="licence")
    return parts[1], parts[2]


def _read(payload: str) -> dict[str, object]:
    try:
        told = orjson.loads(decode(payload))
    except orjson.JSONDecodeError:
        raise BadInput("licence_unreadable", field="licence") from None
    if not isinstance(told, dict):
        raise BadInput("licence_unreadable", field="licence")
    return told
